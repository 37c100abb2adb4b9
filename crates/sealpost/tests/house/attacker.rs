//! Somebody who has all there is: files of the data and of the keys, copies, the root key, and the source. What they can't open nobody
//! can.
//!
//! What is sealed where, under what and for which place is written down here a second time, on purpose: an attacker doesn't use the
//! product's code to open what the product wouldn't.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::Value;
use sealpost_ledger::Leaf;
use sealpost_seal::key::{Key, KeyId, RootKey, combine, sha256};
use sealpost_seal::place::Place;
use sealpost_seal::{envelope, key};
use sealpost_store::Environment;

/// A column that holds what is sealed.
pub(crate) struct Column {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    under: Under,
    row: Row,
    has_environment: bool,
    owner: Owner,
}

/// What opens it.
#[derive(Clone, Copy)]
enum Under {
    /// What is derived from the organisation's key for this label.
    Organisation(&'static str),
    /// The key of the day, of the key that lasts.
    Day,
    /// The key in the slot of a person.
    Person,
    /// The key made from a person's and from the message's or run's own slot, for this label.
    Combined(&'static str),
}

/// What of its row is in its place.
#[derive(Clone, Copy)]
enum Row {
    /// These columns, one after the other; numbers as 32 bits, words as they are.
    Columns(&'static [&'static str]),
    /// The request that the leaf beside it names.
    Request,
    /// The certificate that stands beside it in a text.
    Certificate,
}

#[derive(Clone, Copy)]
enum Owner {
    Nobody,
    In(&'static str),
}

const fn of_contact(column: &'static str) -> Column {
    let (row, owner) = (Row::Columns(&["id"]), Owner::In("id"));
    Column { table: "contact", column, under: Under::Person, row, has_environment: true, owner }
}

const fn of_member(column: &'static str) -> Column {
    let (row, owner) = (Row::Columns(&["id"]), Owner::In("id"));
    Column { table: "member", column, under: Under::Person, row, has_environment: false, owner }
}

const fn of_message(column: &'static str) -> Column {
    let (row, owner) = (Row::Columns(&["id"]), Owner::In("contact"));
    Column { table: "message", column, under: Under::Combined("message"), row, has_environment: true, owner }
}

const fn of_run(column: &'static str) -> Column {
    let (row, owner) = (Row::Columns(&["id"]), Owner::In("contact"));
    Column { table: "workflow_run", column, under: Under::Combined("workflow_run"), row, has_environment: true, owner }
}

const fn of_organisation(
    table: &'static str,
    column: &'static str,
    label: &'static str,
    row: Row,
    has_environment: bool,
) -> Column {
    Column { table, column, under: Under::Organisation(label), row, has_environment, owner: Owner::Nobody }
}

/// Under a key that the file alone has, in a slot as a person's is.
const fn of_file(table: &'static str, column: &'static str, row: Row) -> Column {
    Column { table, column, under: Under::Person, row, has_environment: true, owner: Owner::Nobody }
}

/// Every column of the data that holds what is sealed.
pub(crate) const SEALED: [Column; 27] = [
    of_contact("external_id"),
    of_contact("name"),
    of_contact("email"),
    of_contact("phone"),
    of_member("email"),
    of_member("name"),
    Column {
        table: "scim_user",
        column: "profile",
        under: Under::Person,
        row: Row::Columns(&["member"]),
        has_environment: false,
        owner: Owner::In("member"),
    },
    of_message("recipient"),
    of_message("payload"),
    of_run("payload"),
    of_run("answers"),
    Column {
        table: "workflow_signal",
        column: "payload",
        under: Under::Combined("workflow_run"),
        row: Row::Columns(&["run", "name"]),
        has_environment: true,
        owner: Owner::Nobody,
    },
    Column {
        table: "message",
        column: "opening",
        under: Under::Person,
        row: Row::Columns(&["id"]),
        has_environment: true,
        owner: Owner::In("contact"),
    },
    of_file("download", "wanted", Row::Columns(&["id"])),
    of_file("download_chunk", "sealed", Row::Columns(&["download", "run", "seq"])),
    of_organisation("approval", "content", "approval", Row::Columns(&["id"]), false),
    of_organisation("approval_vote", "comment", "approval", Row::Columns(&["approval", "voter", "says"]), false),
    of_organisation("revision", "content", "revision", Row::Columns(&["id"]), false),
    of_organisation("support_grant", "content", "support", Row::Columns(&["id"]), false),
    of_organisation("secret", "sealed", "secret", Row::Columns(&["id", "version"]), true),
    of_organisation("handover", "sealed", "handover", Row::Columns(&["id"]), true),
    of_organisation("masking_policy", "rules", "settings", Row::Columns(&["version"]), false),
    of_organisation("masking_policy", "test_rules", "settings", Row::Columns(&["version"]), false),
    of_organisation("legal_hold", "reason", "settings", Row::Columns(&["id"]), true),
    of_organisation("idempotency", "body", "idempotency", Row::Columns(&["mac"]), true),
    of_organisation("sso_connection", "settings", "saml_key", Row::Certificate, false),
    Column {
        table: "ledger_leaf",
        column: "content",
        under: Under::Day,
        row: Row::Request,
        has_environment: false,
        owner: Owner::Nobody,
    },
];

/// One sealed value, and where it stands.
pub(crate) struct Found {
    pub(crate) column: &'static Column,
    pub(crate) bytes: Vec<u8>,
    org: [u8; 16],
    environment: Option<Environment>,
    row: Vec<u8>,
    owner: Option<[u8; 16]>,
    /// The day of a leaf.
    day: i64,
}

impl Found {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            org: self.org,
            environment: self.environment,
            table: self.column.table,
            column: self.column.column,
            row: &self.row,
            owner: self.owner,
        }
    }
}

