//! Payloads that are not kept: kills while they are sent, from the database and from memory, and a look for them afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::Api;
use crate::chance::Chance;
use crate::customer::{Customer, Habit, Promise, listed, until};
use crate::installation::Installation;
use crate::life::{Tally, die_under_load};
use crate::relay::Relay;
use crate::server::{Fuse, Server, Started};

/// As often as listed; nothing is `SIGKILL` from outside, at any time.
const DEATHS: [Option<(&str, u64)>; 6] = [
    None,
    None,
    Some(("after_provider", 40)),
    Some(("before_commit", 150)),
    Some(("after_commit", 150)),
    Some(("shredded", 4)),
];
/// Whoever held something in memory is believed to live for so long after its death, and a little more.
const CATCHING_UP: Duration = Duration::from_secs(90);

/// Codes, which may never be written, and statements, which are kept until they are sent, by turns.
const PAYLOADS: Habit = Habit { body: payload, states: &["queued", "sending", "sent", "unknown", "failed"] };

/// Stands in every payload and nowhere else.
const MARK: &str = "qzxcrashcanary";

/// What holds in both environments.
const RULES: &str = r#"{"live":{"otp":{"mode":"never","days":90},"transactional":{"mode":"until_delivered","days":90},"marketing":{"mode":"keep","days":90}},"test":{"otp":{"mode":"never","days":90},"transactional":{"mode":"until_delivered","days":90},"marketing":{"mode":"keep","days":90}}}"#;

/// What was seen, beside the kills.
#[derive(Debug, Default)]
pub(crate) struct Payloads {
    /// Codes that were sent from memory.
    pub(crate) sent_from_memory: u64,
    /// Codes that were in the memory of a process that died, and are said to be lost.
    pub(crate) lost: u64,
    /// Codes of which nobody knows whether the relay took them.
    pub(crate) unknown: u64,
    /// Statements that were sent, after whatever deaths.
    pub(crate) sent: u64,
}

/// Lives through `kills` deaths while payloads go out, and answers what was wrong.
pub(crate) async fn live(
    house: &Installation,
    kills: u64,
    chance: &Chance,
    tally: &mut Tally,
) -> (Payloads, Vec<String>) {
    let relay = Relay::start(house.folder(), 0).await;
    let api = house.seed_mail(&[relay.address]).await;
    house.decide_storage(RULES).await;
    let customer = Arc::new(Customer::new(house.folder().join("customer"), PAYLOADS));
    while tally.total() < kills && customer.wrong().is_empty() {
        let fuse = chance.pick(&DEATHS).map(|(point, most)| Fuse { point, pass: 1 + chance.below(most) });
        match Server::start(house.folder(), &house.environment, fuse.as_ref()).await {
            Started::Died => tally.died(fuse.map_or("", |fuse| fuse.point)),
            Started::Ready(server) => {
                tally.slowest_ready = tally.slowest_ready.max(server.ready_after);
                tally.died(die_under_load(house, &api, &customer, server, fuse, chance).await);
            }
        }
    }
    relay.calm();
    house.let_a_day_pass().await;
    judge(house, &api, &customer, &relay, tally).await
}

/// Lets everything come to its end, compares what the customer, the API and the relay say, and looks for what must not be left.
async fn judge(
    house: &Installation,
    api: &Api,
    customer: &Customer,
    relay: &Relay,
    tally: &mut Tally,
) -> (Payloads, Vec<String>) {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    customer.settle(api, server.address).await.unwrap();
    let at_rest = until(CATCHING_UP, || async {
        let all = listed(api, server.address).await;
        all.iter().all(|(_, state)| !["queued", "sending"].contains(&&**state))
    });
    let mut wrong = Vec::new();
    if !at_rest.await {
        wrong.push("not every message came to an end in time".into());
    }
    if !until(CATCHING_UP, || async { house.payloads_left().await == (0, 0) }).await {
        wrong.push(format!("payloads and keys are left: {:?}", house.payloads_left().await));
    }
    let (promises, taken, mut seen) = (customer.promises(), relay.taken(), Payloads::default());
    let mut connection = api.connect(server.address).await.unwrap();
    for promise in &promises {
        let answer = connection.get(&format!("/v1/messages/{}", promise.id)).await.unwrap();
        customer.expect_alive(promise, &answer);
        if answer.status == 200
            && let Err(why) = seen.weigh(promise, &answer.json(), &taken)
        {
            wrong.push(format!("{}: {why}: {}", promise.id, answer.json()));
        }
    }
    wrong.extend(customer.wrong());
    drop(connection);
    server.stop(house.folder()).await;
    wrong.extend(files_with(house.folder(), MARK.as_bytes()));
    match house.verify_ledger("live").await {
        Ok(leaves) => tally.leaves += leaves,
        Err(why) => wrong.push(format!("the ledger does not verify: {why}")),
    }
    tally.acknowledged += promises.len();
    (seen, wrong)
}

impl Payloads {
    /// Whether what is on record fits what the relay has, and what was promised.
    fn weigh(&mut self, promise: &Promise, shown: &Value, taken: &BTreeMap<String, u64>) -> Result<(), &'static str> {
        let taken = taken.get(&promise.id).copied().unwrap_or(0);
        let answer: Value = serde_json::from_slice(&promise.answer).unwrap();
        let word = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (state, reason) = (word(shown, "state"), word(shown, "reason"));
        let (promised, rule) = match &*word(shown, "class") {
            "otp" => ("volatile", "payload_storage.never"),
            _ => ("durable", "payload_storage.until_delivered"),
        };
        if word(&answer, "durability") != promised {
            return Err("another durability was promised");
        }
        if shown["data"]["rule"] != rule || shown["to"]["rule"] != rule {
            return Err("it is not said by which rule its payload is gone");
        }
        match (promised, &*state, &*reason) {
            ("volatile", "sent", _) if taken > 0 => self.sent_from_memory += 1,
            ("volatile", "failed", "payload_lost") if taken == 0 || shown["attempts"].as_u64() > Some(0) => {
                self.lost += 1
            }
            ("volatile", "unknown", "payload_lost") => self.unknown += 1,
            ("durable", "sent", _) if taken == 1 => self.sent += 1,
            ("durable", "unknown", _) if taken <= 1 => {}
            _ => return Err("the record and the relay disagree"),
        }
        Ok(())
    }
}

/// Files below this folder that hold these bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            found.push(format!("a payload is in {}", path.display()));
        }
    }
    found
}

fn payload(number: u64) -> Value {
    let class = if number.is_multiple_of(2) { "otp" } else { "transactional" };
    json!({
        "event": format!("crash.{class}"),
        "to": { "email": format!("person{}@example.com", number % 60) },
        "data": { "code": format!("{MARK}{number}") },
    })
}
