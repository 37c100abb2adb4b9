//! One installation, from its first start through many deaths to the audit of its ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::api::Api;
use crate::chance::Chance;
use crate::customer::{CODES, Customer, listed, until};
use crate::installation::{Installation, Seeded};
use crate::server::{Fuse, Server, Started};

const CALLERS: usize = 6;
pub(crate) const ANY_TIME: &str = "any time";
/// How long a fuse may take to burn down before the process is killed from outside.
const FUSE_TIME: Duration = Duration::from_secs(10);
/// Outbox leases of a dead node of several run out after a minute; then its work is taken over.
const CATCHING_UP: Duration = Duration::from_secs(150);

/// Where to die: name and the most passes before it; nothing is `SIGKILL` from outside, at any time. As often as listed.
const DEATHS: [Option<(&str, u64)>; 8] = [
    None,
    None,
    None,
    None,
    Some(("before_commit", 150)),
    Some(("after_commit", 150)),
    Some(("after_provider", 60)),
    Some(("checkpoint", 4)),
];

/// What was done and seen, over all lives.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) kills: BTreeMap<&'static str, u64>,
    pub(crate) acknowledged: usize,
    pub(crate) decided_before: u64,
    pub(crate) reports: u64,
    pub(crate) repeated_reports: u64,
    pub(crate) leaves: u64,
    /// Deliveries to which the receiver answered badly, or not at all, the first time.
    pub(crate) misbehaved: u64,
    pub(crate) slowest_ready: Duration,
}

impl Tally {
    pub(crate) fn total(&self) -> u64 {
        self.kills.values().sum()
    }

    pub(crate) fn died(&mut self, at: &'static str) {
        *self.kills.entry(at).or_default() += 1;
    }
}

/// Lives through `kills` deaths, adds to the tally, and answers what was wrong.
pub(crate) async fn live(house: &Installation, kills: u64, chance: &Chance, tally: &mut Tally) -> Vec<String> {
    let before = tally.total();
    // Killed in the first migration, in the one after it, and in those of the key store: each start goes on where it can.
    for pass in [1, 2] {
        let fuse = Fuse { point: "migration", pass };
        match Server::start(house.folder(), &house.environment, Some(&fuse)).await {
            Started::Died => tally.died("migration"),
            Started::Ready(server) => server.kill().await,
        }
    }
    let seeded = house.seed().await;
    seeded.receiver.misbehave();
    let customer = Arc::new(Customer::new(house.folder().join("customer"), CODES));
    while tally.total() - before < kills && customer.wrong().is_empty() {
        let death = *chance.pick(&DEATHS);
        let fuse = death.map(|(point, most)| Fuse { point, pass: 1 + chance.below(most) });
        match Server::start(house.folder(), &house.environment, fuse.as_ref()).await {
            Started::Died => tally.died(fuse.map_or("", |fuse| fuse.point)),
            Started::Ready(server) => {
                tally.slowest_ready = tally.slowest_ready.max(server.ready_after);
                tally.died(die_under_load(house, &seeded.api, &customer, server, fuse, chance).await);
            }
        }
    }
    judge(house, &seeded, &customer, tally).await
}

/// Callers send while the server dies; answers where it did.
pub(crate) async fn die_under_load(
    house: &Installation,
    api: &Api,
    customer: &Arc<Customer>,
    server: Server,
    fuse: Option<Fuse>,
    chance: &Chance,
) -> &'static str {
    // Dying while being looked at is as good as any.
    let _ = customer.look_back(api, server.address, chance).await;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (customer, api, address) = (customer.clone(), api.clone(), server.address);
            tokio::spawn(async move { customer.send_until_death(&api, address).await })
        })
        .collect();
    let died_at = match fuse {
        Some(fuse) => {
            let burnt_down = server.await_death(house.folder(), FUSE_TIME).await;
            if burnt_down { fuse.point } else { ANY_TIME }
        }
        None => {
            tokio::time::sleep(Duration::from_millis(chance.below(400))).await;
            server.kill().await;
            ANY_TIME
        }
    };
    for caller in callers {
        caller.await.unwrap();
    }
    died_at
}

/// Lets a server run undisturbed until all is settled, and compares what the customer, the API, the receiver and the ledger say.
pub(crate) async fn judge(
    house: &Installation,
    seeded: &Seeded,
    customer: &Customer,
    tally: &mut Tally,
) -> Vec<String> {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    customer.settle(&seeded.api, server.address).await.unwrap();
    let promises = customer.promises();
    let promised: BTreeSet<&str> = promises.iter().map(|promise| &*promise.id).collect();
    let mut wrong = Vec::new();

    let mut connection = seeded.api.connect(server.address).await.unwrap();
    for promise in &promises {
        let answer = connection.get(&format!("/v1/messages/{}", promise.id)).await.unwrap();
        customer.expect_alive(promise, &answer);
        let answer = connection.post("/v1/messages", &promise.request.key, &promise.request.body).await.unwrap();
        customer.expect_replay(promise, &answer);
    }
    let settled = until(CATCHING_UP, || async {
        let heard = seeded.receiver.heard();
        let all = listed(&seeded.api, server.address).await;
        let told = |id: &str| heard.reports.contains_key(&(id.to_owned(), "delivered".to_owned()));
        all.iter().all(|(id, state)| state == "delivered" && told(id))
    });
    if !settled.await {
        wrong.push("not every message was delivered and reported in time".into());
    }
    let all = listed(&seeded.api, server.address).await;
    let there: BTreeSet<&str> = all.iter().map(|(id, _)| &**id).collect();
    if there.len() != all.len() || promised.len() != promises.len() {
        wrong.push("an id was given twice".into());
    }
    wrong.extend(promised.difference(&there).map(|id| format!("acknowledged and lost: {id}")));
    wrong.extend(there.difference(&promised).map(|id| format!("there, and nobody sent it: {id}")));
    let heard = seeded.receiver.heard();
    for ((message, state), ids) in &heard.reports {
        if ids.len() != 1 {
            wrong.push(format!("{message} became {state} under {} event ids", ids.len()));
        }
        if !promised.contains(&**message) {
            wrong.push(format!("reported, and nobody sent it: {message}"));
        }
    }
    wrong.extend(heard.wrong);
    wrong.extend(customer.wrong());

    drop(connection);
    server.stop(house.folder()).await;
    match house.verify_ledger("test").await {
        Ok(leaves) => tally.leaves += leaves,
        Err(why) => wrong.push(format!("the ledger does not verify: {why}")),
    }
    tally.acknowledged += promises.len();
    tally.decided_before += customer.decided_before();
    tally.misbehaved += heard.misbehaved.len() as u64;
    tally.reports += heard.reports.len() as u64;
    tally.repeated_reports += heard.events.values().map(|(_, times)| times - 1).sum::<u64>();
    wrong
}
