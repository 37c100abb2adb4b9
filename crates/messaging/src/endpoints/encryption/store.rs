//! Statements about how endpoints are encrypted for.

use sealpost_store::{EndpointId, Row, StoreError, Tx, sql};
use serde_json::Value;

use super::model::Encryption;
use super::written::Written;

/// Stores how an endpoint is encrypted for, instead of what was there.
pub(super) fn put(tx: &mut Tx<'_>, endpoint: EndpointId, e: &Encryption) -> Result<(), StoreError> {
    let written = Written::of(e);
    let fields = serde_json::to_string(&written.fields).map_err(|_| wrong("fields"))?;
    let public = written.public_key.as_ref().map(Value::to_string).unwrap_or_default();
    tx.put(
        sql!(
            "insert into endpoint_encryption (org, env, endpoint, method, fields, shape, member, secret, version, form, public_key,
                updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (org, env, endpoint) do update set method = excluded.method, fields = excluded.fields, shape = excluded.shape,
                member = excluded.member, secret = excluded.secret, version = excluded.version, form = excluded.form,
                public_key = excluded.public_key, updated_at = excluded.updated_at"
        ),
        &[
            &endpoint,
            &written.method,
            &fields,
            &written.shape,
            &written.member,
            &written.secret,
            &written.version,
            &written.form,
            &public,
            &e.updated_at,
        ],
    )
}

/// How an endpoint is encrypted for, if it is.
pub(super) fn find(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Option<Encryption>, StoreError> {
    tx.optional(
        sql!(
            "select method, fields, shape, member, secret, version, form, public_key, updated_at
             from endpoint_encryption where org = $1 and env = $2 and endpoint = $3"
        ),
        &[&endpoint],
        read,
    )
}

/// From now on the endpoint is not encrypted for.
pub(super) fn delete(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    tx.put(sql!("delete from endpoint_encryption where org = $1 and env = $2 and endpoint = $3"), &[&endpoint])
}

fn read(row: &Row<'_>) -> Result<Encryption, StoreError> {
    let text = |name: &str| row.get::<String>(name);
    let public_key = match &*text("public_key")? {
        "" => None,
        jwk => Some(serde_json::from_str(jwk).map_err(|_| wrong("public_key"))?),
    };
    let written = Written {
        method: text("method")?,
        fields: serde_json::from_str(&text("fields")?).map_err(|_| wrong("fields"))?,
        shape: text("shape")?,
        member: text("member")?,
        secret: row.get("secret")?,
        version: row.get("version")?,
        form: text("form")?,
        public_key,
    };
    written.read(row.get("updated_at")?)
}

pub(super) fn wrong(column: &str) -> StoreError {
    StoreError::Column(column.to_owned())
}
