//! Copies of the key store: its latest state, sealed under a key of the day that is destroyed after seven.
//!
//! A backup of the keys is what undoes erasure, unless it can be undone itself. So a copy is worth nothing without the key of its day,
//! which stands in another folder, wrapped under the root key, and nowhere else: not in the key store, which a copy would bring along,
//! and not in the data, whose backups live long. The key store only knows where these keys are, and has them destroyed in time.
//!
//! ```text
//! TO/keys-2026-11-30-1764500000000.copy     what the key store holds, sealed under the day's key
//! COPY-KEYS/copy-key-20422.key              the day's key, wrapped under the root key; overwritten and removed after a week
//! ```

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId, RootKey};
use sealpost_seal::place::Place;
use sealpost_seal::rng::Rng;

use super::{INSTALLATION, Keys, installation};
use crate::bus::Bus;
use crate::clock::Time;
use crate::ctx::World;
use crate::db::Db;
use crate::error::StoreError;
use crate::ledger::Appender;
use crate::sql::{Sql, system_sql};
use crate::store::Database;
use crate::tx::Tx;
use crate::value::{Param, Value};
use crate::{migrate, org_sql, postgres, sqlite};

const DAY_MS: i64 = 86_400_000;
/// How many days, the first included, the key of a day lives.
const KEPT_DAYS: i64 = 7;
/// What a copy begins with.
const MAGIC: &[u8; 16] = b"sealpost keys 1\n";
/// Bytes sealed at once.
const FRAME: usize = 64 * 1024;
/// The most bytes of a frame that are read.
const MOST: u32 = 1 << 20;
/// Rows read or written at once.
const ROWS: u32 = 2_000;
/// A file by which the folder of copy keys is known again: one that is not mounted must not pass for one that is empty.
const MARK: &str = "sealpost-copy-keys";

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCopy {
    /// Where it is.
    pub file: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
    /// From when on nobody can open it.
    pub ends_at: Time,
}

/// A table of the key store that a copy holds.
struct Table {
    tag: u8,
    columns: &'static [(&'static str, Kind)],
    after: Sql,
    insert: Sql,
}

#[derive(Clone, Copy)]
enum Kind {
    Id,
    Text,
    Int,
    Bytes,
}

/// Ordered so that a page goes on behind the last row of the one before.
const TABLES: [Table; 5] = [
    Table {
        tag: 1,
        columns: &[
            ("org", Kind::Id),
            ("name", Kind::Text),
            ("version", Kind::Int),
            ("wrapped", Kind::Bytes),
            ("created_at", Kind::Int),
        ],
        after: system_sql!(
            "select org, name, version, wrapped, created_at from named_key where (org, name, version) > ($1, $2, $3)
             order by org, name, version limit $4"
        ),
        insert: system_sql!(
            "insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, $3, $4, $5)"
        ),
    },
    Table {
        tag: 2,
        columns: &[("org", Kind::Id), ("epoch", Kind::Int), ("wrapped", Kind::Bytes), ("created_at", Kind::Int)],
        after: system_sql!(
            "select org, epoch, wrapped, created_at from index_key where (org, epoch) > ($1, $2) order by org, epoch limit $3"
        ),
        insert: system_sql!("insert into index_key (org, epoch, wrapped, created_at) values ($1, $2, $3, $4)"),
    },
    Table {
        tag: 3,
        columns: &[("org", Kind::Id), ("turn", Kind::Int), ("from_at", Kind::Int)],
        after: system_sql!(
            "select org, turn, from_at from index_turn where (org, turn) > ($1, $2) order by org, turn limit $3"
        ),
        insert: system_sql!("insert into index_turn (org, turn, from_at) values ($1, $2, $3)"),
    },
    Table {
        tag: 4,
        columns: &[
            ("org", Kind::Id),
            ("env", Kind::Text),
            ("contact", Kind::Id),
            ("erasure", Kind::Id),
            ("slot", Kind::Id),
            ("erased_at", Kind::Int),
        ],
        after: system_sql!(
            "select org, env, contact, erasure, slot, erased_at from erased where (org, env, contact) > ($1, $2, $3)
             order by org, env, contact limit $4"
        ),
        insert: system_sql!(
            "insert into erased (org, env, contact, erasure, slot, erased_at) values ($1, $2, $3, $4, $5, $6)"
        ),
    },
    Table {
        tag: 5,
        columns: &[
            ("org", Kind::Id),
            ("id", Kind::Id),
            ("purpose", Kind::Text),
            ("wrapped", Kind::Bytes),
            ("created_at", Kind::Int),
        ],
        after: system_sql!(
            "select org, id, purpose, wrapped, created_at from slot where (org, id) > ($1, $2) order by org, id limit $3"
        ),
        insert: system_sql!("insert into slot (org, id, purpose, wrapped, created_at) values ($1, $2, $3, $4, $5)"),
    },
];

