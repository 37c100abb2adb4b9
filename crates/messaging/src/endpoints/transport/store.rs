//! Statements about how endpoints are called.

use sealpost_egress::tls::MinTls;
use sealpost_store::{EndpointId, Row, SecretId, StoreError, Tx, sql};
use serde::{Deserialize, Serialize};

use super::body::BodyForm;
use super::model::{ClientCertificate, Header, OwnAuthorities, Transport, Value};
use super::rules::{HeaderName, HeaderText, Rate, Schedule};

/// A header as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SecretId>,
}

impl Kept {
    /// The stored secret that is its value.
    pub(super) const fn secret(&self) -> Option<SecretId> {
        self.secret
    }

    /// It, for people.
    pub(super) fn said(&self) -> String {
        let secret = self.secret.map(|secret| format!("the secret {secret}")).unwrap_or_default();
        format!("{}: {}{secret}", self.name, self.value)
    }
}

/// How this endpoint is called; as all are if nothing is said.
pub(super) fn find(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Transport, StoreError> {
    let found = tx.optional(
        sql!(
            "select min_tls, retries, rate, headers, chain, chain_key, authorities, authorities_only, updated_at, body
             from endpoint_transport where org = $1 and env = $2 and endpoint = $3"
        ),
        &[&endpoint],
        read,
    )?;
    Ok(found.unwrap_or_default())
}

/// From now on this one is called so.
pub(super) fn put(tx: &mut Tx<'_>, endpoint: EndpointId, transport: &Transport) -> Result<(), StoreError> {
    delete(tx, endpoint)?;
    if transport.is_standard() {
        return Ok(());
    }
    let now = tx.ctx().now();
    let retries = transport
        .retries
        .as_ref()
        .map(|schedule| schedule.waits().iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
    let certificate = transport.certificate.as_ref();
    tx.execute(
        sql!(
            "insert into endpoint_transport (org, env, endpoint, min_tls, retries, rate, headers, chain, chain_key, authorities,
                authorities_only, updated_at, body)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        &[
            &endpoint,
            &word(transport.min_tls),
            &retries,
            &transport.rate.map(|rate| u32::from(rate.calls())),
            &serde_json::to_string(&kept(&transport.headers)).map_err(|_| wrong("headers"))?,
            &certificate.map(|one| one.chain.clone()),
            &certificate.map(|one| one.key),
            &transport.authorities.as_ref().map(|these| these.pem.clone()),
            &u32::from(transport.authorities.as_ref().is_some_and(|these| these.only)),
            &now,
            &transport.body.word(),
        ],
    )
    .map(drop)
}

/// Nothing is special about this one any more.
pub(super) fn delete(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    tx.execute(sql!("delete from endpoint_transport where org = $1 and env = $2 and endpoint = $3"), &[&endpoint])
        .map(drop)
}

/// A version as it is stored and sent.
pub(super) const fn word(min: MinTls) -> &'static str {
    match min {
        MinTls::V1_2 => "1.2",
        MinTls::V1_3 => "1.3",
    }
}

/// The version of this word.
pub(super) fn version_of(word: &str) -> Result<MinTls, StoreError> {
    let all = [MinTls::V1_2, MinTls::V1_3];
    all.into_iter().find(|min| self::word(*min) == word).ok_or_else(|| wrong("min_tls"))
}

/// Headers as they are stored.
pub(super) fn kept(all: &[Header]) -> Vec<Kept> {
    all.iter()
        .map(|header| {
            let (value, secret) = match &header.value {
                Value::Text(text) => (text, None),
                Value::Stored { prefix, secret } => (prefix, Some(*secret)),
            };
            Kept { name: header.name.as_str().to_owned(), value: value.as_str().to_owned(), secret }
        })
        .collect()
}

fn read(row: &Row<'_>) -> Result<Transport, StoreError> {
    let min_tls: String = row.get("min_tls")?;
    let kept: Vec<Kept> = serde_json::from_str(&row.get::<String>("headers")?).map_err(|_| wrong("headers"))?;
    let chain: Option<String> = row.get("chain")?;
    let authorities: Option<String> = row.get("authorities")?;
    let only = row.get("authorities_only")?;
    Ok(Transport {
        min_tls: version_of(&min_tls)?,
        retries: row.get::<Option<String>>("retries")?.map(|waits| schedule(&waits)).transpose()?,
        rate: row.get::<Option<u32>>("rate")?.map(|calls| Rate::new(calls).map_err(|_| wrong("rate"))).transpose()?,
        body: BodyForm::read(&row.get::<String>("body")?).ok_or_else(|| wrong("body"))?,
        headers: kept.into_iter().map(header).collect::<Result<_, _>>()?,
        certificate: match (chain, row.get::<Option<SecretId>>("chain_key")?) {
            (Some(chain), Some(key)) => Some(ClientCertificate { chain, key }),
            (None, None) => None,
            _ => return Err(wrong("chain")),
        },
        authorities: authorities.map(|pem| OwnAuthorities { pem, only }),
        updated_at: Some(row.get("updated_at")?),
    })
}

fn schedule(waits: &str) -> Result<Schedule, StoreError> {
    let waits = waits.split(' ').filter(|wait| !wait.is_empty()).map(str::parse).collect::<Result<_, _>>();
    waits.ok().and_then(|waits| Schedule::new(waits).ok()).ok_or_else(|| wrong("retries"))
}

/// A header as it was stored.
pub(super) fn header(kept: Kept) -> Result<Header, StoreError> {
    let value = match kept.secret {
        None => HeaderText::value(&kept.value).map(Value::Text),
        Some(secret) => HeaderText::prefix(&kept.value).map(|prefix| Value::Stored { prefix, secret }),
    };
    let name = HeaderName::parse(&kept.name);
    name.and_then(|name| Ok(Header { name, value: value? })).map_err(|_| wrong("headers"))
}

pub(super) fn wrong(name: &str) -> StoreError {
    StoreError::Column(name.to_owned())
}
