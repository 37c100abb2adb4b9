//! What accepting costs while an organisation's key turns: as many keys as asked for are wrapped anew under load.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::engine::Bench;
use crate::load::{self, Requests, Shape};
use crate::postgres::Postgres;
use crate::seeding::{self, Seeder};
use crate::server::Installation;
use crate::spread::Spread;
use crate::visitor;
use crate::wire::{Target, request};

/// Nobody uses a new version before every node knows it.
const LEARNING: Duration = Duration::from_secs(6);
/// What is accepted meanwhile comes in over so many connections.
const CONNECTIONS: usize = 16;
/// How long a turn may take.
const PATIENCE: Duration = Duration::from_secs(3_600);
const STANDING: &str = "/v1/settings/encryption";

/// Stores so many messages, whose keys are then wrapped anew, and measures accepting before and meanwhile.
pub(crate) async fn measure(bench: &Bench<'_>, messages: usize) -> Result<Value> {
    let databases = bench.postgres.map(Postgres::databases).transpose()?;
    let (installation, key) =
        Installation::create(bench.binary, bench.folder.clone(), bench.certificates, databases).await?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    Seeder::connect(&target, &key).await?.everything().await?;
    load::send(&target, &seeding::batches(&key), messages.div_ceil(1000), 4).await?;
    server.stop()?;

    let link = installation.owner_link()?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    let owner = visitor::sign_in(&mut target.connect().await?, &link).await?;
    let requests = seeding::messages(&key);
    let mut quiet = Level::default();
    for _ in 0..bench.plan.repetitions {
        quiet.measure(&target, &requests, bench).await?;
    }
    let rotate = request("POST", &format!("{STANDING}/rotate"), &owner.headers(), "{}");
    let mut wire = target.connect().await?;
    let answer = wire.exchange(&rotate).await?;
    if answer.status != 200 {
        bail!("the turn was answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    tokio::time::sleep(LEARNING).await;
    let (mut turning, begun) = (Level::default(), Instant::now());
    let keys = loop {
        turning.measure(&target, &requests, bench).await?;
        let standing = standing(&target, &key).await?;
        if standing["turn"]["state"] != "turning" {
            break standing["turn"]["keys"].clone();
        }
        if begun.elapsed() > PATIENCE {
            bail!("it still turns: {standing}");
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    server.stop()?;
    Ok(json!({
        "keys": keys,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "quiet": quiet.json(),
        "turning": turning.json(),
    }))
}

async fn standing(target: &Target, key: &str) -> Result<Value> {
    let bearer = format!("authorization: Bearer {key}\r\n");
    let mut wire = target.connect().await?;
    let answer = wire.exchange(&request("GET", STANDING, &bearer, "")).await?;
    serde_json::from_slice(answer.body).context("no standing")
}

#[derive(Default)]
struct Level {
    per_second: Spread,
    p50: Spread,
    p99: Spread,
}

impl Level {
    async fn measure(&mut self, target: &Target, requests: &Requests, bench: &Bench<'_>) -> Result<()> {
        let shape =
            Shape { connections: CONNECTIONS, warm_up: Duration::from_millis(100), measured: bench.plan.measured };
        let outcome = load::run(target, requests, shape).await?;
        self.per_second.push(outcome.per_second);
        self.p50.push(outcome.latencies.percentile_ms(0.5));
        self.p99.push(outcome.latencies.percentile_ms(0.99));
        Ok(())
    }

    fn json(&self) -> Value {
        json!({ "per_second": self.per_second.json(), "p50_ms": self.p50.json(), "p99_ms": self.p99.json() })
    }
}
