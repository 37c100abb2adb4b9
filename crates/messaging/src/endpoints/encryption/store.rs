//! Statements about how endpoints are encrypted for.

use sealpost_seal::payload::{KeyForm, Method, PublicKey};
use sealpost_store::{EndpointId, Row, StoreError, Tx, sql};
use serde_json::Value;

use super::fields::{Fields, Member};
use super::model::{Encryption, Keys, Scope, Shape, StoredKey};

/// Stores how an endpoint is encrypted for, instead of what was there.
pub(super) fn put(tx: &mut Tx<'_>, endpoint: EndpointId, e: &Encryption) -> Result<(), StoreError> {
    let fields = serde_json::to_string(&e.scope.fields()).map_err(|_| wrong("fields"))?;
    let (version, form, public) = match &e.keys {
        Keys::Shared(key) => (key.version, key.form.name(), String::new()),
        Keys::Recipient { public, .. } => (None, KeyForm::Text.name(), public.to_jwk().to_string()),
    };
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
            &e.method.name(),
            &fields,
            &e.scope.shape().word(),
            &e.member.as_str(),
            &e.keys.secret(),
            &version,
            &form,
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
    let fields: Vec<String> = serde_json::from_str(&text("fields")?).map_err(|_| wrong("fields"))?;
    let scope = match fields.is_empty() {
        true => Scope::Body(Shape::read(&text("shape")?).ok_or_else(|| wrong("shape"))?),
        false => Scope::Fields(Fields::parse(&fields).map_err(|_| wrong("fields"))?),
    };
    let (secret, public) = (row.get("secret")?, text("public_key")?);
    let keys = match (secret, &*public) {
        (Some(secret), "") => Keys::Shared(StoredKey {
            secret,
            version: row.get("version")?,
            form: KeyForm::named(&text("form")?).ok_or_else(|| wrong("form"))?,
        }),
        (None, "") => return Err(wrong("secret")),
        (answers, public) => {
            let jwk: Value = serde_json::from_str(public).map_err(|_| wrong("public_key"))?;
            let public = jwk.as_object().and_then(|jwk| PublicKey::read(jwk).ok());
            Keys::Recipient { public: public.ok_or_else(|| wrong("public_key"))?, answers }
        }
    };
    Ok(Encryption {
        method: Method::named(&text("method")?).ok_or_else(|| wrong("method"))?,
        scope,
        member: Member::parse(&text("member")?).ok_or_else(|| wrong("member"))?,
        keys,
        updated_at: row.get("updated_at")?,
    })
}

fn wrong(column: &str) -> StoreError {
    StoreError::Column(column.to_owned())
}
