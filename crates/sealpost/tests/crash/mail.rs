//! Live mail: kills between what the relay has taken and what is on record, and between the steps of a route.

use std::collections::{BTreeMap, BTreeSet};
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
    Some(("after_provider", 40)),
    Some(("before_commit", 150)),
    Some(("after_commit", 150)),
];
const CATCHING_UP: Duration = Duration::from_secs(60);

/// Codes and statements by turns.
const MAILS: Habit = Habit { body: mail, states: &["queued", "sending", "sent", "unknown"] };

/// What was seen, beside the kills.
#[derive(Debug, Default)]
pub(crate) struct Mails {
    /// Taken by the relay and recorded as sent.
    pub(crate) sent: u64,
    /// Statements of which nobody knows, and how many of them the relay has.
    pub(crate) unknown: u64,
    pub(crate) unknown_and_taken: u64,
    /// Codes that were taken more than once, each time under an attempt on record.
    pub(crate) repeated_codes: u64,
    /// Sent by another relay than the first of a route.
    pub(crate) failed_over: u64,
}

/// Lives through `kills` deaths while live mail goes out through so many relays, and answers what was wrong.
pub(crate) async fn live(
    house: &Installation,
    relays: usize,
    kills: u64,
    chance: &Chance,
    tally: &mut Tally,
) -> (Mails, Vec<String>) {
    let mut all = Vec::new();
    for number in 0..relays {
        all.push(Relay::start(house.folder(), number).await);
    }
    let relays = all;
    let addresses: Vec<_> = relays.iter().map(|relay| relay.address).collect();
    let api = house.seed_mail(&addresses).await;
    let customer = Arc::new(Customer::new(house.folder().join("customer"), MAILS));
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
    relays.iter().for_each(Relay::calm);
    house.let_a_day_pass().await;
    judge(house, &api, &customer, &relays, tally).await
}

/// Lets everything come to its end, and compares what the customer, the API and the relay say.
async fn judge(
    house: &Installation,
    api: &Api,
    customer: &Customer,
    relays: &[Relay],
    tally: &mut Tally,
) -> (Mails, Vec<String>) {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    customer.settle(api, server.address).await.unwrap();
    let at_rest = until(CATCHING_UP, || async {
        let all = listed(api, server.address).await;
        all.iter().all(|(_, state)| !["queued", "sending"].contains(&&**state))
    });
    let mut wrong = Vec::new();
    if !at_rest.await {
        wrong.push("not every mail came to an end in time".into());
    }
    let (promises, taken, mut mails) = (customer.promises(), taken(relays), Mails::default());
    let promised: BTreeSet<&str> = promises.iter().map(|promise| &*promise.id).collect();
    wrong
        .extend(taken.keys().filter(|id| !promised.contains(&***id)).map(|id| format!("sent, and nobody asked: {id}")));
    let mut connection = api.connect(server.address).await.unwrap();
    for promise in &promises {
        let answer = connection.get(&format!("/v1/messages/{}", promise.id)).await.unwrap();
        customer.expect_alive(promise, &answer);
        if answer.status == 200
            && let Err(why) = mails.weigh(promise, &answer.json(), &taken)
        {
            wrong.push(format!("{}: {why}: {}", promise.id, answer.json()));
        }
        if relays.len() > 1 && answer.status == 200 {
            let life = connection.get(&format!("/v1/messages/{}/timeline", promise.id)).await.unwrap().json();
            if let Err(why) = mails.follow(&life, relays.len() as u64) {
                wrong.push(format!("{}: {why}: {life}", promise.id));
            }
        }
    }
    wrong.extend(customer.wrong());
    drop(connection);
    server.stop(house.folder()).await;
    match house.verify_ledger("live").await {
        Ok(leaves) => tally.leaves += leaves,
        Err(why) => wrong.push(format!("the ledger does not verify: {why}")),
    }
    tally.acknowledged += promises.len();
    (mails, wrong)
}

/// How often each mail was taken, by whichever relay.
fn taken(relays: &[Relay]) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (id, times) in relays.iter().flat_map(Relay::taken) {
        *all.entry(id).or_default() += times;
    }
    all
}

impl Mails {
    /// Whether a message went along its route: no answer of these relays is for good, so every step follows the one before it.
    fn follow(&mut self, life: &Value, steps: u64) -> Result<(), &'static str> {
        let begun = life["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "attempt_started");
        let went: Vec<_> = begun.map(|step| step["route_step"].as_u64()).collect();
        let along = (0..).map(|at| Some(at % steps + 1)).take(went.len());
        if !along.eq(went.iter().copied()) {
            return Err("a step was skipped or repeated");
        }
        self.failed_over += u64::from(went.len() > 1);
        Ok(())
    }

    /// Whether what is on record fits what the relay has, as the message's class allows.
    fn weigh(&mut self, promise: &Promise, shown: &Value, taken: &BTreeMap<String, u64>) -> Result<(), &'static str> {
        let taken = taken.get(&promise.id).copied().unwrap_or(0);
        let attempts = shown["attempts"].as_u64().unwrap();
        if taken > attempts {
            return Err("sent more often than an attempt was begun");
        }
        match (shown["class"].as_str().unwrap(), shown["state"].as_str().unwrap()) {
            ("otp", "sent") if taken == 0 => Err("recorded as sent, and the relay does not have it"),
            ("otp", "sent") => {
                self.sent += 1;
                self.repeated_codes += u64::from(taken > 1);
                Ok(())
            }
            ("otp", _) => Err("a code is sent again until it is known to be sent"),
            (_, _) if taken > 1 => Err("a statement was sent twice"),
            (_, "sent") if taken == 1 => {
                self.sent += 1;
                Ok(())
            }
            (_, "unknown") => {
                self.unknown += 1;
                self.unknown_and_taken += taken;
                Ok(())
            }
            _ => Err("the record and the relay disagree"),
        }
    }
}

fn mail(number: u64) -> Value {
    let class = if number.is_multiple_of(2) { "otp" } else { "transactional" };
    json!({
        "event": format!("crash.{class}"),
        "to": { "email": format!("person{}@example.com", number % 60) },
        "data": { "code": format!("{:06}", number % 1_000_000) },
    })
}
