//! Many receivers: how fast they are told when all is well, and whether those that misbehave cost the others anything.

mod costs;
mod crowd;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::engine::Bench;
use crate::load::{self, Requests};
use crate::plan::REFERENCE;
use crate::postgres::Postgres;
use crate::processes::{cpu_seconds, resident_mib};
use crate::seeding::{Seeder, message_to};
use crate::server::Installation;
use crate::spread::Spread;
use crate::wire::Target;

use crowd::{Crowd, Habit};

/// How many there are.
const RECEIVERS: usize = 1_000;
/// Among how many deliveries are spread when nothing but speed is measured.
const SPREADS: [usize; 3] = [1, 10, RECEIVERS];
/// Messages a second while receivers misbehave, each for one receiver: a load that two cores carry without queues.
const PER_SECOND: u32 = 200;
/// Who sends them.
const SENDERS: u32 = 8;
/// How long each phase lasts, and how long everything may calm down after it: longer than a call.
const PHASE: Duration = Duration::from_secs(30);
const CALM: Duration = Duration::from_secs(25);
/// How long deliveries may take that nothing holds up.
const PATIENCE: Duration = Duration::from_secs(180);

/// Deliveries a second, and what a crowd of which 40 of 100 misbehave costs the others.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Value> {
    let databases = bench.postgres.map(Postgres::databases).transpose()?;
    let (installation, key) =
        Installation::create(bench.binary, bench.folder.clone(), bench.certificates, databases).await?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    let crowd = Crowd::start(RECEIVERS, &bench.certificates.server()?).await?;
    let mut seeder = Seeder::connect(&target, &key).await?;
    seeder.everything().await?;
    let endpoints = seeder.endpoints(&crowd.ports).await?;
    let run = Run { target, key, pid: server.pid(), crowd };
    let mut sent = vec![0; RECEIVERS];
    let mut speed = Vec::new();
    for among in SPREADS {
        speed.push(run.speed(bench, among, &mut sent).await?);
    }
    let quiet = resident_mib(run.pid)?.0;
    let (mut healthy, mut bad) = (Phases::default(), Phases::default());
    for _ in 0..bench.plan.repetitions {
        for (misbehave, phases) in [(false, &mut healthy), (true, &mut bad)] {
            run.crowd.misbehave(misbehave);
            run.crowd.take();
            run.send_for(PHASE, &mut sent).await?;
            tokio::time::sleep(CALM).await;
            let (latencies, _, _) = run.crowd.take();
            phases.p50.push(latencies.percentile_ms(0.5));
            phases.p99.push(latencies.percentile_ms(0.99));
            phases.p999.push(latencies.percentile_ms(0.999));
        }
    }
    run.crowd.misbehave(false);
    let lost = run.lost(&mut seeder, &endpoints, &sent).await?;
    let memory = resident_mib(run.pid)?;
    let (_, heard, repeated) = run.crowd.take();
    let ratio = bad.p99.median().zip(healthy.p99.median()).map(|(bad, healthy)| bad / healthy);
    server.stop()?;
    Ok(json!({
        "receivers": RECEIVERS,
        "speed": speed,
        "costs": costs::measure(bench.plan.limits)?,
        "misbehaving": {
            "messages_per_second": PER_SECOND,
            "seconds": PHASE.as_secs(),
            "all_healthy": healthy.json(),
            "two_of_five_misbehave": bad.json(),
            "p99_ratio": ratio,
            "resident_mib": { "before": quiet, "after": memory.0, "peak": memory.1 },
            "sent": sent.iter().sum::<usize>(),
            "heard": heard.iter().sum::<usize>(),
            "repeated": repeated,
            "lost": lost,
        },
    }))
}

struct Run {
    target: Target,
    key: String,
    pid: u32,
    crowd: Crowd,
}

#[derive(Default)]
struct Phases {
    p50: Spread,
    p99: Spread,
    p999: Spread,
}

impl Phases {
    fn json(&self) -> Value {
        json!({ "p50_ms": self.p50.json(), "p99_ms": self.p99.json(), "p99_9_ms": self.p999.json() })
    }
}

impl Run {
    /// Messages as fast as they are accepted, for the first `among` receivers in turn; until the last delivery has arrived.
    async fn speed(&self, bench: &Bench<'_>, among: usize, sent: &mut [usize]) -> Result<Value> {
        let bytes = (0..among).map(|to| message_to(&self.key, to)).collect();
        let requests = Requests { bytes, expected: 202, serial: None };
        let (mut per_second, mut cpu) = (Spread::default(), Spread::default());
        for _ in 0..bench.plan.repetitions {
            let count = bench.plan.delivered;
            let before = self.heard();
            let (spent, begun) = (cpu_seconds(self.pid), Instant::now());
            load::send(&self.target, &requests, count, REFERENCE).await?;
            while self.heard() < before + count {
                if begun.elapsed() > PATIENCE {
                    bail!("{} deliveries are missing", before + count - self.heard());
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            per_second.push(count as f64 / begun.elapsed().as_secs_f64());
            cpu.push((cpu_seconds(self.pid) - spent) * 1000.0 / (count as f64 / 1000.0));
        }
        // To whom which message went is the loader's choice: what was heard is what was sent.
        let (_, heard, _) = self.crowd.take();
        sent.copy_from_slice(&heard);
        Ok(json!({
            "endpoints": among,
            "deliveries": bench.plan.delivered,
            "per_second": per_second.json(),
            "server_cpu_us_each": cpu.json(),
        }))
    }

    fn heard(&self) -> usize {
        self.crowd.heard()
    }

    /// Messages at a steady pace, each for the next receiver.
    async fn send_for(&self, time: Duration, sent: &mut [usize]) -> Result<()> {
        let count = (time.as_secs_f64() * f64::from(PER_SECOND)) as usize;
        let begun = Instant::now();
        let mut senders = tokio::task::JoinSet::new();
        for sender in 0..SENDERS as usize {
            let (target, key) = (self.target.clone(), self.key.clone());
            senders.spawn(async move {
                let mut wire = target.connect().await?;
                for number in (sender..count).step_by(SENDERS as usize) {
                    let due = begun + Duration::from_secs(1) * number as u32 / PER_SECOND;
                    tokio::time::sleep_until(due.into()).await;
                    let answer = wire.exchange(&message_to(&key, number % RECEIVERS)).await?;
                    if answer.status != 202 {
                        bail!("answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
                    }
                }
                Ok(())
            });
        }
        while let Some(ended) = senders.join_next().await {
            ended??;
        }
        (0..count).for_each(|number| sent[number % RECEIVERS] += 1);
        Ok(())
    }

    /// Events that neither arrived nor wait for their next attempt. Healthy receivers have to have all.
    async fn lost(&self, seeder: &mut Seeder, endpoints: &[String], sent: &[usize]) -> Result<i64> {
        let begun = Instant::now();
        let healthy =
            |heard: &[usize]| (0..RECEIVERS).filter(|n| Habit::of(*n) == Habit::Healthy).all(|n| heard[n] >= sent[n]);
        while !healthy(&self.crowd.take().1) {
            if begun.elapsed() > PATIENCE {
                bail!("healthy receivers did not get everything");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mut lost = 0;
        for (number, id) in endpoints.iter().enumerate().filter(|(number, _)| Habit::of(*number) != Habit::Healthy) {
            let promised = seeder.promised(id).await.with_context(|| id.clone())?;
            lost += sent[number] as i64 - promised as i64;
        }
        Ok(lost)
    }
}
