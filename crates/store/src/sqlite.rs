//! SQLite: one writer thread, `query_only` readers, WAL, `synchronous=full`.

mod log;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};

use crate::bus::{Bus, Change};
use crate::ctx::{Ctx, Org};
use crate::db::Db;
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::lane::{BATCH, CommitFailure, Lane, Session, drive};
use crate::ledger::Appender;
use crate::migrate::Migration;
use crate::room::Room;
use crate::row::{Row, Source};
use crate::sql::Sql;
use crate::tx::Tx;
use crate::value::Value;
use crate::work::{Op, Work};
use log::Log;

/// The oldest SQLite whose WAL can be trusted: 3.7.0–3.51.2 have a reset race that corrupts
/// (<https://sqlite.org/wal.html>, "WAL-reset bug").
const OLDEST: i32 = 3_051_003;
const READERS: usize = 2;
const PEEKS: usize = 4;
const CACHED_STATEMENTS: usize = 256;

/// Opens the database file, making and migrating it as needed.
pub(crate) fn open(path: &Path, appender: Appender, bus: Bus, migrations: &[Migration]) -> Result<Db, StoreError> {
    if rusqlite::version_number() < OLDEST {
        return Err(StoreError::Unsuitable(format!(
            "SQLite {} is too old: 3.51.3 or newer is needed",
            rusqlite::version()
        )));
    }
    let mut writer = connect(path, false)?;
    for migration in migrations {
        migrate(&mut writer, migration)?;
    }
    let (write, jobs) = Lane::new();
    let room = Room::default();
    let log = Log::new(&mut writer, connect(path, false)?)?;
    let session = SqliteSession { connection: writer, begin: "begin immediate", log: Some(log) };
    let met = room.clone();
    spawn("sqlite-writer", move || drive(session, &jobs, appender, (&bus, &met), BATCH))?;
    let (read, jobs) = Lane::new();
    for _ in 0..READERS {
        let session = SqliteSession { connection: connect(path, true)?, begin: "begin", log: None };
        let jobs = jobs.clone();
        let rest = (Bus::default(), Room::default());
        spawn("sqlite-reader", move || drive(session, &jobs, Appender::none(), (&rest.0, &rest.1), 1))?;
    }
    let peeks = Peeks { path: path.to_owned(), idle: Mutex::default(), room: room.clone() };
    Ok(Db { write, read, room, peeks: Some(Arc::new(peeks)) })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop).map_err(StoreError::Io)
}

fn migrate(connection: &mut Connection, migration: &Migration) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    tx.execute_batch("create table if not exists migration (number integer primary key, name text not null) strict")?;
    let done: bool =
        tx.query_row("select exists (select 1 from migration where number = ?1)", [migration.number], |row| {
            row.get(0)
        })?;
    if !done {
        tx.execute_batch(migration.sqlite)?;
        tx.execute("insert into migration (number, name) values (?1, ?2)", (migration.number, migration.name))?;
        failpoint::pass(Point::Migration);
    }
    Ok(tx.commit()?)
}

fn connect(path: &Path, read_only: bool) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !read_only {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    // `full` and not `normal`: under `normal` a power cut takes back commits that were acknowledged.
    connection.execute_batch(
        "pragma page_size = 8192;
         pragma journal_mode = wal;
         pragma synchronous = full;
         pragma foreign_keys = off;
         pragma secure_delete = on;
         pragma trusted_schema = off;
         pragma temp_store = memory;
         pragma busy_timeout = 5000;
         pragma wal_autocheckpoint = 1000;
         pragma cache_size = -16000;",
    )?;
    let synchronous: i64 = connection.query_row("pragma synchronous", [], |row| row.get(0))?;
    let journal: String = connection.query_row("pragma journal_mode", [], |row| row.get(0))?;
    if synchronous < 2 || journal != "wal" {
        return Err(StoreError::Unsuitable(
            "SQLite refuses journal_mode=wal with synchronous=full on this file system".into(),
        ));
    }
    if read_only {
        connection.execute_batch("pragma query_only = on; pragma cache_size = -4000;")?;
    }
    #[cfg(feature = "testing")]
    connection.execute_batch(crate::testing::pragmas())?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

struct SqliteSession {
    connection: Connection,
    /// How a transaction is opened: writers take the lock at once, so that they never fail half-way.
    begin: &'static str,
    /// What it writes, if it does.
    log: Option<Log>,
}

impl SqliteSession {
    fn run(&self, text: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(text)?.execute([])?;
        Ok(())
    }
}

fn execute(connection: &Connection, sql: Sql, params: impl Iterator<Item = impl ToSql>) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached(sql.sqlite)?.execute(rusqlite::params_from_iter(params))? as u64)
}

