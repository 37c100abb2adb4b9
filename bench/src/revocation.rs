//! How fast one node's revocation is another's: from the answer that says a key or a session is revoked until the other node refuses
//! it first, and until a stream ends that was open there.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::seeding::Seeder;
use crate::server::Installation;
use crate::spread::Spread;
use crate::visitor::{self, Member};
use crate::wire::{Target, request};

/// Keys revoked, and sessions.
const TRIALS: usize = 100;
/// How long the other node may take at most.
const PATIENCE: Duration = Duration::from_secs(30);
/// A node looks after its streams four times a second: a revocation may come at any moment in between.
const BETWEEN_LOOKS_MS: u64 = 250;

/// Measures with a second server beside the one that runs; `link` signs its owner in.
pub(crate) async fn measure(installation: &Installation, first: &Target, key: &str, link: &str) -> Result<Value> {
    let other = installation.start()?;
    let second = Target { address: other.address, tls: first.tls.clone() };
    let mut seeder = Seeder::connect(first, key).await?;
    let mut keys = Spread::default();
    for _ in 0..TRIALS {
        keys.push(ms(of_key(&mut seeder, &second).await?));
    }
    let owner = visitor::sign_in(&mut first.connect().await?, link).await?;
    let (mut sessions, mut streams) = (Spread::default(), Spread::default());
    for trial in 0..TRIALS {
        let (refused, ended) = of_session(first, &second, &owner, trial as u64).await?;
        sessions.push(ms(refused));
        streams.push(ms(ended));
    }
    other.stop()?;
    Ok(json!({ "trials": TRIALS, "ms": keys.json(), "sessions_ms": sessions.json(), "streams_ms": streams.json() }))
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

async fn of_key(seeder: &mut Seeder, second: &Target) -> Result<Duration> {
    let (id, plain) = seeder.key().await?;
    let bearer = format!("authorization: Bearer {plain}\r\n");
    let asking = tokio::spawn(ask_until_refused(second.clone(), request("GET", "/v1/contacts?limit=1", &bearer, "")));
    known_there(&asking).await?;
    seeder.revoke(&id).await?;
    until(Instant::now(), asking).await
}

/// A member's session, in use on the other node, and with a stream open there.
async fn of_session(first: &Target, second: &Target, owner: &Member, trial: u64) -> Result<(Duration, Duration)> {
    let mut wire = first.connect().await?;
    let member = visitor::invite(&mut wire, owner, trial).await?;
    let mut stream = second.connect().await?;
    stream.begin(&request("GET", "/app/test/live", &member.headers(), "")).await?;
    let streaming = tokio::spawn(async move {
        stream.until_end().await?;
        Ok(Instant::now())
    });
    let asking = tokio::spawn(ask_until_refused(second.clone(), request("GET", "/v1/session", &member.headers(), "")));
    known_there(&asking).await?;
    tokio::time::sleep(Duration::from_millis(trial * 37 % BETWEEN_LOOKS_MS)).await;
    if streaming.is_finished() {
        bail!("the stream ended before: {:?}", streaming.await?);
    }
    let path = format!("/v1/sessions/{}/revoke", member.session);
    let answer = wire.exchange(&request("POST", &path, &owner.headers(), "")).await?;
    if !(200..300).contains(&answer.status) {
        bail!("the revocation was answered {}", answer.status);
    }
    let revoked = Instant::now();
    Ok((until(revoked, asking).await?, until(revoked, streaming).await?))
}

/// It is in use there, and so known there, when it is revoked here.
async fn known_there(asking: &JoinHandle<Result<Instant>>) -> Result<()> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    if asking.is_finished() {
        bail!("the other node doesn't know it");
    }
    Ok(())
}

async fn until(revoked: Instant, end: JoinHandle<Result<Instant>>) -> Result<Duration> {
    let ended = tokio::time::timeout(PATIENCE, end).await.context("the other node goes on believing it")???;
    Ok(ended.saturating_duration_since(revoked))
}

/// Asks one thing after the other; answers when the first of them was refused.
async fn ask_until_refused(node: Target, asked: Vec<u8>) -> Result<Instant> {
    let mut wire = node.connect().await?;
    loop {
        match wire.exchange(&asked).await?.status {
            200 => {}
            401 => return Ok(Instant::now()),
            other => bail!("answered {other}"),
        }
    }
}
