//! A thousand receivers, each on a port of its own as if each were somebody else's, some of which misbehave when they are told to.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use rustls::ServerConfig;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::histogram::Histogram;
use crate::sink::whole_request;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
const DRIP: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 3600\r\n\r\n";
const HUGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n";
/// How long a receiver hangs that does: longer than anybody waits for it.
const HANG: Duration = Duration::from_secs(30);

/// What a receiver does when it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    Healthy,
    Hangs,
    Resets,
    Errs,
    Drips,
    Floods,
}

impl Habit {
    /// Of a hundred receivers 10 hang, 10 reset, 10 answer 500, 5 drip a byte a second, 5 answer with 10 GB.
    pub(super) fn of(number: usize) -> Self {
        match number % 20 {
            0 | 1 => Self::Hangs,
            2 | 3 => Self::Resets,
            4 | 5 => Self::Errs,
            6 => Self::Drips,
            7 => Self::Floods,
            _ => Self::Healthy,
        }
    }
}

/// The receivers.
pub(super) struct Crowd {
    pub(super) ports: Vec<u16>,
    shared: Arc<Shared>,
}

struct Shared {
    misbehave: AtomicBool,
    heard: Mutex<Heard>,
}

struct Heard {
    /// From the event until it arrived, at receivers that are always healthy.
    latencies: Histogram,
    /// Which events have arrived, by receiver.
    events: Vec<HashSet<String>>,
    repeated: u64,
}

impl Crowd {
    pub(super) async fn start(count: usize, tls: &Arc<ServerConfig>) -> Result<Self> {
        let heard = Heard { latencies: Histogram::new(), events: vec![HashSet::new(); count], repeated: 0 };
        let shared = Arc::new(Shared { misbehave: AtomicBool::new(false), heard: Mutex::new(heard) });
        let mut ports = Vec::with_capacity(count);
        for number in 0..count {
            let listener = TcpListener::bind("127.0.0.1:0").await.context("a thousand receivers need as many ports")?;
            ports.push(listener.local_addr()?.port());
            let (tls, shared) = (tls.clone(), shared.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, shared) = (TlsAcceptor::from(tls.clone()), shared.clone());
                    // A sender that goes away in the middle is not this side's trouble.
                    tokio::spawn(async move { receive(&acceptor, stream, number, &shared).await.ok() });
                }
            });
        }
        Ok(Self { ports, shared })
    }

    /// From now on those that misbehave do, or nobody does.
    pub(super) fn misbehave(&self, yes: bool) {
        self.shared.misbehave.store(yes, Ordering::Relaxed);
    }

    /// How many events have arrived so far, each counted once.
    pub(super) fn heard(&self) -> usize {
        self.shared.heard().events.iter().map(HashSet::len).sum()
    }

    /// The latencies since the last time, and how many events were heard in all by receiver.
    pub(super) fn take(&self) -> (Histogram, Vec<usize>, u64) {
        let mut heard = self.shared.heard();
        let latencies = std::mem::replace(&mut heard.latencies, Histogram::new());
        (latencies, heard.events.iter().map(HashSet::len).collect(), heard.repeated)
    }
}

impl Shared {
    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an event; one that is no event is the ping that verifies.
    fn note(&self, number: usize, body: &[u8]) {
        let now = Timestamp::now();
        let Ok(event) = serde_json::from_slice::<Value>(body) else { return };
        let (Some(id), true) = (event["id"].as_str(), event["data"]["message_id"].is_string()) else { return };
        let told = event["timestamp"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let mut heard = self.heard();
        if !heard.events[number].insert(id.to_owned()) {
            heard.repeated += 1;
            return;
        }
        if let (Some(told), Habit::Healthy) = (told, Habit::of(number)) {
            heard.latencies.record(now.duration_since(told).try_into().unwrap_or_default());
        }
    }
}

async fn receive(acceptor: &TlsAcceptor, stream: TcpStream, number: usize, shared: &Shared) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = acceptor.accept(stream).await?;
    let mut buffer = Vec::with_capacity(4 * 1024);
    loop {
        while let Some((head, length)) = whole_request(&buffer) {
            let misbehaves = shared.misbehave.load(Ordering::Relaxed);
            let habit = if misbehaves { Habit::of(number) } else { Habit::Healthy };
            let request: Vec<u8> = buffer.drain(..length).collect();
            // What hangs, resets or errs has not taken the event.
            if matches!(habit, Habit::Healthy | Habit::Drips | Habit::Floods) {
                shared.note(number, &request[head..]);
            }
            if !answer(&mut stream, habit).await? {
                return Ok(());
            }
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// Whether the connection goes on.
async fn answer(stream: &mut TlsStream<TcpStream>, habit: Habit) -> Result<bool> {
    match habit {
        Habit::Healthy => say(stream, OK).await.map(|()| true),
        Habit::Errs => say(stream, ERROR).await.map(|()| true),
        Habit::Hangs => {
            tokio::time::sleep(HANG).await;
            Ok(false)
        }
        Habit::Resets => {
            stream.get_ref().0.set_zero_linger()?;
            Ok(false)
        }
        Habit::Drips => {
            say(stream, DRIP).await?;
            loop {
                say(stream, b".").await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Habit::Floods => {
            say(stream, HUGE).await?;
            let block = vec![b'.'; 64 * 1024];
            loop {
                say(stream, &block).await?;
            }
        }
    }
}

async fn say(stream: &mut TlsStream<TcpStream>, bytes: &[u8]) -> Result<()> {
    stream.write_all(bytes).await?;
    Ok(stream.flush().await?)
}