/// How many of a table's columns, from the first, are what its rows are ordered by.
fn ordered_by(table: &Table) -> usize {
    match table.tag {
        1 | 4 => 3,
        _ => 2,
    }
}

/// One value of a row.
#[derive(Clone)]
enum Cell {
    Id([u8; 16]),
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
}

impl Param for Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Id(id) => Value::Id(*id),
            Self::Text(text) => Value::Text(text),
            Self::Int(number) => Value::Int(*number),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

impl Cell {
    /// Before every value of its kind.
    fn least(kind: Kind) -> Self {
        match kind {
            Kind::Id => Self::Id([0; 16]),
            Kind::Text => Self::Text(String::new()),
            Kind::Int => Self::Int(i64::MIN),
            Kind::Bytes => Self::Bytes(Vec::new()),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let number;
        let bytes: &[u8] = match self {
            Self::Id(id) => id,
            Self::Text(text) => text.as_bytes(),
            Self::Int(int) => {
                number = int.to_be_bytes();
                &number
            }
            Self::Bytes(bytes) => bytes,
        };
        out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        out.extend_from_slice(bytes);
    }

    fn read(kind: Kind, rest: &mut &[u8]) -> Option<Self> {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (bytes, tail) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        *rest = tail;
        Some(match kind {
            Kind::Id => Self::Id(bytes.try_into().ok()?),
            Kind::Text => Self::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
            Kind::Int => Self::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
            Kind::Bytes => Self::Bytes(bytes.to_vec()),
        })
    }
}

impl Keys {
    /// Opens the key store alone, beside a server that may be running on it: for what an operator does to it.
    pub async fn open_alone(database: Database, root: RootKey, world: World) -> Result<Self, StoreError> {
        Self::open(alone(database, &world, false).await?, root, world, true).await
    }

    /// Copies what the key store holds into the folder `to`, under the key of today, which stands in `copy_keys`. Older copies that
    /// are there go: only the latest state is ever restored.
    pub async fn copy(&self, to: &Path, copy_keys: &Path) -> Result<KeyCopy, StoreError> {
        let inner = &self.0;
        let now = inner.world.clock.now();
        self.end_copies(now.plus_ms(-KEPT_DAYS * DAY_MS)).await?;
        let day = now.unix_ms().div_euclid(DAY_MS);
        let ends_at = Time::from_unix_ms((day + KEPT_DAYS) * DAY_MS);
        // On record before it is there: what is not on record nobody would destroy.
        self.record_copy_key(day, copy_keys, ends_at).await?;
        let key = self.key_of_day(day, copy_keys)?;
        let file = to.join(format!("keys-{}-{}.copy", date(now), now.unix_ms()));
        std::fs::create_dir_all(to)?;
        let (part, world) = (file.with_extension("part"), inner.world.clone());
        let written = part.clone();
        let rows = inner
            .db
            .read(installation(&inner.world), move |tx| {
                let mut out = Writer::begin(&written, day, key, world)?;
                for table in &TABLES {
                    write_table(tx, table, &mut out)?;
                }
                out.end()
            })
            .await?;
        std::fs::rename(&part, &file)?;
        sync_folder(to)?;
        remove_older(to, &file)?;
        Ok(KeyCopy { file, rows, ends_at })
    }

