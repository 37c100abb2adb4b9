//! Sixty-four clients that send the same requests, and others under the same names, while the server is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::watch;

use crate::api::{Answer, Api, Connection, NoAnswer};
use crate::chance::Chance;
use crate::customer::{listed, until};
use crate::installation::Installation;
use crate::server::{PATIENCE, Server};

const CLIENTS: u64 = 64;
const KILLS: u64 = 8;
/// Tries for each key, over all clients.
const TRIES: u64 = 8;

/// What came of it.
#[derive(Default)]
pub(crate) struct Outcome {
    /// By key: which body won, and its answer.
    winners: BTreeMap<u64, (u64, Bytes)>,
    /// Keys and bodies that were refused as belonging to another request.
    mismatched: BTreeSet<(u64, u64)>,
    pub(crate) replays: u64,
    pub(crate) mismatches: u64,
    pub(crate) in_flight: u64,
    pub(crate) wrong: Vec<String>,
}

struct Scene {
    api: Api,
    keys: u64,
    tries: AtomicU64,
    outcome: Mutex<Outcome>,
}

/// Sends under so many keys, kills in between, and compares.
pub(crate) async fn compete(house: &Installation, keys: u64, chance: &Chance) -> Outcome {
    let seeded = house.seed().await;
    let scene = Arc::new(Scene { api: seeded.api, keys, tries: AtomicU64::new(0), outcome: Mutex::default() });
    let mut server = Server::start_safely(house.folder(), &house.environment).await;
    let (moved, address) = watch::channel(server.address);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (scene, address, chance) = (scene.clone(), address.clone(), Chance::new(chance.number()));
            tokio::spawn(async move { scene.client(address, &chance).await })
        })
        .collect();
    for kill in 1..=KILLS {
        let due = keys * TRIES * kill / (KILLS + 1) + chance.below(40);
        let came = until(PATIENCE, || async { scene.tries.load(Ordering::Relaxed) >= due }).await;
        assert!(came, "the clients stand still");
        server.kill().await;
        server = Server::start_safely(house.folder(), &house.environment).await;
        moved.send(server.address).unwrap();
    }
    for client in clients {
        client.await.unwrap();
    }
    scene.settle(server.address).await;
    let all = listed(&scene.api, server.address).await;
    server.stop(house.folder()).await;
    house.verify_ledger("test").await.unwrap();
    let mut outcome = std::mem::take(&mut *scene.outcome.lock().unwrap());
    outcome.compare(keys, &all);
    outcome
}

impl Scene {
    async fn client(&self, mut address: watch::Receiver<SocketAddr>, chance: &Chance) {
        let mut connection = None;
        loop {
            let number = self.tries.fetch_add(1, Ordering::Relaxed);
            // A window that moves on: most tries meet others for the same key.
            let key = number / TRIES + chance.below(3);
            if key >= self.keys {
                return;
            }
            let variant = u64::from(chance.below(5) == 0);
            // Until it is answered, whoever answers.
            while self.attempt(&mut connection, &mut address, key, variant).await.is_err() {
                connection = None;
            }
        }
    }

    async fn attempt(
        &self,
        connection: &mut Option<Connection>,
        address: &mut watch::Receiver<SocketAddr>,
        key: u64,
        variant: u64,
    ) -> Result<(), NoAnswer> {
        if connection.is_none() {
            let at = *address.borrow_and_update();
            match self.api.connect(at).await {
                Ok(new) => *connection = Some(new),
                Err(NoAnswer) => {
                    tokio::time::timeout(PATIENCE, address.changed()).await.expect("no server comes back").unwrap();
                    return Err(NoAnswer);
                }
            }
        }
        let Some(connection) = connection else { return Err(NoAnswer) };
        self.ask(connection, key, variant).await
    }

    /// Asks until the answer is final.
    async fn ask(&self, connection: &mut Connection, key: u64, variant: u64) -> Result<(), NoAnswer> {
        loop {
            let answer = connection.post("/v1/messages", &format!("twin-{key}"), &body(key, variant)).await?;
            if answer.status != 409 {
                self.outcome.lock().unwrap().note(key, variant, &answer);
                return Ok(());
            }
            if !self.outcome.lock().unwrap().note_conflict(key, &answer) {
                return Ok(());
            }
            // Sooner than asked: twins that meet are what this is for.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks for every key once more, with either body: one of them must be the winner, with its first answer.
    async fn settle(&self, address: SocketAddr) {
        let mut connection = self.api.connect(address).await.unwrap();
        for key in 0..self.keys {
            for variant in [0, 1] {
                self.ask(&mut connection, key, variant).await.unwrap();
            }
        }
    }
}

impl Outcome {
    fn note(&mut self, key: u64, variant: u64, answer: &Answer) {
        match answer.status {
            202 => {
                self.replays += u64::from(answer.is_replay());
                let (winner, first) = self.winners.entry(key).or_insert_with(|| (variant, answer.body.clone()));
                if *winner != variant || *first != answer.body {
                    self.wrong
                        .push(format!("{key}: done twice, or replayed otherwise: {first:?} and {:?}", answer.body));
                }
            }
            422 if answer.code() == "idempotency_mismatch" => {
                self.mismatches += 1;
                self.mismatched.insert((key, variant));
            }
            _ => self.wrong.push(format!("{key}: {answer:?}")),
        }
    }

    /// Whether the twin is in flight and it is worth asking again.
    fn note_conflict(&mut self, key: u64, answer: &Answer) -> bool {
        let in_flight = answer.code() == "idempotency_in_flight" && answer.headers.contains_key("retry-after");
        self.in_flight += 1;
        if !in_flight {
            self.wrong.push(format!("{key}: {answer:?}"));
        }
        in_flight
    }

    fn compare(&mut self, keys: u64, all: &[(String, String)]) {
        let mut wrong = Vec::new();
        if self.winners.len() as u64 != keys {
            wrong.push(format!("{} of {keys} keys came to something", self.winners.len()));
        }
        for (key, (winner, _)) in &self.winners {
            if self.mismatched.contains(&(*key, *winner)) {
                wrong.push(format!("{key}: the body that won was also refused"));
            }
        }
        let id =
            |body: &Bytes| serde_json::from_slice::<serde_json::Value>(body).unwrap()["id"].as_str().map(str::to_owned);
        let promised: BTreeSet<String> = self.winners.values().filter_map(|(_, body)| id(body)).collect();
        let there: BTreeSet<String> = all.iter().map(|(id, _)| id.clone()).collect();
        if promised.len() != self.winners.len() || there.len() != all.len() {
            wrong.push("an id was given twice".into());
        }
        wrong.extend(promised.difference(&there).map(|id| format!("acknowledged and lost: {id}")));
        wrong.extend(there.difference(&promised).map(|id| format!("done, and nobody was told: {id}")));
        self.wrong.extend(wrong);
    }
}

/// Two requests that a client might confuse.
fn body(key: u64, variant: u64) -> Vec<u8> {
    let body = json!({
        "event": "crash.test",
        "to": { "phone": format!("+1555010{:04}", 100 + key % 60) },
        "data": { "code": format!("{:06}", key * 2 + variant) },
    });
    body.to_string().into()
}
