//! Parameters as PostgreSQL's binary protocol has them.

use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::value::Value;

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Bool(b) if *ty == Type::BOOL => return b.to_sql(ty, out),
            Value::Bool(b) => return Value::Int(i64::from(*b)).to_sql(ty, out),
            Value::Int(n) => match *ty {
                Type::INT8 => out.extend_from_slice(&n.to_be_bytes()),
                Type::INT4 => out.extend_from_slice(&i32::try_from(*n)?.to_be_bytes()),
                Type::INT2 => out.extend_from_slice(&i16::try_from(*n)?.to_be_bytes()),
                _ => return Err("an integer stands where the column holds something else".into()),
            },
            Value::Text(t) => out.extend_from_slice(t.as_bytes()),
            Value::Bytes(b) => out.extend_from_slice(b),
            Value::Id(b) => out.extend_from_slice(b),
        }
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// Values hold personal data as ciphertext only, and still: nothing of them is printed.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}
