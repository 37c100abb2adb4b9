//! Everything that is measured of one server on one database.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::certificates::Certificates;
use crate::load::{self, Requests, Shape};
use crate::pages;
use crate::plan::{CONNECTIONS, Plan, REFERENCE};
use crate::postgres::Postgres;
use crate::processes::{cpu_seconds, cpu_seconds_of_family, resident_mib};
use crate::revocation;
use crate::seeding::{self, Seeder};
use crate::server::{Installation, Server};
use crate::sink::Sink;
use crate::spread::Spread;
use crate::wire::Target;

/// How long webhooks may take to arrive, and the server to become idle.
const PATIENCE: Duration = Duration::from_secs(180);
/// Starts measured for the time to ready.
const STARTS: usize = 5;

/// What an engine is measured with.
pub(crate) struct Bench<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) folder: PathBuf,
    pub(crate) certificates: &'a Certificates,
    pub(crate) postgres: Option<&'a Postgres>,
    pub(crate) plan: Plan,
}

struct Running<'a> {
    server: Server,
    target: Target,
    postgres: Option<&'a Postgres>,
    plan: Plan,
}

/// Measures accepting, delivering, memory, start-up.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Value> {
    let databases = bench.postgres.map(Postgres::databases).transpose()?;
    let (installation, key) =
        Installation::create(bench.binary, bench.folder.clone(), bench.certificates, databases).await?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    let running = Running { server, target, postgres: bench.postgres, plan: bench.plan };
    let empty_ready = running.server.ready_after;
    let mut seeder = Seeder::connect(&running.target, &key).await?;
    seeder.everything().await?;
    let idle = resident_mib(running.server.pid())?.0;

    let mut stored = 0;
    let (levels, accepted) = running.accepting(&seeding::messages(&key), &CONNECTIONS).await?;
    stored += accepted;
    let (once, accepted) = running.accepting(&seeding::messages_once(&key), &[REFERENCE]).await?;
    stored += accepted;
    let sink = Sink::start(bench.certificates.server()?).await?;
    seeder.endpoint(sink.port).await?;
    let delivering = running.delivering(&seeding::messages(&key), &sink).await?;
    stored += (bench.plan.delivered * bench.plan.repetitions) as u64;
    let peak = resident_mib(running.server.pid())?.1;

    seeder.no_endpoint().await?;
    // Only PostgreSQL has several nodes.
    let revocation = match bench.postgres {
        Some(_) => {
            let link = installation.owner_link()?;
            Some(revocation::measure(&installation, &running.target, &key, &link).await?)
        }
        None => None,
    };
    let seeded = running.fill(&seeding::batches(&key), bench.plan.stored.saturating_sub(stored as usize)).await?;
    stored += seeded.messages;
    let loaded = resident_mib(running.server.pid())?;
    drop(seeder);
    running.server.stop()?;
    let mut starts = Spread::default();
    for _ in 0..STARTS {
        let server = installation.start()?;
        starts.push(server.ready_after.as_secs_f64() * 1000.0);
        server.stop()?;
    }
    let pages = pages(&installation, bench.certificates).await?;
    Ok(json!({
        "accept": levels,
        "accept_with_idempotency_key": once,
        "deliver": delivering,
        "revocation": revocation,
        "resident_mib": { "idle": idle, "peak_under_load": peak, "after_filling": loaded.0, "peak": loaded.1 },
        "start": { "stored": stored, "ready_ms": starts.json(), "empty_ready_ms": empty_ready.as_secs_f64() * 1000.0 },
        "pages": pages,
        "batch": { "messages": seeded.messages, "per_second": seeded.per_second },
    }))
}

/// With everything there is by then.
async fn pages(installation: &Installation, certificates: &Certificates) -> Result<Value> {
    let link = installation.owner_link()?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: certificates.client()? };
    let pages = pages::measure(&target, &link).await?;
    server.stop()?;
    Ok(pages)
}

struct Filled {
    messages: u64,
    per_second: Option<f64>,
}