type Cells = BTreeMap<String, Value>;

/// Every sealed value in a database of data.
pub(crate) fn sealed_in(data: &Path) -> Vec<Found> {
    let database = rusqlite::Connection::open(data).unwrap();
    let mut all = Vec::new();
    for column in &SEALED {
        for cells in rows(&database, column.table) {
            let org = id(&cells, "org");
            let environment = column.has_environment.then(|| text(&cells, "env").parse().unwrap());
            let owner = match column.owner {
                Owner::Nobody => None,
                Owner::In(name) => Some(id(&cells, name)),
            };
            let found = |bytes, row, day| Found { column, bytes, org, environment, row, owner, day };
            match (column.row, &cells[column.column]) {
                (Row::Columns(names), Value::Blob(bytes)) if !bytes.is_empty() => {
                    all.push(found(bytes.clone(), names.iter().flat_map(|name| part(&cells[*name])).collect(), 0));
                }
                // A commitment is in clear: a hash under a key that is sealed beside its message.
                (Row::Request, Value::Blob(bytes)) if bytes.starts_with(b"sealpost commitment v1\n") => {}
                (Row::Request, Value::Blob(bytes)) => {
                    let leaf = Leaf::decode(&blob(&cells, "leaf")).unwrap();
                    let day = leaf.at_ms.div_euclid(86_400_000);
                    all.push(found(bytes.clone(), leaf.request.to_vec(), day));
                }
                (Row::Certificate, Value::Text(settings)) => {
                    let settings: serde_json::Value = serde_json::from_str(settings).unwrap();
                    for kept in settings["keys"].as_array().into_iter().flatten() {
                        let part = |name: &str| STANDARD.decode(kept[name].as_str().unwrap()).unwrap();
                        all.push(found(part("sealed"), sha256(&[&part("certificate")]).to_vec(), 0));
                    }
                }
                _ => {}
            }
        }
    }
    all
}

fn part(value: &Value) -> Vec<u8> {
    match value {
        Value::Blob(bytes) => bytes.clone(),
        Value::Integer(number) => u32::try_from(*number).unwrap().to_be_bytes().to_vec(),
        Value::Text(word) => word.as_bytes().to_vec(),
        other => panic!("{other:?} is in no place"),
    }
}

