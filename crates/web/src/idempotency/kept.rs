//! Answers kept with the change they tell of.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::Bytes;
use sealpost_seal::Place;
use sealpost_seal::key::sha256;
use sealpost_store::{Ctx, OrgKeys, Sql, StoreError, Tx, sql};

use super::KEPT_MS;
use crate::problem::{Failure, Fault, IDEMPOTENCY_MISMATCH, Refusal};
use crate::reply::Reply;

/// A request that is to be done once. A handler gets one for its whole request by itself ([`Call::write`](crate::Call::write));
/// a batch makes one for each of its items.
#[derive(Clone)]
pub struct Once {
    keys: Arc<OrgKeys>,
    mac: [u8; 32],
    fingerprint: [u8; 32],
}

struct Row {
    fingerprint: [u8; 32],
    status: u16,
    body: Vec<u8>,
}

impl Once {
    /// The request called `key` by its client, with `content` in a canonical form. `kind` keeps the keys of different things
    /// apart where they must not meet: `request` for whole requests.
    pub fn new(keys: Arc<OrgKeys>, kind: &'static str, key: &str, content: &[&[u8]]) -> Self {
        // Length-prefixed: `kind` and `key` can't run into each other.
        let mac = keys.purpose("token").mac(&[b"idempotency", &[kind.len() as u8], kind.as_bytes(), key.as_bytes()]);
        Self { keys, mac, fingerprint: sha256(content) }
    }

    pub(crate) fn mac(&self) -> [u8; 32] {
        self.mac
    }

    /// The answer kept for this request, if it was done before. The same key with other content is refused.
    pub fn find(&self, tx: &mut Tx<'_>) -> Result<Option<Reply>, Failure> {
        let row = tx.optional(
            sql!("select fingerprint, status, body from idempotency where org = $1 and env = $2 and mac = $3 and expires_at > $4"),
            &[&self.mac, &tx.ctx().now()],
            |row| Ok(Row { fingerprint: row.get("fingerprint")?, status: row.get("status")?, body: row.get("body")? }),
        )?;
        let Some(row) = row else { return Ok(None) };
        if row.fingerprint != self.fingerprint {
            return Err(Refusal::of(&IDEMPOTENCY_MISMATCH).into());
        }
        let clear = self.keys.open("idempotency", &place(tx.ctx(), &self.mac), &row.body)?;
        let reply = decode(row.status, &clear).ok_or_else(|| Fault::new("a kept answer is not in its form"))?;
        Ok(Some(reply))
    }

    /// Keeps the answer, in the transaction that makes the change. If somebody else was first, that transaction fails with
    /// [`StoreError::Superseded`], and the answer is the one that is [found](Once::find) afterwards.
    pub fn keep(&self, tx: &mut Tx<'_>, reply: &Reply) -> Result<(), StoreError> {
        let ctx = tx.ctx();
        let sealed = self.keys.seal("idempotency", &place(ctx, &self.mac), &encode(reply), ctx.rng());
        tx.put_exact(
            KEEP,
            &[&self.mac, &self.fingerprint, &u32::from(reply.status()), &sealed, &ctx.now().plus_ms(KEPT_MS)],
        )
    }
}

/// Takes the place of an answer that has expired: one that ends [`KEPT_MS`] or more before this one.
const KEEP: Sql = sql!(
    "insert into idempotency (org, env, mac, fingerprint, status, body, expires_at) values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (org, env, mac) do update set fingerprint = excluded.fingerprint, status = excluded.status, \
     body = excluded.body, expires_at = excluded.expires_at where idempotency.expires_at <= excluded.expires_at - 259200000"
);
const _: () = assert!(KEPT_MS == 259_200_000, "the statement above has it in figures");

fn place<'a>(ctx: &Ctx, mac: &'a [u8; 32]) -> Place<'a> {
    Place {
        org: ctx.org.id.bytes(),
        environment: Some(ctx.org.environment),
        table: "idempotency",
        column: "body",
        row: mac,
        owner: None,
    }
}

/// `headers (1) ‖ (name length (2) ‖ name ‖ value length (2) ‖ value)* ‖ body`. Status and body are what they were; a secret
/// shown once is not among them.
fn encode(reply: &Reply) -> Vec<u8> {
    let body = reply.replay.as_ref().unwrap_or(&reply.body);
    let mut out = Vec::with_capacity(body.len() + 64);
    out.push(reply.headers.len() as u8);
    for (name, value) in &reply.headers {
        for part in [name.as_str().as_bytes(), value.as_bytes()] {
            out.extend_from_slice(&(part.len() as u16).to_be_bytes());
            out.extend_from_slice(part);
        }
    }
    out.extend_from_slice(body);
    out
}

fn decode(status: u16, bytes: &[u8]) -> Option<Reply> {
    let (count, mut rest) = bytes.split_first()?;
    let mut headers = HeaderMap::with_capacity(24);
    let mut part = || {
        let (length, tail) = rest.split_first_chunk::<2>()?;
        let (part, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = tail;
        Some(part)
    };
    for _ in 0..*count {
        let name = HeaderName::from_bytes(part()?).ok()?;
        headers.append(name, HeaderValue::from_bytes(part()?).ok()?);
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Some(Reply {
        status: http::StatusCode::from_u16(status).ok()?,
        headers,
        body: Bytes::copy_from_slice(rest),
        replay: None,
        events: None,
    })
}
