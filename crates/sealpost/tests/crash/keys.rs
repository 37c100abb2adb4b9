//! Deaths around keys: a person is being erased, the organisation's key or the root key turns.

use std::time::Duration;

use sealpost_access::{encryption, organisations};
use sealpost_store::{Environment, Org};
use serde_json::{Value, json};

use crate::api::Api;
use crate::customer::until;
use crate::installation::Installation;
use crate::server::{Fuse, Server, Started};

/// Within which what was interrupted is done: a turn waits for every node to learn, and for whoever began before it.
const CATCHING_UP: Duration = Duration::from_secs(120);
const NEW_ROOT: &str = "next-root.key";

/// A server that is to die at this point the first time it passes it.
async fn doomed(house: &Installation, point: &'static str) -> Option<Server> {
    match Server::start(house.folder(), &house.environment, Some(&Fuse { point, pass: 1 })).await {
        Started::Ready(server) => Some(server),
        Started::Died => None,
    }
}

async fn get(api: &Api, server: &Server, path: &str) -> Value {
    ask(api, server, path).await.expect("a server that lives answers")
}

/// Nothing if the server dies meanwhile.
async fn ask(api: &Api, server: &Server, path: &str) -> Option<Value> {
    let answer = api.connect(server.address).await.ok()?.get(path).await.ok()?;
    Some(if answer.status == 200 { answer.json() } else { json!({ "status": answer.status }) })
}

/// Somebody, and a message to them.
async fn somebody(api: &Api, server: &Server, number: u32) -> (String, String) {
    let mut connection = api.connect(server.address).await.unwrap();
    let phone = format!("+1202555{number:04}");
    let contact = connection.make("/v1/contacts", &json!({ "phone": phone })).await;
    let body = json!({ "event": "crash.test", "to": { "contact_id": contact["id"] }, "data": { "code": "246810" } });
    let message = connection.make("/v1/messages", &body).await;
    (contact["id"].as_str().unwrap().to_owned(), message["id"].as_str().unwrap().to_owned())
}

/// A server killed when a person's key is gone finishes after its next start.
pub(crate) async fn erase(house: &Installation) -> Vec<String> {
    let seeded = house.seed().await;
    let api = &seeded.api;
    let server = doomed(house, "shredded").await.expect("nobody is erased while it starts");
    let (contact, message) = somebody(api, &server, 101).await;
    let mut connection = api.connect(server.address).await.unwrap();
    let asked = json!({ "reason": "asked", "note": "crash" }).to_string();
    let answer = connection.post(&format!("/v1/contacts/{contact}/erase"), "once", asked.as_bytes()).await;
    let mut wrong = Vec::new();
    if answer.is_ok() {
        wrong.push("it answered although it died before it was done".to_owned());
    }
    if !server.await_death(house.folder(), Duration::from_secs(20)).await {
        wrong.push("it did not die where a key is gone".to_owned());
    }
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let done = until(CATCHING_UP, || async { get(api, &server, "/v1/erasures").await["data"][0]["state"] == "done" });
    if !done.await {
        wrong.push("the erasure is not finished after the restart".to_owned());
    }
    let erasure = get(api, &server, "/v1/erasures").await["data"][0].clone();
    if erasure["reason"] != "asked" || erasure["messages"] != 1 {
        wrong.push(format!("the erasure lost something: {erasure}"));
    }
    let certificate = format!("/v1/erasures/{}/certificate", erasure["id"].as_str().unwrap_or_default());
    if !get(api, &server, &certificate).await["certificate"].is_string() {
        wrong.push("there is no certificate".to_owned());
    }
    if get(api, &server, &format!("/v1/contacts/{contact}")).await["status"] != 404 {
        wrong.push("the contact is still there".to_owned());
    }
    let message = get(api, &server, &format!("/v1/messages/{message}")).await;
    if message["status"] == 404 || message.to_string().contains("246810") {
        wrong.push(format!("the message is not as it should be: {message}"));
    }
    // Whoever heard nothing asks again, and is answered what was answered.
    let mut connection = api.connect(server.address).await.unwrap();
    let again = connection.post(&format!("/v1/contacts/{contact}/erase"), "once", asked.as_bytes()).await;
    if !again.is_ok_and(|answer| answer.status == 404 || answer.is_replay()) {
        wrong.push("asked again it is neither a replay nor absent".to_owned());
    }
    server.stop(house.folder()).await;
    verified(house, &mut wrong).await;
    wrong
}

