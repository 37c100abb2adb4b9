//! What begins runs from outside: an event with its message, and a webhook of somebody who has no key of ours.

use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::house::{House, text};

crate::on_both_engines! {
    a_webhook_begins_one_run_and_whoever_is_not_believed_learns_nothing
    an_event_begins_a_run_with_its_message_and_once
    a_reply_goes_on_with_a_run_and_begins_one
}

const KEY: &str = "a key that the sender says";
const BODY: &str = r#"{"event":"evt_7","customer":{"email":"marker.tapir@example.com"},"plan":"marker-okapi"}"#;

/// A workflow that waits, in force.
async fn waiting(house: &House, name: &str) -> String {
    let nodes = json!({
        "first": { "type": "wait", "for": { "signal": "go" }, "timeout_seconds": 86_400, "next": "end", "otherwise": "end" },
        "end": { "type": "end" },
    });
    house.workflow(name, &nodes).await
}

async fn runs(house: &House, workflow: &str) -> Vec<Value> {
    let page = house.get(format!("/v1/workflow-runs?workflow_id={workflow}")).await;
    page["data"].as_array().unwrap().clone()
}

async fn send(house: &House, path: &str, key: &str, id: &str) -> Answer {
    let ask = Ask::new("post", path).bytes("application/json", BODY).header("sealpost-trigger-key", key);
    house.api.ask(ask.header("webhook-id", id)).await
}

async fn a_webhook_begins_one_run_and_whoever_is_not_believed_learns_nothing(house: House) {
    let workflow = waiting(&house, "visit").await;
    let secret = text(&house.post("/v1/secrets", &json!({ "name": "crm-webhook", "value": KEY })).await, "id");
    let trigger = json!({
        "webhook": { "check": "key", "secret": { "secret": "crm-webhook" }, "to": { "email": "/data/customer/email" } },
        "data": { "plan": { "field": "/data/plan" } },
    });
    let triggers = format!("/v1/workflows/{workflow}/triggers");
    let made = house.post(&triggers, &trigger).await;
    let url = text(&made["webhook"], "url");
    let path = url[url.find("/hooks/").unwrap()..].to_owned();

    let first = send(&house, &path, KEY, "a").await;
    assert_eq!(first.status, 202, "{}", first.text());
    let run = text(&first.json(), "run_id");
    assert_eq!(send(&house, &path, KEY, "a").await.json()["run_id"], run, "it came before");
    assert_eq!(runs(&house, &workflow).await.len(), 1);
    let shown = house.run_in(&run, "waiting").await;
    assert!(!shown.to_string().contains("marker") && shown["data"]["plan"].is_object(), "{shown}");

    let wrong = send(&house, &path, "another", "b").await;
    let none = house.api.ask(Ask::new("post", &path).bytes("application/json", "no json")).await;
    for refused in [&wrong, &none] {
        assert_eq!((refused.status, refused.code()), (401, "signature_invalid".to_owned()), "{}", refused.text());
    }
    let absent = send(&house, "/hooks/nobody", KEY, "b").await;
    assert_eq!(absent.status, 404);
    assert_eq!(runs(&house, &workflow).await.len(), 1, "nothing of these began one");

    let used = house.api.ask(Ask::new("delete", format!("/v1/secrets/{secret}")).key(&house.keys.ours)).await;
    assert_eq!((used.status, used.code()), (409, "secret_in_use".to_owned()));
    let id = text(&made, "id");
    assert_eq!(house.get(&triggers).await["data"][0]["id"], id);
    house.api.must(Ask::new("delete", format!("/v1/workflow-triggers/{id}")).key(&house.keys.ours)).await;
    assert_eq!(send(&house, &path, KEY, "c").await.status, 404, "taken away, it is as if it had never been");
}

async fn an_event_begins_a_run_with_its_message_and_once(house: House) {
    house.event("visit.booked", "sms", "transactional", &json!({ "text": "{{ code }}" })).await;
    let workflow = waiting(&house, "after").await;
    house.post(format!("/v1/workflows/{workflow}/triggers"), &json!({ "event": "visit.booked" })).await;
    let message = json!({ "event": "visit.booked", "to": { "phone": "+12025550142" }, "data": { "code": "774411" } });
    let once = Ask::post("/v1/messages", &message).key(&house.keys.ours).header("idempotency-key", "booked-1");
    let sent = house.api.must(once.clone()).await;
    assert_eq!(house.api.must(once).await["id"], sent["id"]);
    let begun = runs(&house, &workflow).await;
    assert_eq!(begun.len(), 1, "one for the message, however often it is asked for");
    let told = house.get(format!("/v1/messages/{}", text(&sent, "id"))).await;
    assert_eq!(begun[0]["contact_id"], told["contact_id"]);
    let refused = json!({ "event": "visit.booked", "to": { "phone": "+12025550142" }, "data": {} });
    assert_eq!(house.ask(Ask::post("/v1/messages", &refused)).await.status, 422);
    assert_eq!(runs(&house, &workflow).await.len(), 1, "no message, no run");
}

async fn a_reply_goes_on_with_a_run_and_begins_one(house: House) {
    let nodes = json!({
        "first": { "type": "wait", "for": "reply", "timeout_seconds": 3_600, "next": "look", "otherwise": "no" },
        "look": { "type": "condition", "if": { "field": "/answers/first/body/text", "matches": "^yes" }, "then": "yes", "else": "no" },
        "yes": { "type": "end", "outcome": "yes" },
        "no": { "type": "end", "outcome": "no" },
    });
    house.workflow("ask", &nodes).await;
    let begun = waiting(&house, "begun").await;
    let triggers = format!("/v1/workflows/{begun}/triggers");
    assert_eq!(house.post(&triggers, &json!({ "reply": true })).await["reply"], true);
    let to = json!({ "phone": "+12025550143" });
    let run = text(&house.post("/v1/workflow-runs", &json!({ "workflow": "ask", "to": to })).await, "id");
    house.run_in(&run, "waiting").await;
    let reply = json!({ "from": to, "text": "yes, says marker-numbat", "id": "SM7" });
    let taken = house.post("/v1/replies", &reply).await;
    assert_eq!(taken, json!({ "runs": [run], "began": [] }));
    let shown = house.run_in(&run, "done").await;
    assert_eq!(shown["reason"], "yes");
    assert!(!shown.to_string().contains("numbat"), "{shown}");
    assert_eq!(house.post("/v1/replies", &reply).await, taken, "the same once more");
    assert!(runs(&house, &begun).await.is_empty());
    let other = json!({ "from": to, "text": "another thing", "id": "SM8" });
    let taken = house.post("/v1/replies", &other).await;
    assert_eq!(taken["runs"], json!([]));
    assert_eq!(runs(&house, &begun).await[0]["id"], taken["began"][0]);
}
