//! How fast one node's revocation is another's: from the answer that says a key is revoked until the other node refuses it first.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::seeding::Seeder;
use crate::server::Installation;
use crate::spread::Spread;
use crate::wire::{Target, request};

/// Keys revoked.
const TRIALS: usize = 100;
/// How long the other node may take at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures with a second server beside the one that runs.
pub(crate) async fn measure(installation: &Installation, first: &Target, key: &str) -> Result<Value> {
    let other = installation.start()?;
    let second = Target { address: other.address, tls: first.tls.clone() };
    let mut seeder = Seeder::connect(first, key).await?;
    let mut milliseconds = Spread::default();
    for _ in 0..TRIALS {
        milliseconds.push(once(&mut seeder, &second).await?.as_secs_f64() * 1000.0);
    }
    other.stop()?;
    Ok(json!({ "trials": TRIALS, "ms": milliseconds.json() }))
}

async fn once(seeder: &mut Seeder, second: &Target) -> Result<Duration> {
    let (id, plain) = seeder.key().await?;
    let asking = tokio::spawn(ask_until_refused(second.clone(), plain));
    // It is in use there, and so known there, when it is revoked here.
    tokio::time::sleep(Duration::from_millis(20)).await;
    if asking.is_finished() {
        bail!("the other node doesn't know the key: {:?}", asking.await?);
    }
    seeder.revoke(&id).await?;
    let revoked = Instant::now();
    let refused = tokio::time::timeout(PATIENCE, asking).await.context("the other node goes on believing it")???;
    Ok(refused.saturating_duration_since(revoked))
}

/// Asks one thing after the other; answers when the first of them was refused.
async fn ask_until_refused(node: Target, key: String) -> Result<Instant> {
    let mut wire = node.connect().await?;
    let asked = request("GET", "/v1/contacts?limit=1", &format!("authorization: Bearer {key}\r\n"), "");
    loop {
        match wire.exchange(&asked).await?.status {
            200 => {}
            401 => return Ok(Instant::now()),
            other => bail!("answered {other}"),
        }
    }
}
