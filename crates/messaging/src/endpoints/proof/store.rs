//! Statements about proofs.

use sealpost_store::{EndpointId, Row, StoreError, Tx, sql};

use super::model::{Proof, Way};

/// How far this endpoint is; nothing if it is from before there was anything but pings.
pub(super) fn find(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Option<Proof>, StoreError> {
    tx.optional(
        sql!(
            "select way, nonce, proved_at, tried_at, warned_at from endpoint_proof where org = $1 and env = $2 and endpoint = $3"
        ),
        &[&endpoint],
        read,
    )
}

/// Says how far it is, whatever was known.
pub(super) fn put(tx: &mut Tx<'_>, endpoint: EndpointId, proof: &Proof) -> Result<(), StoreError> {
    delete(tx, endpoint)?;
    tx.execute(
        sql!(
            "insert into endpoint_proof (org, env, endpoint, way, nonce, proved_at, tried_at, warned_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &[&endpoint, &proof.way.word(), &proof.nonce, &proof.proved_at, &proof.tried_at, &proof.warned_at],
    )
    .map(drop)
}

/// It has proved itself now, unless something else has to be proved meanwhile.
pub(super) fn proved(tx: &mut Tx<'_>, endpoint: EndpointId, proof: &Proof) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        sql!(
            "update endpoint_proof set proved_at = $6, tried_at = $6, warned_at = null
             where org = $1 and env = $2 and endpoint = $3 and way = $4 and nonce = $5"
        ),
        &[&endpoint, &proof.way.word(), &proof.nonce, &now],
    )?;
    Ok(changed == 1)
}

/// It was asked in vain. Answers whether nobody was told of it before.
pub(super) fn failed(tx: &mut Tx<'_>, endpoint: EndpointId, proof: &Proof) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let tried =
        sql!("update endpoint_proof set tried_at = $5 where org = $1 and env = $2 and endpoint = $3 and nonce = $4");
    tx.execute(tried, &[&endpoint, &proof.nonce, &now])?;
    let warned = sql!(
        "update endpoint_proof set warned_at = $5
         where org = $1 and env = $2 and endpoint = $3 and nonce = $4 and warned_at is null"
    );
    Ok(tx.execute(warned, &[&endpoint, &proof.nonce, &now])? == 1)
}

/// What was proved is over; false if somebody was faster.
pub(super) fn lapse(tx: &mut Tx<'_>, endpoint: EndpointId, proof: &Proof) -> Result<bool, StoreError> {
    let lapsed = tx.execute(
        sql!(
            "update endpoint_proof set proved_at = null, warned_at = null
             where org = $1 and env = $2 and endpoint = $3 and nonce = $4 and proved_at = $5"
        ),
        &[&endpoint, &proof.nonce, &proof.proved_at],
    )?;
    Ok(lapsed == 1)
}

/// The endpoint goes.
pub(super) fn delete(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    tx.execute(sql!("delete from endpoint_proof where org = $1 and env = $2 and endpoint = $3"), &[&endpoint]).map(drop)
}

fn read(row: &Row<'_>) -> Result<Proof, StoreError> {
    Ok(Proof {
        way: Way::read(&row.get::<String>("way")?).ok_or_else(|| StoreError::Column("way".into()))?,
        nonce: row.get("nonce")?,
        proved_at: row.get("proved_at")?,
        tried_at: row.get("tried_at")?,
        warned_at: row.get("warned_at")?,
    })
}