fn rows(database: &rusqlite::Connection, table: &str) -> Vec<Cells> {
    let mut statement = database.prepare(&format!("select * from {table}")).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        names.iter().enumerate().map(|(at, name)| Ok((name.clone(), row.get(at)?))).collect::<rusqlite::Result<Cells>>()
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn blob(cells: &Cells, name: &str) -> Vec<u8> {
    match &cells[name] {
        Value::Blob(bytes) => bytes.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn id(cells: &Cells, name: &str) -> [u8; 16] {
    blob(cells, name).try_into().unwrap()
}

fn text(cells: &Cells, name: &str) -> String {
    match &cells[name] {
        Value::Text(text) => text.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// All keys that somebody has come by.
#[derive(Default)]
pub(crate) struct Loot {
    /// Versions of organisations' keys, and keys that last.
    organisations: Vec<Arc<Key>>,
    lasting: Vec<Arc<Key>>,
    slots: Vec<([u8; 16], Arc<Key>)>,
}

impl Loot {
    /// What a key store holds for whoever has the root key.
    pub(crate) fn of(keys: &Path, root: &RootKey) -> Self {
        let database = rusqlite::Connection::open(keys).unwrap();
        let mut loot = Self::default();
        let mut wrapping = Vec::new();
        for cells in rows(&database, "named_key") {
            let (org, name) = (id(&cells, "org"), text(&cells, "name"));
            let place = Place {
                org,
                environment: None,
                table: "named_key",
                column: "wrapped",
                row: name.as_bytes(),
                owner: None,
            };
            let Ok(key) = envelope::unwrap(root.key(), &place, &blob(&cells, "wrapped")) else { continue };
            let key = Arc::new(key);
            match &*name {
                "organisation" => {
                    wrapping.push((org, key.derive("wrap", &[])));
                    loot.organisations.push(key);
                }
                "lasting" => loot.lasting.push(key),
                _ => {}
            }
        }
        for cells in rows(&database, "slot") {
            let (org, slot) = (id(&cells, "org"), id(&cells, "id"));
            let place = Place { org, environment: None, table: "slot", column: "wrapped", row: &slot, owner: None };
            let wrapped = blob(&cells, "wrapped");
            let open = |(of, key): &([u8; 16], Key)| {
                (*of == org).then(|| envelope::unwrap(key, &place, &wrapped).ok()).flatten()
            };
            loot.slots.extend(wrapping.iter().find_map(open).map(|key| (slot, Arc::new(key))));
        }
        loot
    }

    /// With all of somebody else's.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.organisations.extend(other.organisations);
        self.lasting.extend(other.lasting);
        self.slots.extend(other.slots);
        self
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The key that opens this value where it stands, of all there are.
    pub(crate) fn key_for(&self, found: &Found) -> Option<Arc<Key>> {
        let opens = |key: &Arc<Key>| envelope::open(key, &found.place(), &found.bytes).is_ok();
        let named = envelope::key_id_of(&found.bytes)?;
        let in_slots_called = |name: KeyId| self.slots.iter().filter(move |(slot, _)| slot[8..] == name.0);
        match found.column.under {
            Under::Organisation(label) => {
                let all = self.organisations.iter().chain(&self.lasting);
                all.map(|key| Arc::new(key.derive(label, &[]))).find(opens)
            }
            Under::Day => {
                let day = found.day.to_be_bytes();
                let all = self.lasting.iter().chain(&self.organisations);
                all.map(|key| Arc::new(key.derive("audit", &[&day]))).find(opens)
            }
            Under::Person => in_slots_called(named).map(|(_, key)| key.clone()).find(opens),
            Under::Combined(label) => in_slots_called(named).find_map(|(_, own)| {
                // Whose it is may have been removed from its row: everybody's is tried.
                self.slots.iter().map(|(_, person)| Arc::new(combine(person, own, label))).find(opens)
            }),
        }
    }

    /// Everything that can be opened of these values, with the column it was in.
    pub(crate) fn open(&self, all: &[Found]) -> Vec<(String, Vec<u8>)> {
        let open = |found: &Found| {
            let key: Arc<key::Key> = self.key_for(found)?;
            let clear = envelope::open(&key, &found.place(), &found.bytes).ok()?;
            Some((format!("{}.{}", found.column.table, found.column.column), clear.to_vec()))
        };
        all.iter().filter_map(open).collect()
    }
}
