//! Queries about secrets. Values are sealed before they come here and leave sealed.

use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{Actor, ActorKind, Row, SecretId, StoreError, Time, Tx, sql};

use super::mark::{Fingerprint, NetworkMark};
use super::model::{
    ChangeKind, Description, NamedSecret, Origin, RemindAfter, SecretChange, SecretName, VersionSummary,
};

/// A version as it is stored.
pub(super) struct VersionRow {
    pub(super) id: SecretId,
    pub(super) purpose: String,
    pub(super) number: u32,
    pub(super) encoding: KeyEncoding,
    pub(super) origin: Origin,
    pub(super) sealed: Vec<u8>,
    pub(super) fingerprint: Option<[u8; 4]>,
    pub(super) created_at: Time,
    pub(super) expires_at: Option<Time>,
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &VersionRow) -> Result<(), StoreError> {
    let imported = u32::from(row.origin == Origin::Imported);
    // At once: whoever stores a secret is answered with it.
    tx.execute(
        sql!(
            "insert into secret (org, env, id, purpose, version, encoding, imported, sealed, created_at, expires_at, fingerprint)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        &[
            &row.id,
            &row.purpose,
            &row.number,
            &encoding_name(row.encoding),
            &imported,
            &row.sealed,
            &row.created_at,
            &row.expires_at,
            &row.fingerprint,
        ],
    )
    .map(drop)
}

/// All versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: SecretId) -> Result<Vec<VersionRow>, StoreError> {
    tx.all(
        sql!(
            "select id, purpose, version, encoding, imported, sealed, created_at, expires_at, fingerprint from secret
             where org = $1 and env = $2 and id = $3 order by version desc"
        ),
        &[&id],
        read,
    )
}

/// All versions of all secrets of this environment, newest first for each.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<VersionRow>, StoreError> {
    tx.all(
        sql!(
            "select id, purpose, version, encoding, imported, sealed, created_at, expires_at, fingerprint from secret
             where org = $1 and env = $2 order by id, version desc"
        ),
        &[],
        read,
    )
}

pub(super) fn end(tx: &mut Tx<'_>, id: SecretId, number: u32, at: Time) -> Result<(), StoreError> {
    tx.put(
        sql!("update secret set expires_at = $5 where org = $1 and env = $2 and id = $3 and version = $4"),
        &[&id, &number, &at],
    )
}

pub(super) fn delete(tx: &mut Tx<'_>, id: SecretId) -> Result<u64, StoreError> {
    tx.execute(sql!("delete from secret_change where org = $1 and env = $2 and secret = $3"), &[&id])?;
    tx.execute(sql!("delete from secret_card where org = $1 and env = $2 and id = $3"), &[&id])?;
    tx.execute(sql!("delete from secret where org = $1 and env = $2 and id = $3"), &[&id])
}

/// Stores what people know a secret by; false if the name is taken.
pub(super) fn insert_card(
    tx: &mut Tx<'_>,
    id: SecretId,
    name: &SecretName,
    description: &Description,
    remind: RemindAfter,
) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let days = u32::from(remind.as_days());
    let inserted = tx.execute(
        sql!(
            "insert into secret_card (org, env, id, name, description, remind_days, reminded, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, 0, $7, $7) on conflict do nothing"
        ),
        &[&id, &name.as_str().to_owned(), &description.as_str().to_owned(), &days, &now],
    )?;
    Ok(inserted == 1)
}

/// Which secret is called so.
pub(super) fn called(tx: &mut Tx<'_>, name: &SecretName) -> Result<Option<SecretId>, StoreError> {
    tx.optional(
        sql!("select id from secret_card where org = $1 and env = $2 and name = $3"),
        &[&name.as_str().to_owned()],
        |row| row.get("id"),
    )
}

/// Keeps others from removing a secret until this is done; false if there is none.
pub(super) fn hold(tx: &mut Tx<'_>, id: SecretId) -> Result<bool, StoreError> {
    let held = tx.execute(
        sql!("update secret_card set updated_at = updated_at where org = $1 and env = $2 and id = $3"),
        &[&id],
    )?;
    Ok(held == 1)
}