    /// Destroys the keys of copies that were made up to then, or whose time has come: nobody can open these copies any more. Answers
    /// how many.
    pub async fn end_copies(&self, made_until: Time) -> Result<u64, StoreError> {
        let inner = &self.0;
        let now = inner.world.clock.now();
        let due = org_sql!("select day, folder from copy_key where org = $1 and (made_at <= $2 or ends_at <= $3)");
        let due = move |tx: &mut Tx<'_>| {
            tx.all(due, &[&made_until, &now], |row| Ok((row.get::<i64>("day")?, row.get::<String>("folder")?)))
        };
        let due = inner.db.read::<_, StoreError>(installation(&inner.world), due).await?;
        let ended = due.len() as u64;
        for (day, folder) in due {
            destroy(Path::new(&folder), day, &*inner.world.rng)?;
            let forget = org_sql!("delete from copy_key where org = $1 and day = $2 and folder = $3");
            let forget = move |tx: &mut Tx<'_>| tx.execute(forget, &[&day, &folder]).map(drop);
            inner.db.write::<_, StoreError>(installation(&inner.world), forget).await?;
        }
        Ok(ended)
    }

    async fn record_copy_key(&self, day: i64, folder: &Path, ends_at: Time) -> Result<(), StoreError> {
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let mark = folder.join(MARK);
        if !mark.exists() {
            write_new(&mark, b"Keys of copies of the key store. They must be in no backup.\n")?;
        }
        let folder = folder.to_str().ok_or_else(|| StoreError::Unsuitable("the folder's name is not UTF-8".into()))?;
        let folder = folder.to_owned();
        let record = org_sql!(
            "insert into copy_key (org, day, folder, made_at, ends_at) values ($1, $2, $3, $4, $5)
             on conflict (org, day, folder) do update set made_at = excluded.made_at"
        );
        let record = move |tx: &mut Tx<'_>| tx.execute(record, &[&day, &folder, &tx.ctx().now(), &ends_at]).map(drop);
        self.0.db.write::<_, StoreError>(installation(&self.0.world), record).await
    }

    /// The key of this day, made if there is none.
    fn key_of_day(&self, day: i64, folder: &Path) -> Result<Key, StoreError> {
        let path = key_file(folder, day);
        let row = day.to_be_bytes();
        if path.exists() {
            return self.0.roots.unwrap(&key_place(&row), &std::fs::read(&path)?);
        }
        let key = Key::generate(&*self.0.world.rng);
        write_new(&path, &self.0.roots.wrap(&key_place(&row), &key, &self.0.world))?;
        sync_folder(folder)?;
        Ok(key)
    }

    /// Puts a copy into an empty key store. What was destroyed since the copy was made is there again: whoever the data knows as
    /// erased is erased anew at the next start.
    pub async fn restore(
        database: Database,
        root: RootKey,
        world: World,
        copy: &Path,
        copy_keys: &Path,
    ) -> Result<u64, StoreError> {
        let db = alone(database, &world, true).await?;
        if super::is_begun(&db, &world).await? {
            return Err(StoreError::Unsuitable(
                "there are keys already: a copy is restored where there are none".into(),
            ));
        }
        let mut reader = Reader::begin(copy, copy_keys, &root)?;
        let mut restored = 0;
        // All or nothing is what the last frame says: it is looked for before anything is written.
        let mut rows = Vec::new();
        while let Some(frame) = reader.next()? {
            rows.extend(read_rows(&frame).ok_or(StoreError::Unopenable)?);
        }
        while !rows.is_empty() {
            let some: Vec<_> = rows.drain(..rows.len().min(ROWS as usize)).collect();
            restored += some.len() as u64;
            let insert = move |tx: &mut Tx<'_>| {
                for (table, cells) in &some {
                    let params: Vec<&dyn Param> = cells.iter().map(|cell| cell as &dyn Param).collect();
                    tx.execute(table.insert, &params)?;
                }
                Ok::<_, StoreError>(())
            };
            db.write(installation(&world), insert).await?;
        }
        Ok(restored)
    }
}

