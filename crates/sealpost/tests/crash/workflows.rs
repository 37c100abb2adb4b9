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
    pub(crate) runs: u64,
    /// Calls of which nobody knows whether they were heard.
    pub(crate) unknown: u64,
    /// Those of them that were.
    pub(crate) unknown_and_heard: u64,
}

/// Runs workflows while the server dies `kills` times; answers what was seen, and what was wrong.
pub(crate) async fn live(house: &Installation, kills: u64, chance: &Chance) -> (Seen, Vec<String>) {
    let seeded = house.seed().await;
    let (mut seen, mut begun) = (Seen::default(), BTreeMap::<String, String>::new());
    make(house, &seeded.api).await;
    while seen.kills < kills {
        let death = *chance.pick(&DEATHS);
        let fuse = death.map(|(point, most)| Fuse { point, pass: 1 + chance.below(most) });
        seen.kills += 1;
        let Started::Ready(server) = Server::start(house.folder(), &house.environment, fuse.as_ref()).await else {
            continue;
        };
        for number in 0..RUNS {
            let key = format!("run-{}-{number}", seen.kills);
            begin(&seeded.api, &server, &key, &mut begun).await;
        }
        match fuse {
            Some(_) => drop(server.await_death(house.folder(), FUSE_TIME).await),
            None => {
                tokio::time::sleep(Duration::from_millis(chance.below(300))).await;
                server.kill().await;
            }
        }
    }
    let wrong = judge(house, &seeded, &begun, &mut seen).await;
    (seen, wrong)
}

/// A workflow with a node of each kind, in force.
async fn make(house: &Installation, api: &Api) {
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut connection = api.connect(server.address).await.unwrap();
    let nodes = json!({
        "greet": { "type": "send", "event": "crash.test", "data": { "code": { "field": "/data/code" } }, "next": "ask" },
        "ask": { "type": "call", "endpoint": "crash", "next": "look", "on": { "lost": "look" } },
        "look": { "type": "condition", "if": { "field": "/data/code", "matches": "^[0-9]+$" }, "then": "rest", "else": "end" },
        "rest": { "type": "delay", "seconds": 1, "next": "arrived" },
        "arrived": { "type": "wait", "for": { "message": "greet" }, "timeout_seconds": 3600, "next": "bye", "otherwise": "end" },
        "bye": { "type": "send", "event": "crash.test", "data": { "code": { "value": "2" } }, "next": "end" },
        "end": { "type": "end", "outcome": "through" },
    });
    let definition = json!({ "class": "transactional", "start": "greet", "nodes": nodes });
    let made = connection.make("/v1/workflows", &json!({ "name": "crash", "definition": definition })).await;
    let promote = format!("/v1/workflows/{}/promote", made["id"].as_str().unwrap());
    connection.make(&promote, &json!({ "version": 1, "expected": 0 })).await;
    drop(connection);
    server.stop(house.folder()).await;
}

async fn begin(api: &Api, server: &Server, key: &str, begun: &mut BTreeMap<String, String>) {
    let body = json!({ "workflow": "crash", "to": { "phone": "+12025550113" }, "data": { "code": "417233" } });
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
    let mut sent = BTreeSet::new();
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    for id in &there {
        let run = connection.get(&format!("/v1/workflow-runs/{id}")).await.unwrap().json();
        seen.runs += 1;
        if run["reason"] != "through" {
            wrong.push(format!("{id} ended otherwise: {run}"));
        }
        let steps = run["steps"].as_array().unwrap();
        for step in steps {
            if let Some(message) = step["message_id"].as_str()
                && !sent.insert(message.to_owned())
            {
                wrong.push(format!("{message} is of two sends"));
            }
        }
        let asked = steps.iter().find(|step| step["node"] == "ask").map(|step| step["state"].clone());
        let times = heard.events.get(&format!("{id}_ask")).map_or(0, |(_, times)| *times);
        match (asked.as_ref().and_then(Value::as_str), times) {
            (Some("done"), 1) => {}
            (Some("unknown"), 0 | 1) => {
                seen.unknown += 1;
                seen.unknown_and_heard += times;
            }
            (state, times) => wrong.push(format!("{id}: its call is {state:?}, and was heard {times} times")),
        }
    }
    // Two sends of each run, and no message that isn't one of them.
    let all_messages: BTreeSet<String> =
        messages.iter().filter_map(|message| message["id"].as_str().map(str::to_owned)).collect();
    if sent.len() as u64 != 2 * seen.runs || all_messages != sent {
        wrong.push(format!("{} runs, {} sends, {} messages", seen.runs, sent.len(), all_messages.len()));
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