fn query(
    connection: &Connection,
    sql: Sql,
    params: &[Value<'_>],
    each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql.sqlite)?;
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        each(&Row(Source::Sqlite(row)))?;
    }
    Ok(())
}

impl Session for SqliteSession {
    const ERRORS_ARE_FATAL: bool = false;

    fn begin(&mut self) -> Result<(), StoreError> {
        self.run(self.begin)
    }

    fn scope(&mut self, _: Org) -> Result<(), StoreError> {
        Ok(())
    }

    fn savepoint(&mut self) -> Result<(), StoreError> {
        self.run("savepoint job")
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.run("release job")
    }

    fn undo(&mut self) -> Result<(), StoreError> {
        self.run("rollback to job")?;
        self.run("release job")
    }

    /// On FULL, IOERR and NOMEM SQLite may have rolled back everything; a later statement would then commit alone.
    fn is_lost(&self) -> bool {
        self.connection.is_autocommit()
    }

    fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, StoreError> {
        execute(&self.connection, sql, params.iter())
    }

    fn query(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        query(&self.connection, sql, params, each)
    }

    fn bulk(&mut self, ops: &[Op]) -> Result<bool, StoreError> {
        for op in ops {
            let changed = execute(&self.connection, op.sql, op.params.values())?;
            if op.exact && changed != 1 {
                return Ok(false);
            }
        }
        Ok(!self.is_lost())
    }

    fn ask(&mut self, questions: &[Op]) -> Result<Vec<bool>, StoreError> {
        let ask = |op: &Op| {
            let mut statement = self.connection.prepare_cached(op.sql.sqlite)?;
            Ok(statement.exists(rusqlite::params_from_iter(op.params.values()))?)
        };
        questions.iter().map(ask).collect()
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), CommitFailure> {
        if !changes.is_empty() && failpoint::forgets() {
            self.rollback();
            return Ok(());
        }
        self.run("commit").map_err(|error| {
            tracing::error!(error = %error, "sqlite.commit_failed");
            self.rollback();
            CommitFailure::RolledBack(error)
        })
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.run("rollback")
        {
            tracing::error!(error = %error, "sqlite.rollback_failed");
        }
    }

    fn recover(&mut self) -> bool {
        self.rollback();
        true
    }

    fn answered(&mut self) {
        if let Some(log) = &self.log {
            log.tend(&self.connection);
        }
    }
}

/// Read-only connections for looks at a few rows, used on the caller's own thread.
pub(crate) struct Peeks {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    room: Room,
}

impl Peeks {
    /// Brings the write-ahead log into the database file and cuts it off. Waits for readers, `busy_timeout` long.
    pub(crate) fn empty_log(&self) -> Result<(), StoreError> {
        let busy: i64 =
            connect(&self.path, false)?.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if busy != 0 {
            tracing::warn!("sqlite.log_not_emptied");
        }
        Ok(())
    }

    pub(crate) fn run<T, E: From<StoreError>>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, true)?,
        };
        let mut session = SqliteSession { connection, begin: "begin", log: None };
        let out = f(&mut Tx::new(&mut Work::new(&mut session, ctx, &self.room), ctx));
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < PEEKS {
            idle.push(session.connection);
        }
        out
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Bool(b) => ValueRef::Integer(i64::from(*b)),
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Text(t) => ValueRef::Text(t.as_bytes()),
            Value::Bytes(b) => ValueRef::Blob(b),
            Value::Id(b) => ValueRef::Blob(b),
        }))
    }
}
