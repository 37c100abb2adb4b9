//! The load: every connection sends its next request when the last one is answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::histogram::Histogram;
use crate::wire::{Target, Wire};

/// Requests to choose from, and the status that says they worked.
#[derive(Clone)]
pub(crate) struct Requests {
    pub(crate) bytes: Arc<[Vec<u8>]>,
    pub(crate) expected: u16,
    /// Where in the bytes sixteen digits stand that must be new each time.
    pub(crate) serial: Option<usize>,
}

/// For how long, by how many.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    /// Not measured, so that caches are warm and all connections busy.
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What was seen.
pub(crate) struct Outcome {
    /// Latencies of what was answered as expected in the measured time.
    pub(crate) latencies: Histogram,
    /// Answered as expected in the measured time, in a second.
    pub(crate) per_second: f64,
    /// All that were answered as expected, those of the warm-up too.
    pub(crate) succeeded: u64,
}

/// Loads the target. Fails if any request was answered otherwise than expected: a fast refusal is no speed.
pub(crate) async fn run(target: &Target, requests: &Requests, shape: Shape) -> Result<Outcome> {
    let start = Arc::new(Barrier::new(shape.connections));
    let mut clients = JoinSet::new();
    for number in 0..shape.connections {
        let wire = target.connect().await?;
        let mut client = Client::new(wire, requests.clone(), number);
        let start = start.clone();
        clients.spawn(async move {
            start.wait().await;
            client.run(shape).await.map(|()| client)
        });
    }
    let (mut latencies, mut succeeded, mut refused) = (Histogram::new(), 0, BTreeMap::new());
    while let Some(client) = clients.join_next().await {
        let client = client??;
        latencies.add(&client.latencies);
        succeeded += client.succeeded;
        refused.extend(client.refused);
    }
    if let Some((status, body)) = refused.first_key_value() {
        bail!("answered {status}: {body}");
    }
    let per_second = latencies.total() as f64 / shape.measured.as_secs_f64();
    Ok(Outcome { latencies, per_second, succeeded })
}

/// Sends exactly `count` requests over `connections`; answers when the last one is answered.
pub(crate) async fn send(target: &Target, requests: &Requests, count: usize, connections: usize) -> Result<()> {
    let mut clients = JoinSet::new();
    for number in 0..connections {
        let mut client = Client::new(target.connect().await?, requests.clone(), number);
        let share = count / connections + usize::from(number < count % connections);
        clients.spawn(async move {
            for _ in 0..share {
                client.next().await?;
            }
            match client.refused.first_key_value() {
                Some((status, body)) => bail!("answered {status}: {body}"),
                None => Ok(()),
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    Ok(())
}

struct Client {
    wire: Wire,
    requests: Requests,
    next: usize,
    serial: u64,
    scratch: Vec<u8>,
    latencies: Histogram,
    succeeded: u64,
    refused: BTreeMap<u16, String>,
}

impl Client {
    fn new(wire: Wire, requests: Requests, number: usize) -> Self {
        // Spread over the requests, so that two connections never walk in step.
        let next = number.wrapping_mul(7919);
        let serial = u64::from(std::process::id()) * 10_000_000 + fresh() * 1_000_000_000;
        let (latencies, refused) = (Histogram::new(), BTreeMap::new());
        Self { wire, requests, next, serial, scratch: Vec::new(), latencies, succeeded: 0, refused }
    }

    async fn run(&mut self, shape: Shape) -> Result<()> {
        let measured_from = Instant::now() + shape.warm_up;
        let end = measured_from + shape.measured;
        loop {
            let sent = Instant::now();
            let good = self.next().await?;
            let answered = Instant::now();
            if answered >= end {
                return Ok(());
            }
            if good && answered >= measured_from {
                self.latencies.record(answered - sent);
            }
        }
    }

    async fn next(&mut self) -> Result<bool> {
        let at = self.next % self.requests.bytes.len();
        self.next = self.next.wrapping_add(31);
        let mut bytes: &[u8] = self.requests.bytes.get(at).context("no requests")?;
        if let Some(place) = self.requests.serial {
            self.serial += 1;
            self.scratch.clear();
            self.scratch.extend_from_slice(bytes);
            self.scratch[place..place + 16].copy_from_slice(format!("{:016}", self.serial).as_bytes());
            bytes = &self.scratch;
        }
        let answer = self.wire.exchange(bytes).await?;
        let good = answer.status == self.requests.expected;
        if good {
            self.succeeded += 1;
        } else {
            let body = String::from_utf8_lossy(answer.body).into_owned();
            self.refused.insert(answer.status, body);
        }
        Ok(good)
    }
}

/// A number no other client of this process has.
fn fresh() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