/// The database of the keys, and no other.
async fn alone(database: Database, world: &World, make: bool) -> Result<Db, StoreError> {
    match database {
        Database::Sqlite { folder } => {
            let path = folder.join("keys.db");
            if !make && !path.exists() {
                return Err(StoreError::Unsuitable("there is no key store yet".into()));
            }
            sqlite::open(&path, Appender::none(), Bus::default(), migrate::KEYS)
        }
        Database::Postgres { keys, roots, .. } => {
            let node = sealpost_seal::rng::array::<8>(&*world.rng);
            let server = postgres::Server::new(&keys, &roots)?;
            postgres::open(server, 1, Appender::none, Bus::default(), node, migrate::KEYS).await
        }
    }
}

fn write_table(tx: &mut Tx<'_>, table: &'static Table, out: &mut Writer) -> Result<(), StoreError> {
    let ordered = ordered_by(table);
    let mut after: Vec<Cell> = table.columns.iter().take(ordered).map(|(_, kind)| Cell::least(*kind)).collect();
    loop {
        let mut params: Vec<&dyn Param> = after.iter().map(|cell| cell as &dyn Param).collect();
        params.push(&ROWS);
        let rows = tx.all(table.after, &params, |row| {
            table
                .columns
                .iter()
                .map(|(name, kind)| {
                    Ok(match kind {
                        Kind::Id => Cell::Id(row.get(name)?),
                        Kind::Text => Cell::Text(row.get(name)?),
                        Kind::Int => Cell::Int(row.get(name)?),
                        Kind::Bytes => Cell::Bytes(row.get(name)?),
                    })
                })
                .collect::<Result<Vec<Cell>, StoreError>>()
        })?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.iter().take(ordered).cloned().collect();
        for row in &rows {
            out.row(table.tag, row)?;
        }
    }
}

fn read_rows(mut frame: &[u8]) -> Option<Vec<(&'static Table, Vec<Cell>)>> {
    let mut rows = Vec::new();
    while let Some((tag, rest)) = frame.split_first() {
        frame = rest;
        let table = TABLES.iter().find(|table| table.tag == *tag)?;
        let cells = table.columns.iter().map(|(_, kind)| Cell::read(*kind, &mut frame)).collect::<Option<Vec<_>>>()?;
        rows.push((table, cells));
    }
    Some(rows)
}

/// What a copy is written through: frames, each sealed for its place among them.
struct Writer {
    file: File,
    day: i64,
    key: Key,
    world: World,
    serial: u64,
    rows: u64,
    frame: zeroize::Zeroizing<Vec<u8>>,
}

impl Writer {
    fn begin(path: &Path, day: i64, key: Key, world: World) -> Result<Self, StoreError> {
        let mut file = private().truncate(true).create(true).open(path)?;
        file.write_all(MAGIC)?;
        file.write_all(&day.to_be_bytes())?;
        let frame = zeroize::Zeroizing::new(Vec::with_capacity(FRAME * 2));
        Ok(Self { file, day, key, world, serial: 0, rows: 0, frame })
    }

    fn row(&mut self, tag: u8, cells: &[Cell]) -> Result<(), StoreError> {
        self.frame.push(tag);
        cells.iter().for_each(|cell| cell.write(&mut self.frame));
        self.rows += 1;
        if self.frame.len() >= FRAME { self.flush(false) } else { Ok(()) }
    }

    fn flush(&mut self, is_last: bool) -> Result<(), StoreError> {
        let row = frame_row(self.day, self.serial, is_last);
        let sealed = envelope::seal(&self.key, KEY, &frame_place(&row), &self.frame, &*self.world.rng);
        self.file.write_all(&(sealed.len() as u32).to_be_bytes())?;
        self.file.write_all(&sealed)?;
        self.serial += 1;
        self.frame.clear();
        Ok(())
    }

    fn end(mut self) -> Result<u64, StoreError> {
        self.flush(true)?;
        self.file.sync_all()?;
        Ok(self.rows)
    }
}

