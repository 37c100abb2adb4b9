//! Rows, read by name, so that a reordered select list can't shift columns.

use tokio_postgres::types::{FromSql, Type};

use crate::clock::Time;
use crate::error::StoreError;

/// One row of an answer.
pub struct Row<'a>(pub(crate) Source<'a>);

pub(crate) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// What stands in a column.
#[derive(Clone, Copy)]
pub enum Cell<'a> {
    /// SQL `null`.
    Null,
    /// An integer or boolean.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes or an id.
    Bytes(&'a [u8]),
}

/// A type that can be read from a column.
pub trait Column: Sized {
    /// The value, or nothing if the cell holds something else.
    fn read(cell: Cell<'_>) -> Option<Self>;
}

impl Row<'_> {
    /// The column of this name.
    pub fn get<T: Column>(&self, name: &str) -> Result<T, StoreError> {
        self.cell(name).and_then(T::read).ok_or_else(|| StoreError::Column(name.to_owned()))
    }

    fn cell(&self, name: &str) -> Option<Cell<'_>> {
        use rusqlite::types::ValueRef;
        match &self.0 {
            Source::Sqlite(row) => Some(match row.get_ref(name).ok()? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(n) => Cell::Int(n),
                ValueRef::Text(t) => Cell::Text(std::str::from_utf8(t).ok()?),
                ValueRef::Blob(b) => Cell::Bytes(b),
                ValueRef::Real(_) => return None,
            }),
            Source::Postgres(row) => row.try_get::<_, PgCell<'_>>(name).ok().map(|cell| cell.0),
        }
    }
}

struct PgCell<'a>(Cell<'a>);

impl<'a> FromSql<'a> for PgCell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => Cell::Int(i64::from(bool::from_sql(ty, raw)?)),
            Type::INT2 => Cell::Int(i64::from(i16::from_sql(ty, raw)?)),
            Type::INT4 => Cell::Int(i64::from(i32::from_sql(ty, raw)?)),
            Type::INT8 => Cell::Int(i64::from_sql(ty, raw)?),
            Type::TEXT | Type::VARCHAR | Type::NAME => Cell::Text(std::str::from_utf8(raw)?),
            Type::BYTEA | Type::UUID => Cell::Bytes(raw),
            _ => return Err("a column type this house does not use".into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Cell::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Column for i64 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(n) => Some(n),
            _ => None,
        }
    }
}
impl Column for u64 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell)?.try_into().ok()
    }
}
impl Column for u32 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell)?.try_into().ok()
    }
}
impl Column for u16 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell)?.try_into().ok()
    }
}
impl Column for bool {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).map(|n| n != 0)
    }
}
impl Column for String {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(t) => Some(t.to_owned()),
            _ => None,
        }
    }
}
impl Column for Vec<u8> {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(b) => Some(b.to_vec()),
            _ => None,
        }
    }
}
impl<const N: usize> Column for [u8; N] {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(b) => b.try_into().ok(),
            _ => None,
        }
    }
}
impl Column for Time {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).map(Self::from_unix_ms)
    }
}
impl Column for sealpost_seal::env::Environment {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(t) => t.parse().ok(),
            _ => None,
        }
    }
}
impl<T: Column> Column for Option<T> {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::read(cell).map(Some),
        }
    }
}
