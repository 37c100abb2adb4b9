//! Faults of storage. None carries a value from a row or a statement's parameters.

use tokio_postgres::error::SqlState;

/// Storage could not do what was asked. A fault, never a decision: callers answer 500 or 503.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused a statement.
    #[error("sqlite refused a statement")]
    Sqlite(#[source] rusqlite::Error),
    /// PostgreSQL refused a statement or the connection broke.
    #[error("postgres refused a statement")]
    Postgres(#[source] tokio_postgres::Error),
    /// No connection to PostgreSQL.
    #[error("the PostgreSQL server can't be reached")]
    Unreachable(#[source] tokio_postgres::Error),
    /// A unique constraint holds already: somebody else was first. Callers turn this into a decision.
    #[error("a unique constraint holds already")]
    Conflict,
    /// A column does not hold what the caller expects.
    #[error("column `{0}` holds something else than expected")]
    Column(String),
    /// A row that must be there is not.
    #[error("a row is missing: {0}")]
    Missing(&'static str),
    /// What was to be changed is not as it was: another has changed it meanwhile. Nothing of the job happened.
    #[error("what was to be changed has changed meanwhile")]
    Superseded,
    /// A guard found something: see [`Tx::guard`](crate::Tx::guard). Nothing of the job happened.
    #[error("a guard found something: {0}")]
    Guarded(&'static str),
    /// The batch this job was in could not be committed: nothing of it happened.
    #[error("the transaction was rolled back")]
    RolledBack,
    /// The connection broke during commit: it may or may not have happened.
    #[error("the outcome of the transaction is unknown")]
    Unknown,
    /// Too much is waiting; try again later.
    #[error("storage is overloaded")]
    Overloaded,
    /// Nothing can be written: the disk is full, or fails.
    #[error("the database can't be written")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Storage has stopped.
    #[error("storage has stopped")]
    Stopped,
    /// A job panicked; its changes were rolled back.
    #[error("a job panicked")]
    Panicked,
    /// The ledger leaf could not be written, so the change did not happen.
    #[error("the audit leaf could not be written")]
    Unrecorded,
    /// A key is not there: it was shredded, or the key store is not the one the data was written with.
    #[error("the key is gone")]
    KeyGone,
    /// A sealed value did not open where it stands.
    #[error("a sealed value did not open")]
    Unopenable,
    /// The root key is another than the one the key store was made with.
    #[error("the root key is not the one that this installation's keys are wrapped with")]
    WrongRoot,
    /// There is data, and no key to open it: the key store is new.
    #[error("there is data, but its key store is empty")]
    KeysLost,
    /// Another process uses the data folder.
    #[error("another Sealpost uses this data folder")]
    InUse,
    /// The database is not as this version expects.
    #[error("{0}")]
    Unsuitable(String),
    /// The data folder could not be used.
    #[error("the data folder could not be used")]
    Io(#[from] std::io::Error),
}

/// Class 53, insufficient resources: disk, memory, connections (PostgreSQL's documentation, appendix A).
const NO_RESOURCES: &str = "53";
/// `admin_shutdown`, `crash_shutdown`, `cannot_connect_now`: the server stops, or has just begun. Others of class 57 are about one
/// statement.
const GOING_AWAY: &str = "57P0";

fn is_without_room(code: &SqlState) -> bool {
    code.code().starts_with(NO_RESOURCES) || *code == SqlState::IO_ERROR
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => Self::Conflict,
            Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure) => {
                Self::Unwritable(error.into())
            }
            _ => Self::Sqlite(error),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            None if error.is_closed() => Self::Unreachable(error),
            Some(code) if *code == SqlState::UNIQUE_VIOLATION => Self::Conflict,
            Some(code) if is_without_room(code) => Self::Unwritable(error.into()),
            Some(code) if code.code().starts_with(GOING_AWAY) => Self::Unreachable(error),
            _ => Self::Postgres(error),
        }
    }
}

impl From<sealpost_seal::envelope::OpenError> for StoreError {
    fn from(_: sealpost_seal::envelope::OpenError) -> Self {
        Self::Unopenable
    }
}
