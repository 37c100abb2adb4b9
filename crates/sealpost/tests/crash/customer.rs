//! A customer's system: sends, writes down what was promised before it goes on, retries what was not answered.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Answer, Api, NoAnswer};
use crate::chance::Chance;

/// A message to be sent, under the name the customer gave it.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) key: String,
    pub(crate) body: Vec<u8>,
}

/// A message that was acknowledged.
#[derive(Clone)]
pub(crate) struct Promise {
    pub(crate) id: String,
    pub(crate) request: Request,
    /// The 202's body, byte by byte.
    pub(crate) answer: bytes::Bytes,
}

/// What a customer sends, and what may have become of it by the time of a look.
#[derive(Clone, Copy)]
pub(crate) struct Habit {
    /// The body of the message of this number.
    pub(crate) body: fn(u64) -> Value,
    pub(crate) states: &'static [&'static str],
}

/// Codes in the test environment.
pub(crate) const CODES: Habit = Habit { body: code, states: &["queued", "delivered"] };

/// What a customer knows, on a disk of its own.
pub(crate) struct Customer {
    folder: PathBuf,
    habit: Habit,
    numbers: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    promises: BTreeMap<String, Promise>,
    /// Not yet looked at after a restart.
    fresh: Vec<String>,
    unanswered: Vec<Request>,
    /// How many retries were answered with what had been decided before the kill.
    decided_before: u64,
    wrong: Vec<String>,
}

impl Customer {
    pub(crate) fn new(folder: PathBuf, habit: Habit) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, habit, numbers: AtomicU64::new(0), state: Mutex::default() }
    }

    /// Sends one message after the other until no answer comes.
    pub(crate) async fn send_until_death(&self, api: &Api, server: SocketAddr) {
        let Ok(mut connection) = api.connect(server).await else { return };
        loop {
            let request = self.unanswered().unwrap_or_else(|| self.new_request());
            match connection.post("/v1/messages", &request.key, &request.body).await {
                Ok(answer) => self.hear(request, &answer),
                Err(NoAnswer) => return self.state().unanswered.push(request),
            }
        }
    }

    /// Sends so many messages, whatever comes of it; answers the refusals. What was refused is sent again when things settle.
    pub(crate) async fn send(&self, api: &Api, server: SocketAddr, count: usize) -> Vec<Answer> {
        let (mut connection, mut refused) = (api.connect(server).await.unwrap(), Vec::new());
        for _ in 0..count {
            let request = self.new_request();
            let answer = connection.post("/v1/messages", &request.key, &request.body).await.unwrap();
            if answer.status == 202 {
                self.hear(request, &answer);
            } else {
                self.state().unanswered.push(request);
                refused.push(answer);
            }
        }
        refused
    }

    /// Retries until everything has its answer.
    pub(crate) async fn settle(&self, api: &Api, server: SocketAddr) -> Result<(), NoAnswer> {
        let mut connection = api.connect(server).await?;
        while let Some(request) = self.unanswered() {
            let answer = connection.post("/v1/messages", &request.key, &request.body).await?;
            self.hear(request, &answer);
        }
        Ok(())
    }

    /// Looks at what was promised since the last look, and repeats some older requests.
    pub(crate) async fn look_back(&self, api: &Api, server: SocketAddr, chance: &Chance) -> Result<(), NoAnswer> {
        let mut connection = api.connect(server).await?;
        let fresh = std::mem::take(&mut self.state().fresh);
        for (at, key) in fresh.iter().enumerate() {
            let promise = self.state().promises[key].clone();
            match connection.get(&format!("/v1/messages/{}", promise.id)).await {
                Ok(answer) => self.expect_alive(&promise, &answer),
                Err(NoAnswer) => {
                    self.state().fresh.extend_from_slice(&fresh[at..]);
                    return Err(NoAnswer);
                }
            }
        }
        let all = self.promises();
        for _ in 0..all.len().min(4) {
            let promise = chance.pick(&all);
            let answer = connection.post("/v1/messages", &promise.request.key, &promise.request.body).await?;
            self.expect_replay(promise, &answer);
        }
        Ok(())
    }

    pub(crate) fn promises(&self) -> Vec<Promise> {
        self.state().promises.values().cloned().collect()
    }

    pub(crate) fn decided_before(&self) -> u64 {
        self.state().decided_before
    }

    pub(crate) fn wrong(&self) -> Vec<String> {
        self.state().wrong.clone()
    }

    pub(crate) fn expect_replay(&self, promise: &Promise, answer: &Answer) {
        if answer.status != 202 || !answer.is_replay() || answer.body != promise.answer {
            self.complain(format!("a replay of {} differs: {answer:?}", promise.id));
        }
    }

    /// Readable, in a state that a message of this customer can be in.
    pub(crate) fn expect_alive(&self, promise: &Promise, answer: &Answer) {
        if answer.status == 404 {
            return self.complain(format!("acknowledged and lost: {}", promise.id));
        }
        let state = answer.json()["state"].as_str().unwrap_or_default().to_owned();
        if answer.status != 200 || !self.habit.states.contains(&&*state) {
            self.complain(format!("{} is not as it may be: {answer:?}", promise.id));
        }
    }

    fn hear(&self, request: Request, answer: &Answer) {
        if answer.status != 202 {
            return self.complain(format!("{}: {answer:?}", request.key));
        }
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        // Before anything else is asked: the customer's own word must not be lost either.
        let mut file = std::fs::File::create_new(self.folder.join(&request.key)).unwrap();
        file.write_all(id.as_bytes()).unwrap();
        file.sync_all().unwrap();
        let mut state = self.state();
        state.decided_before += u64::from(answer.is_replay());
        state.fresh.push(request.key.clone());
        state.promises.insert(request.key.clone(), Promise { id, request, answer: answer.body.clone() });
    }

    fn unanswered(&self) -> Option<Request> {
        self.state().unanswered.pop()
    }

    fn new_request(&self) -> Request {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        Request { key: format!("request-{number}"), body: (self.habit.body)(number).to_string().into() }
    }

    fn complain(&self, what: String) {
        self.state().wrong.push(what);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn code(number: u64) -> Value {
    json!({
        "event": "crash.test",
        "to": { "phone": format!("+1555010{:04}", 100 + number % 60) },
        "data": { "code": format!("{:06}", number % 1_000_000) },
    })
}

/// The ids and states of all messages that the API lists.
pub(crate) async fn listed(api: &Api, server: SocketAddr) -> Vec<(String, String)> {
    let mut connection = api.connect(server).await.unwrap();
    let (mut all, mut path) = (Vec::new(), "/v1/messages?limit=250".to_owned());
    loop {
        let page = connection.get(&path).await.unwrap().json();
        let text = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
        all.extend(
            page["data"].as_array().unwrap().iter().map(|message| (text(message, "id"), text(message, "state"))),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) if page["has_more"] == true => path = format!("/v1/messages?limit=250&cursor={cursor}"),
            _ => return all,
        }
    }
}

/// Asks again until the answer is yes, or it has taken too long.
pub(crate) async fn until<F: Future<Output = bool>>(at_most: Duration, mut ask: impl FnMut() -> F) -> bool {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(at_most, asking).await.is_ok()
}