struct Reader {
    file: std::io::BufReader<File>,
    day: i64,
    key: Key,
    serial: u64,
    ended: bool,
}

impl Reader {
    fn begin(copy: &Path, copy_keys: &Path, root: &RootKey) -> Result<Self, StoreError> {
        let mut file = std::io::BufReader::new(File::open(copy)?);
        let (mut magic, mut day) = ([0; 16], [0; 8]);
        file.read_exact(&mut magic)?;
        file.read_exact(&mut day)?;
        if magic != *MAGIC {
            return Err(StoreError::Unsuitable("this is no copy of a key store".into()));
        }
        let wrapped = std::fs::read(key_file(copy_keys, i64::from_be_bytes(day)));
        let wrapped = wrapped.map_err(|_| {
            StoreError::Unsuitable("the key of this copy's day is not there: it was destroyed, or is elsewhere".into())
        })?;
        if envelope::key_id_of(&wrapped) != Some(root.id()) {
            return Err(StoreError::WrongRoot);
        }
        let key = envelope::unwrap(root.key(), &key_place(&day), &wrapped)?;
        Ok(Self { file, day: i64::from_be_bytes(day), key, serial: 0, ended: false })
    }

    /// The next frame; nothing after the last. A copy that was cut off is an error.
    fn next(&mut self) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let mut length = [0; 4];
        self.file.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length > MOST {
            return Err(StoreError::Unopenable);
        }
        let mut sealed = vec![0; length as usize];
        self.file.read_exact(&mut sealed)?;
        let open = |is_last| {
            let row = frame_row(self.day, self.serial, is_last);
            envelope::open(&self.key, &frame_place(&row), &sealed)
        };
        let frame = match open(false) {
            Ok(frame) => frame,
            Err(_) => {
                let frame = open(true)?;
                self.ended = true;
                frame
            }
        };
        self.serial += 1;
        Ok(Some(frame))
    }
}

/// What the key of a day is called in front of what it seals: the day is in the place.
const KEY: KeyId = KeyId(*b"copy-key");

fn frame_row(day: i64, serial: u64, is_last: bool) -> [u8; 17] {
    let mut row = [0; 17];
    row[..8].copy_from_slice(&day.to_be_bytes());
    row[8..16].copy_from_slice(&serial.to_be_bytes());
    row[16] = u8::from(is_last);
    row
}

fn frame_place(row: &[u8; 17]) -> Place<'_> {
    Place { org: INSTALLATION.bytes(), environment: None, table: "key_copy", column: "frame", row, owner: None }
}

fn key_place(row: &[u8; 8]) -> Place<'_> {
    Place { org: INSTALLATION.bytes(), environment: None, table: "copy_key", column: "file", row, owner: None }
}

fn key_file(folder: &Path, day: i64) -> PathBuf {
    folder.join(format!("copy-key-{day}.key"))
}

fn date(now: Time) -> String {
    now.to_string().get(..10).unwrap_or_default().to_owned()
}

/// Overwrites the key of a day, and removes it.
fn destroy(folder: &Path, day: i64, rng: &dyn Rng) -> Result<(), StoreError> {
    if !folder.join(MARK).exists() {
        return Err(StoreError::Unsuitable("the folder of copy keys is not there: its keys can't be destroyed".into()));
    }
    let path = key_file(folder, day);
    let Ok(mut file) = File::options().write(true).open(&path) else { return Ok(()) };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut noise = vec![0; length.min(4096)];
    rng.fill(&mut noise);
    file.write_all(&noise)?;
    file.sync_all()?;
    drop(file);
    std::fs::remove_file(&path)?;
    sync_folder(folder)
}

/// Removes copies that are older than this one.
fn remove_older(folder: &Path, newest: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ours = name.starts_with("keys-") && (name.ends_with(".copy") || name.ends_with(".part"));
        if ours && path != newest {
            std::fs::remove_file(&path)?;
        }
    }
    sync_folder(folder)
}

fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder)?.sync_all()?)
}
