//! Kills while runs go through a node of each kind, and a look at what each of them did.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::Api;
use crate::chance::Chance;
use crate::customer::until;
use crate::installation::{Installation, Seeded};
use crate::server::{Fuse, Server, Started};

/// Where to die, with the most passes before it; nothing is `SIGKILL` from outside, at any time.
const DEATHS: [Option<(&str, u64)>; 6] = [
    None,
    None,
    Some(("before_commit", 60)),
    Some(("after_commit", 60)),
    Some(("after_provider", 6)),
    Some(("after_provider", 2)),
];
/// The workflow with nodes of all kinds.
const ALL: &str = "all";
/// Runs begun before each death.
const RUNS: u64 = 12;
/// How long a fuse may take to burn down before the process is killed from outside.
const FUSE_TIME: Duration = Duration::from_secs(5);
/// Leases of a dead node run out after a minute; then its work is taken over.
const CATCHING_UP: Duration = Duration::from_secs(150);

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) kills: u64,
    /// How many of them at nodes of each kind that asks or waits.
    pub(crate) at: BTreeMap<&'static str, u64>,
    pub(crate) runs: u64,
    /// Calls of which nobody knows whether they were heard.
    pub(crate) unknown: u64,
    /// Those of them that were.
    pub(crate) unknown_and_heard: u64,
}

/// A workflow of each kind of node that asks somebody or waits, beside one that has all of them: whoever dies while one of them runs dies
/// at that kind. A condition does neither: a run that died at one is through before the next server says where it is.
fn kinds() -> Vec<(&'static str, Value)> {
    let send = |next: &str| json!({ "type": "send", "event": "crash.test", "data": { "code": { "field": "/data/code" } }, "next": next });
    let call = |next: &str| json!({ "type": "call", "endpoint": "crash", "next": next, "on": { "lost": next } });
    let rest = |next: &str| json!({ "type": "delay", "seconds": 1, "next": next });
    let wait = |next: &str| json!({ "type": "wait", "for": { "signal": "never" }, "timeout_seconds": 1, "next": next, "otherwise": next });
    let of = |node: &dyn Fn(&str) -> Value| json!({ "first": node("second"), "second": node("third"), "third": node("end"), "end": { "type": "end", "outcome": "through" } });
    vec![("send", of(&send)), ("call", of(&call)), ("delay", of(&rest)), ("wait", of(&wait))]
}

/// Nodes of each kind after each other.
fn all_kinds() -> Value {
    json!({
        "first": { "type": "send", "event": "crash.test", "data": { "code": { "field": "/data/code" } }, "next": "ask" },
        "ask": { "type": "call", "endpoint": "crash", "next": "look", "on": { "lost": "look" } },
        "look": { "type": "condition", "if": { "field": "/data/code", "matches": "^[0-9]+$" }, "then": "rest", "else": "end" },
        "rest": { "type": "delay", "seconds": 1, "next": "arrived" },
        "arrived": { "type": "wait", "for": { "message": "first" }, "timeout_seconds": 3600, "next": "bye", "otherwise": "end" },
        "bye": { "type": "send", "event": "crash.test", "data": { "code": { "value": "2" } }, "next": "end" },
        "end": { "type": "end", "outcome": "through" },
    })
}

/// Runs workflows while the server dies `kills` times, and at least `at_each` times more at nodes of each kind; answers what was seen,
/// and what was wrong.
pub(crate) async fn live(house: &Installation, kills: u64, at_each: u64, chance: &Chance) -> (Seen, Vec<String>) {
    let seeded = house.seed().await;
    let (mut seen, mut begun) = (Seen::default(), BTreeMap::<String, String>::new());
    let workflows = make(house, &seeded.api).await;
    for _ in 0..kills {
        die(house, &seeded, ALL, chance, &mut seen, &mut begun).await;
    }
    for (kind, _) in kinds() {
        // A server that dies before it has begun anything, or after all is through, dies at no node.
        for _ in 0..8 * at_each + 8 {
            if seen.at.get(kind).copied().unwrap_or_default() >= at_each {
                break;
            }
            die(house, &seeded, kind, chance, &mut seen, &mut begun).await;
            if under_way(house, &seeded, &workflows[kind]).await {
                *seen.at.entry(kind).or_default() += 1;
            }
        }
    }
    let wrong = judge(house, &seeded, &workflows, &begun, &mut seen).await;
    (seen, wrong)
}

/// Begins runs of this workflow, and lets the server die.
async fn die(
    house: &Installation,
    seeded: &Seeded,
    workflow: &str,
    chance: &Chance,
    seen: &mut Seen,
    begun: &mut BTreeMap<String, String>,
) {
    let death = *chance.pick(&DEATHS);
    let fuse = death.map(|(point, most)| Fuse { point, pass: 1 + chance.below(most) });
    seen.kills += 1;
    let Started::Ready(server) = Server::start(house.folder(), &house.environment, fuse.as_ref()).await else {
        return;
    };
    for number in 0..RUNS {
        let key = format!("run-{}-{number}", seen.kills);
        begin(&seeded.api, &server, workflow, &key, begun).await;
    }
    match fuse {
        Some(_) => drop(server.await_death(house.folder(), FUSE_TIME).await),
        None => {
            tokio::time::sleep(Duration::from_millis(chance.below(300))).await;
            server.kill().await;
        }
    }
}