/// A server killed at every step of a turn goes on with it, and opens everything meanwhile.
pub(crate) async fn turn(house: &Installation) -> Vec<String> {
    let seeded = house.seed().await;
    let api = &seeded.api;
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let (contact, message) = somebody(api, &server, 102).await;
    server.stop(house.folder()).await;
    ask_for_turn(house).await;
    let mut wrong = Vec::new();
    for point in ["key_turned", "slots_rewrapped", "old_key_gone"] {
        let Some(server) = doomed(house, point).await else { continue };
        opens(api, &server, &contact, &message, &mut wrong).await;
        if !server.await_death(house.folder(), CATCHING_UP).await {
            wrong.push(format!("it did not die at {point}"));
        }
    }
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let done =
        until(CATCHING_UP, || async { get(api, &server, "/v1/settings/encryption").await["turn"]["state"] == "done" });
    if !done.await {
        wrong.push(format!("the turn is not done: {}", get(api, &server, "/v1/settings/encryption").await));
    }
    let after = get(api, &server, "/v1/settings/encryption").await;
    if after["key_versions"] != json!([2]) {
        wrong.push(format!("there is more than the new version: {after}"));
    }
    opens(api, &server, &contact, &message, &mut wrong).await;
    server.stop(house.folder()).await;
    verified(house, &mut wrong).await;
    wrong
}

/// The root key is changed beside a server, by a command that is killed in the middle and run again.
pub(crate) async fn turn_root(house: &Installation) -> Vec<String> {
    let seeded = house.seed().await;
    let api = &seeded.api;
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let (contact, message) = somebody(api, &server, 103).await;
    let next = house.folder().join(NEW_ROOT);
    let change = ["keys", "rotate-root", "--to", next.to_str().unwrap()];
    let mut wrong = Vec::new();
    if house.run_doomed("root_rewrapped", &change).await.is_ok() {
        wrong.push("the command did not die".to_owned());
    }
    opens(api, &server, &contact, &message, &mut wrong).await;
    wrong.extend(house.run(&change).await.err());
    opens(api, &server, &contact, &message, &mut wrong).await;
    server.stop(house.folder()).await;
    if house.run(&["keys", "rotate-root", "--finish"]).await.is_ok() {
        wrong.push("it was finished under the key before".to_owned());
    }
    let config = house.folder().join("sealpost.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("root.key\"", &format!("{NEW_ROOT}\""))).unwrap();
    let server = Server::start_safely(house.folder(), &house.environment).await;
    opens(api, &server, &contact, &message, &mut wrong).await;
    let finished = until(CATCHING_UP, || async { house.run(&["keys", "rotate-root", "--finish"]).await.is_ok() });
    if !finished.await {
        wrong.push("it can't be finished".to_owned());
    }
    opens(api, &server, &contact, &message, &mut wrong).await;
    server.stop(house.folder()).await;
    let store = house.open_under(&std::fs::read_to_string(&next).unwrap()).await;
    let id = store.organisations().await.unwrap()[0];
    let ctx = organisations::operator(&store, Org { id, environment: Environment::Live });
    let leaves = store.ledger_leaves(&ctx, 0, 1000).await.unwrap();
    let noted = leaves.iter().filter(|row| String::from_utf8_lossy(&row.leaf).contains("root_key.rotate")).count();
    if noted != 1 {
        wrong.push(format!("the ledger says {noted} times that there is another root key"));
    }
    drop(store);
    std::fs::write(&config, text).unwrap();
    if house.run(&["ledger", "key", "--local"]).await.is_ok() {
        wrong.push("the root key before still opens".to_owned());
    }
    wrong
}

/// Somebody with a shell asks for a turn, as the dashboard does.
async fn ask_for_turn(house: &Installation) {
    let store = house.open().await;
    let id = store.organisations().await.unwrap()[0];
    let ctx = organisations::operator(&store, Org { id, environment: Environment::Test });
    let keys = store.keys().organisation(id).await.unwrap();
    let version = encryption::next_version(&store, &ctx).await.unwrap();
    let begun = store.write(&ctx, move |tx| encryption::begin(tx, &keys, version)).await;
    begun.unwrap_or_else(|failure| panic!("{failure:?}"));
}

/// What was there is there, as long as the server lives.
async fn opens(api: &Api, server: &Server, contact: &str, message: &str, wrong: &mut Vec<String>) {
    let there = ask(api, server, &format!("/v1/contacts/{contact}")).await;
    if there.as_ref().is_some_and(|there| there["phone"]["masked"] != true) {
        wrong.push(format!("the contact doesn't open: {there:?}"));
    }
    let there = ask(api, server, &format!("/v1/messages/{message}")).await;
    if there.as_ref().is_some_and(|there| there["to"]["masked"] != true) {
        wrong.push(format!("the message doesn't open: {there:?}"));
    }
}

async fn verified(house: &Installation, wrong: &mut Vec<String>) {
    if let Err(says) = house.verify_ledger("test").await {
        wrong.push(format!("the ledger doesn't verify: {says}"));
    }
}