impl Running<'_> {
    /// Accepted messages at each number of connections. Repetitions go round all of them, so that a disturbance of the machine
    /// doesn't hit one alone.
    async fn accepting(&self, requests: &Requests, connections: &[usize]) -> Result<(Vec<Value>, u64)> {
        let mut levels: Vec<Level> = connections.iter().map(|_| Level::default()).collect();
        let mut accepted = 0;
        for _ in 0..self.plan.repetitions {
            for (level, connections) in levels.iter_mut().zip(connections) {
                accepted += self.accept_once(requests, *connections, level).await?;
            }
        }
        let levels = levels.iter().zip(connections);
        Ok((levels.map(|(level, connections)| level.json(*connections, self.postgres.is_some())).collect(), accepted))
    }

    async fn accept_once(&self, requests: &Requests, connections: usize, level: &mut Level) -> Result<u64> {
        let shape = Shape { connections, warm_up: self.plan.warm_up, measured: self.plan.measured };
        let (before, client, begun) = (self.cpu(), cpu_seconds(std::process::id()), Instant::now());
        let outcome = load::run(&self.target, requests, shape).await?;
        let (client, elapsed) = (cpu_seconds(std::process::id()) - client, begun.elapsed());
        self.idle().await;
        // What was accepted is dispatched too: its cost belongs to the message.
        let spent = self.cpu().since(before);
        let thousands = outcome.succeeded as f64 / 1000.0;
        level.per_second.push(outcome.per_second);
        level.p50.push(outcome.latencies.percentile_ms(0.5));
        level.p99.push(outcome.latencies.percentile_ms(0.99));
        level.server.push(spent.server / thousands);
        level.database.push(spent.database / thousands);
        level.client.push(client / elapsed.as_secs_f64());
        Ok(outcome.succeeded)
    }

    /// From the first request until the last webhook has arrived.
    async fn delivering(&self, requests: &Requests, sink: &Sink) -> Result<Value> {
        let (mut per_second, mut server, mut database) = (Spread::default(), Spread::default(), Spread::default());
        let mut duplicates = 0;
        for _ in 0..self.plan.repetitions {
            self.idle().await;
            let (count, already) = (self.plan.delivered, sink.received());
            let (before, begun) = (self.cpu(), Instant::now());
            load::send(&self.target, requests, count, REFERENCE).await?;
            let ended = sink.wait_for(already + count as u64, PATIENCE).await?;
            self.idle().await;
            let spent = self.cpu().since(before);
            let thousands = count as f64 / 1000.0;
            per_second.push(count as f64 / (ended - begun).as_secs_f64());
            server.push(spent.server / thousands);
            database.push(spent.database / thousands);
            duplicates += sink.received() - already - count as u64;
        }
        Ok(json!({
            "messages": self.plan.delivered,
            "connections": REFERENCE,
            "per_second": per_second.json(),
            "server_cpu_seconds_per_1000": server.json(),
            "database_cpu_seconds_per_1000": self.postgres.map(|_| database.json()),
            "duplicates": duplicates,
        }))
    }

    /// Stores this many more messages, in batches of a thousand.
    async fn fill(&self, batches: &Requests, messages: usize) -> Result<Filled> {
        let batches_wanted = messages.div_ceil(1000);
        if batches_wanted == 0 {
            return Ok(Filled { messages: 0, per_second: None });
        }
        let begun = Instant::now();
        load::send(&self.target, batches, batches_wanted, 4).await?;
        let messages = batches_wanted as u64 * 1000;
        let per_second = messages as f64 / begun.elapsed().as_secs_f64();
        self.idle().await;
        Ok(Filled { messages, per_second: Some(per_second) })
    }

    /// Waits until the server has nothing to do: less than a twentieth of a core for a third of a second.
    async fn idle(&self) {
        let until = Instant::now() + PATIENCE;
        let mut before = self.cpu();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(330)).await;
            let now = self.cpu();
            if now.since(before).server < 0.0165 {
                return;
            }
            before = now;
        }
    }

    fn cpu(&self) -> Cpu {
        let postmaster = self.postgres.and_then(|postgres| postgres.pid);
        Cpu { server: cpu_seconds(self.server.pid()), database: postmaster.map_or(0.0, cpu_seconds_of_family) }
    }
}

#[derive(Clone, Copy)]
struct Cpu {
    server: f64,
    database: f64,
}

impl Cpu {
    fn since(self, before: Self) -> Self {
        Self { server: self.server - before.server, database: self.database - before.database }
    }
}

#[derive(Default)]
struct Level {
    per_second: Spread,
    p50: Spread,
    p99: Spread,
    server: Spread,
    database: Spread,
    client: Spread,
}

impl Level {
    fn json(&self, connections: usize, has_database: bool) -> Value {
        json!({
            "connections": connections,
            "per_second": self.per_second.json(),
            "p50_ms": self.p50.json(),
            "p99_ms": self.p99.json(),
            "server_cpu_seconds_per_1000": self.server.json(),
            "database_cpu_seconds_per_1000": has_database.then(|| self.database.json()),
            "client_cores": self.client.json(),
        })
    }
}