/// Whether a run of this workflow was at one of its nodes when the server died: it still is when the next one looks.
async fn under_way(house: &Installation, seeded: &Seeded, workflow: &str) -> bool {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let runs = all(&seeded.api, &server, "/v1/workflow-runs").await;
    server.kill().await;
    runs.iter().any(|run| run["workflow_id"] == *workflow && run["state"] != "done")
}

/// The workflows, in force: their ids by their names.
async fn make(house: &Installation, api: &Api) -> BTreeMap<String, String> {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut connection = api.connect(server.address).await.unwrap();
    let mut made = BTreeMap::new();
    for (name, nodes) in kinds().into_iter().chain([(ALL, all_kinds())]) {
        let definition = json!({ "class": "transactional", "start": "first", "nodes": nodes });
        let workflow = connection.make("/v1/workflows", &json!({ "name": name, "definition": definition })).await;
        let id = workflow["id"].as_str().unwrap().to_owned();
        connection.make(&format!("/v1/workflows/{id}/promote"), &json!({ "version": 1, "expected": 0 })).await;
        made.insert(name.to_owned(), id);
    }
    drop(connection);
    server.stop(house.folder()).await;
    made
}

async fn begin(api: &Api, server: &Server, workflow: &str, key: &str, begun: &mut BTreeMap<String, String>) {
    let body = json!({ "workflow": workflow, "to": { "phone": "+12025550113" }, "data": { "code": "417233" } });
    let Ok(mut connection) = api.connect(server.address).await else { return };
    let Ok(answer) = connection.post("/v1/workflow-runs", key, body.to_string().as_bytes()).await else { return };
    if answer.status == 202 {
        begun.insert(key.to_owned(), answer.json()["id"].as_str().unwrap().to_owned());
    }
}

/// Lets a server run undisturbed until all is through, and compares what the runs, the messages and the receiver say.
async fn judge(
    house: &Installation,
    seeded: &Seeded,
    workflows: &BTreeMap<String, String>,
    begun: &BTreeMap<String, String>,
    seen: &mut Seen,
) -> Vec<String> {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut wrong = Vec::new();
    let through = until(CATCHING_UP, || async {
        let runs = all(&seeded.api, &server, "/v1/workflow-runs").await;
        runs.iter().all(|run| run["state"] == "done")
    });
    if !through.await {
        wrong.push("not every run came through in time".into());
    }
    let runs = all(&seeded.api, &server, "/v1/workflow-runs").await;
    let messages = all(&seeded.api, &server, "/v1/messages").await;
    let there: BTreeSet<&str> = runs.iter().filter_map(|run| run["id"].as_str()).collect();
    let lost = begun.values().filter(|id| !there.contains(id.as_str()));
    wrong.extend(lost.map(|id| format!("acknowledged and lost: {id}")));
    let heard = seeded.receiver.heard();
    let (mut sent, mut sends) = (BTreeSet::new(), 0);
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    for id in &there {
        let run = connection.get(&format!("/v1/workflow-runs/{id}")).await.unwrap().json();
        seen.runs += 1;
        if run["reason"] != "through" {
            wrong.push(format!("{id} ended otherwise: {run}"));
        }
        let of = workflows.iter().find(|(_, workflow)| run["workflow_id"] == **workflow).map(|(name, _)| name.as_str());
        let nodes = kinds().into_iter().find(|(kind, _)| Some(*kind) == of).map_or_else(all_kinds, |(_, nodes)| nodes);
        let steps = run["steps"].as_array().unwrap();
        if steps.len() != nodes.as_object().unwrap().len() {
            wrong.push(format!("{id} did not come to each of its nodes once: {run}"));
        }
        sends += steps.iter().filter(|step| step["kind"] == "send").count();
        for step in steps {
            if let Some(message) = step["message_id"].as_str()
                && !sent.insert(message.to_owned())
            {
                wrong.push(format!("{message} is of two sends"));
            }
        }
        for asked in steps.iter().filter(|step| step["kind"] == "call") {
            let node = asked["node"].as_str().unwrap();
            let times = heard.events.get(&format!("{id}_{node}")).map_or(0, |(_, times)| *times);
            match (asked["state"].as_str(), times) {
                (Some("done"), 1) => {}
                (Some("unknown"), 0 | 1) => {
                    seen.unknown += 1;
                    seen.unknown_and_heard += times;
                }
                (state, times) => wrong.push(format!("{id}: its call is {state:?}, and was heard {times} times")),
            }
        }
    }
    // One message for each send, and no message that isn't of one.
    let all_messages: BTreeSet<String> =
        messages.iter().filter_map(|message| message["id"].as_str().map(str::to_owned)).collect();
    if sent.len() != sends || all_messages != sent {
        wrong.push(format!("{sends} sends, {} of messages, {} messages", sent.len(), all_messages.len()));
    }
    wrong.extend(heard.wrong);
    drop(connection);
    server.stop(house.folder()).await;
    if let Err(why) = house.verify_ledger("test").await {
        wrong.push(format!("the ledger does not verify: {why}"));
    }
    wrong
}

/// Everything of a list.
async fn all(api: &Api, server: &Server, list: &str) -> Vec<Value> {
    let mut connection = api.connect(server.address).await.unwrap();
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = connection.get(&format!("{list}?limit=250{cursor}")).await.unwrap().json();
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}