/// Whether another secret is called so.
pub(super) fn is_taken(tx: &mut Tx<'_>, id: SecretId, name: &SecretName) -> Result<bool, StoreError> {
    let found = tx.optional(
        sql!("select id from secret_card where org = $1 and env = $2 and name = $3 and id <> $4"),
        &[&name.as_str().to_owned(), &id],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Writes back what may change.
pub(super) fn update_card(tx: &mut Tx<'_>, secret: &NamedSecret) -> Result<(), StoreError> {
    let days = u32::from(secret.remind.as_days());
    tx.execute(
        sql!("update secret_card set name = $4, description = $5, remind_days = $6 where org = $1 and env = $2 and id = $3"),
        &[&secret.id, &secret.name.as_str().to_owned(), &secret.description.as_str().to_owned(), &days],
    )
    .map(drop)
}

/// Says that a secret changed now, and keeps others from changing it until this is done; false if there is none.
pub(super) fn touch(tx: &mut Tx<'_>, id: SecretId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let touched = tx.execute(
        sql!("update secret_card set updated_at = $4 where org = $1 and env = $2 and id = $3"),
        &[&id, &now],
    )?;
    Ok(touched == 1)
}

/// The secret as people see it, without its uses.
pub(super) fn find(tx: &mut Tx<'_>, id: SecretId) -> Result<Option<NamedSecret>, StoreError> {
    tx.optional(
        sql!(
            "select c.id, c.name, c.description, c.remind_days, c.created_at, c.updated_at, s.purpose, s.version, s.imported,
                s.fingerprint, s.created_at as version_at, s.expires_at
             from secret_card c join (select * from secret where org = $1 and env = $2) s on s.id = c.id
             where c.org = $1 and c.env = $2 and c.id = $3
                and s.version = (select max(v.version) from secret v where v.org = $1 and v.env = $2 and v.id = $3)"
        ),
        &[&id],
        read_named,
    )
}

/// Secrets whose names come after `after` and hold `part`, in the order of their names, without their uses.
pub(super) fn page(tx: &mut Tx<'_>, after: &str, part: &str, limit: u32) -> Result<Vec<NamedSecret>, StoreError> {
    tx.all(
        sql!(
            "select c.id, c.name, c.description, c.remind_days, c.created_at, c.updated_at, s.purpose, s.version, s.imported,
                s.fingerprint, s.created_at as version_at, s.expires_at
             from secret_card c join (select * from secret where org = $1 and env = $2) s on s.id = c.id
             where c.org = $1 and c.env = $2 and c.name > $3 and c.name like '%' || $4 || '%'
                and s.version = (select max(v.version) from secret v where v.org = $1 and v.env = $2 and v.id = c.id)
             order by c.name limit $5"
        ),
        &[&after.to_owned(), &part.to_owned(), &limit],
        read_named,
    )
}

/// Secrets with a newest version of an age that somebody wants to be reminded of, and wasn't.
pub(super) fn aging(tx: &mut Tx<'_>, now: Time) -> Result<Vec<NamedSecret>, StoreError> {
    tx.all(
        sql!(
            "select c.id, c.name, c.description, c.remind_days, c.created_at, c.updated_at, s.purpose, s.version, s.imported,
                s.fingerprint, s.created_at as version_at, s.expires_at
             from secret_card c join (select * from secret where org = $1 and env = $2) s on s.id = c.id
             where c.org = $1 and c.env = $2 and c.remind_days > 0 and c.reminded < s.version
                and s.created_at + c.remind_days * 86400000 <= $3
                and s.version = (select max(v.version) from secret v where v.org = $1 and v.env = $2 and v.id = c.id)
             order by c.id"
        ),
        &[&now],
        read_named,
    )
}

/// Remembers that somebody was reminded of this version; false if another node was faster.
pub(super) fn mark_reminded(tx: &mut Tx<'_>, id: SecretId, version: u32) -> Result<bool, StoreError> {
    let marked = tx.execute(
        sql!("update secret_card set reminded = $4 where org = $1 and env = $2 and id = $3 and reminded < $4"),
        &[&id, &version],
    )?;
    Ok(marked == 1)
}

/// Up to so many versions without a fingerprint.
pub(super) fn without_fingerprint(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<VersionRow>, StoreError> {
    tx.all(
        sql!(
            "select id, purpose, version, encoding, imported, sealed, created_at, expires_at, fingerprint from secret
             where org = $1 and env = $2 and fingerprint is null order by id, version limit $3"
        ),
        &[&limit],
        read,
    )
}

pub(super) fn set_fingerprint(tx: &mut Tx<'_>, id: SecretId, number: u32, mark: Fingerprint) -> Result<(), StoreError> {
    tx.execute(
        sql!("update secret set fingerprint = $5 where org = $1 and env = $2 and id = $3 and version = $4"),
        &[&id, &number, &mark.0],
    )
    .map(drop)
}

/// Adds to what was done to a secret. The secret is touched by then, so nobody else adds at the same time.
pub(super) fn log(
    tx: &mut Tx<'_>,
    id: SecretId,
    kind: ChangeKind,
    version: u32,
    network: Option<NetworkMark>,
) -> Result<(), StoreError> {
    let (actor, now) = (tx.ctx().actor, tx.ctx().now());
    let last = tx.optional(
        sql!("select seq from secret_change where org = $1 and env = $2 and secret = $3 order by seq desc limit 1"),
        &[&id],
        |row| row.get::<u64>("seq"),
    )?;
    let seq = last.map_or(0, |last| last + 1);
    tx.execute(
        sql!(
            "insert into secret_change (org, env, secret, seq, kind, version, actor_kind, actor, network, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &[
            &id,
            &seq,
            &kind.word().to_owned(),
            &version,
            &u32::from(actor.kind as u8),
            &actor.id.to_vec(),
            &network.map(|mark| mark.0),
            &now,
        ],
    )
    .map(drop)
}

/// What was done to a secret before `before`, newest first.
pub(super) fn changes(tx: &mut Tx<'_>, id: SecretId, before: u64, limit: u32) -> Result<Vec<SecretChange>, StoreError> {
    tx.all(
        sql!(
            "select seq, kind, version, actor_kind, actor, network, at from secret_change
             where org = $1 and env = $2 and secret = $3 and seq < $4 order by seq desc limit $5"
        ),
        &[&id, &before, &limit],
        |row| {
            let (word, actor): (String, u32) = (row.get("kind")?, row.get("actor_kind")?);
            let kind = ChangeKind::ALL.into_iter().find(|kind| kind.word() == word);
            Ok(SecretChange {
                seq: row.get("seq")?,
                kind: kind.ok_or_else(|| StoreError::Column("kind".into()))?,
                version: row.get("version")?,
                actor: Actor { kind: actor_kind(actor), id: row.get("actor")? },
                network: row.get::<Option<[u8; 4]>>("network")?.map(NetworkMark),
                at: row.get("at")?,
            })
        },
    )
}

/// Whoever acts by a kind that this version doesn't know is nobody known.
fn actor_kind(number: u32) -> ActorKind {
    use ActorKind::{Anonymous, Directory, Key, Member, Operator, Support, System};
    let known = [Key, System, Member, Operator, Directory, Support];
    known.into_iter().find(|kind| u32::from(*kind as u8) == number).unwrap_or(Anonymous)
}

fn read_named(row: &Row<'_>) -> Result<NamedSecret, StoreError> {
    let wrong = |name: &'static str| move |_| StoreError::Column(name.into());
    let (name, description, imported): (String, String, bool) =
        (row.get("name")?, row.get("description")?, row.get("imported")?);
    Ok(NamedSecret {
        id: row.get("id")?,
        name: SecretName::parse(&name).map_err(wrong("name"))?,
        description: Description::parse(&description).map_err(wrong("description"))?,
        remind: RemindAfter::days(row.get("remind_days")?).map_err(wrong("remind_days"))?,
        purpose: row.get("purpose")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        newest: VersionSummary {
            number: row.get("version")?,
            origin: origin(imported),
            fingerprint: row.get::<Option<[u8; 4]>>("fingerprint")?.map(Fingerprint),
            created_at: row.get("version_at")?,
            expires_at: row.get("expires_at")?,
        },
        uses: Vec::new(),
    })
}

const fn origin(imported: bool) -> Origin {
    if imported { Origin::Imported } else { Origin::Generated }
}

fn read(row: &Row<'_>) -> Result<VersionRow, StoreError> {
    let encoding: String = row.get("encoding")?;
    let imported: bool = row.get("imported")?;
    Ok(VersionRow {
        id: row.get("id")?,
        purpose: row.get("purpose")?,
        number: row.get("version")?,
        encoding: encoding_of(&encoding).ok_or_else(|| StoreError::Column("encoding".into()))?,
        origin: origin(imported),
        sealed: row.get("sealed")?,
        fingerprint: row.get("fingerprint")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

const fn encoding_name(encoding: KeyEncoding) -> &'static str {
    match encoding {
        KeyEncoding::Text => "text",
        KeyEncoding::Base64 => "base64",
        KeyEncoding::Hex => "hex",
    }
}

fn encoding_of(name: &str) -> Option<KeyEncoding> {
    [KeyEncoding::Text, KeyEncoding::Base64, KeyEncoding::Hex].into_iter().find(|e| encoding_name(*e) == name)
}
