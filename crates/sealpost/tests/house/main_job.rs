//! The main job, from API call to signed delivery and proof.

use std::time::{SystemTime, UNIX_EPOCH};

use sealpost_seal::rng::SystemRng;
use sealpost_seal::signature::{KeyEncoding, SigningSecret, verify_standard};
use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    a_message_is_accepted_delivered_reported_signed_and_proven
    a_batch_answers_for_each_item_alone
    a_repeated_request_is_answered_byte_for_byte_and_done_once
    a_repeated_batch_is_answered_byte_for_byte_with_its_refusals_and_done_once
    a_message_that_has_not_left_can_be_cancelled_and_one_that_has_can_not
    a_cursor_works_only_with_the_filter_it_came_from
    a_rotated_or_revoked_key_is_refused_by_the_next_request
}

async fn event(house: &House) {
    house.event("otp.login", "sms", "otp", &json!({ "text": "{{ code }} is your code." })).await;
}

fn message(code: &str) -> Value {
    json!({ "event": "otp.login", "to": { "phone": "+15550100123" }, "data": { "code": code } })
}

async fn a_message_is_accepted_delivered_reported_signed_and_proven(house: House) {
    event(&house).await;
    let (endpoint, secret) = house.endpoint("reports").await;
    let answer = house.ask(Ask::post("/v1/messages", &message("417233"))).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let accepted = answer.json();
    assert_eq!(accepted["durability"], "durable");
    let id = text(&accepted, "id");

    let report = house.receiver.report("message.delivered", &id).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let secret = SigningSecret::import(&secret, KeyEncoding::Base64).unwrap();
    assert_eq!(verify_standard(&report.pairs(), &report.body, &secret, now, 300), Ok(()));
    let mut altered = report.body.to_vec();
    altered[0] ^= 1;
    assert!(verify_standard(&report.pairs(), &altered, &secret, now, 300).is_err());
    assert!(verify_standard(&report.pairs(), &report.body, &SigningSecret::generate(&SystemRng), now, 300).is_err());

    let shown = house.message_in(&id, "delivered").await;
    let outbox = house.get("/v1/outbox").await;
    assert_eq!(outbox["data"][0]["id"], json!(id));
    let mut kinds = Vec::new();
    for _ in 0..1_000 {
        let timeline = house.get(format!("/v1/messages/{id}/timeline")).await;
        kinds = timeline["steps"].as_array().unwrap().iter().map(|step| text(step, "kind")).collect();
        if kinds.iter().any(|kind| kind == "report_delivered") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for step in ["accepted", "delivered", "report_delivered"] {
        assert!(kinds.iter().any(|kind| kind == step), "no {step} in {kinds:?}");
    }
    for (what, value) in [("message", &shown), ("outbox", &outbox), ("report", &report.event())] {
        let value = value.to_string();
        assert!(!value.contains("5550100123") && !value.contains("417233"), "{what} shows clear data: {value}");
    }

    let entries = house.get(format!("/v1/ledger/entries?target={id}&action=message.accept")).await;
    let entry = &entries["data"][0];
    assert_eq!(entry["request_id"].as_str(), Some(answer.header("x-request-id")));
    let seq = entry["seq"].as_u64().unwrap();
    let mut proof = house.ask(Ask::get(format!("/v1/ledger/proof?seq={seq}"))).await;
    for _ in 0..1_000 {
        if proof.status == 200 {
            break;
        }
        // The next checkpoint is still to be signed.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        proof = house.ask(Ask::get(format!("/v1/ledger/proof?seq={seq}"))).await;
    }
    assert_eq!(proof.json()["leaf_hash"], entry["leaf_hash"], "{}", proof.text());
    let deliveries = house.get(format!("/v1/endpoints/{endpoint}/deliveries")).await;
    let delivery = text(&deliveries["data"][0], "id");
    let detail = house.get(format!("/v1/deliveries/{delivery}")).await;
    assert_eq!(detail["log"][0]["status"], 204, "{detail}");
}

async fn a_batch_answers_for_each_item_alone(house: House) {
    event(&house).await;
    let mut unknown = message("2");
    unknown["event"] = json!("never.defined");
    let mut keyed = message("3");
    keyed["idempotency_key"] = json!("third");
    let body = json!({ "messages": [message("1"), unknown, keyed, { "event": "otp.login" }] });
    let answer = house.post("/v1/messages/batch", &body).await;
    let statuses: Vec<u64> =
        answer["results"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [202, 422, 202, 422], "{answer}");
    assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(2), &json!(2)));
    assert_eq!(answer["results"][1]["body"]["code"], "event_unknown");
    let again = house.post("/v1/messages/batch", &body).await;
    assert_eq!(again["results"][2]["body"]["id"], answer["results"][2]["body"]["id"], "its own key makes it the same");
    assert_ne!(again["results"][0]["body"]["id"], answer["results"][0]["body"]["id"]);
    let many = json!({ "messages": vec![message("1"); 1001] });
    let refused = house.ask(Ask::post("/v1/messages/batch", &many)).await;
    assert_eq!((refused.status, &*refused.code()), (422, "batch_size"));
}

async fn a_repeated_request_is_answered_byte_for_byte_and_done_once(house: House) {
    event(&house).await;
    let ask = |code: &str| Ask::post("/v1/messages", &message(code)).header("idempotency-key", "order-1");
    let first = house.ask(ask("1")).await;
    let second = house.ask(ask("1")).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (202, ""));
    assert_eq!((second.status, second.header("idempotency-replayed")), (202, "true"));
    assert_eq!(first.body, second.body);
    let other = house.ask(ask("2")).await;
    assert_eq!((other.status, &*other.code()), (422, "idempotency_mismatch"));
    let page = house.get("/v1/messages").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let foreign = house.api.ask(ask("2").key(&house.keys.foreign)).await;
    assert_ne!(foreign.code(), "idempotency_mismatch", "another organisation's key is another key");
}

async fn a_repeated_batch_is_answered_byte_for_byte_with_its_refusals_and_done_once(house: House) {
    event(&house).await;
    let refused = json!({ "event": "nobody.knows", "to": { "phone": "+15550100123" }, "data": {} });
    let mut own = message("2");
    own["idempotency_key"] = json!("item-2");
    let ask = |messages: &[&Value]| {
        Ask::post("/v1/messages/batch", &json!({ "messages": messages })).header("idempotency-key", "batch-1")
    };
    let first = house.ask(ask(&[&message("1"), &refused, &own])).await;
    let second = house.ask(ask(&[&message("1"), &refused, &own])).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, ""), "{}", first.text());
    assert_eq!((second.status, second.header("idempotency-replayed")), (200, "true"));
    assert_eq!(first.body, second.body);
    assert_eq!((&first.json()["accepted"], &first.json()["refused"]), (&json!(2), &json!(1)));
    let other = house.ask(ask(&[&message("1"), &refused])).await;
    assert_eq!((other.status, &*other.code()), (422, "idempotency_mismatch"));

    // An item's own key holds in any batch.
    let elsewhere = house.post("/v1/messages/batch", &json!({ "messages": [own] })).await;
    assert_eq!(elsewhere["results"][0], first.json()["results"][2]);
    assert_eq!(house.get("/v1/messages").await["data"].as_array().unwrap().len(), 2);
}

async fn a_message_that_has_not_left_can_be_cancelled_and_one_that_has_can_not(house: House) {
    event(&house).await;
    let left = text(&house.post("/v1/messages", &message("1")).await, "id");
    house.message_in(&left, "delivered").await;
    let refused = house.ask(Ask::new("post", format!("/v1/messages/{left}/cancel"))).await;
    assert_eq!(refused.status, 409, "{}", refused.text());

    let waiting = house.waiting_message().await;
    let cancel = Ask::new("post", format!("/v1/messages/{waiting}/cancel")).key(&house.keys.live);
    assert_eq!(house.api.must(cancel).await["state"], "cancelled");
    let shown = house.api.must(Ask::get(format!("/v1/messages/{waiting}")).key(&house.keys.live)).await;
    assert_eq!(shown["state"], "cancelled");
}

async fn a_cursor_works_only_with_the_filter_it_came_from(house: House) {
    event(&house).await;
    for code in ["1", "2", "3"] {
        house.post("/v1/messages", &message(code)).await;
    }
    let first = house.get("/v1/messages?limit=2").await;
    let cursor = text(&first, "next_cursor");
    let second = house.get(format!("/v1/messages?limit=2&cursor={cursor}")).await;
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    assert_eq!(second["has_more"], false);
    assert_ne!(first["data"][1]["id"], second["data"][0]["id"]);
    let contact = text(&first["data"][0], "contact_id");
    for path in [
        format!("/v1/messages?contact_id={contact}&limit=2&cursor={cursor}"),
        format!("/v1/outbox?limit=2&cursor={cursor}"),
        format!("/v1/messages?limit=2&cursor={}", cursor.chars().rev().collect::<String>()),
    ] {
        let refused = house.ask(Ask::get(&path)).await;
        assert_eq!((refused.status, &*refused.code()), (400, "cursor_invalid"), "{path}");
    }
    let foreign = Ask::get(format!("/v1/messages?limit=2&cursor={cursor}")).key(&house.keys.foreign);
    assert_eq!(house.api.ask(foreign).await.code(), "cursor_invalid");
}

async fn a_rotated_or_revoked_key_is_refused_by_the_next_request(house: House) {
    let (id, old) = house.key_with(&["keys:read"]).await;
    let list = |key: &str| Ask::get("/v1/keys").key(key);
    assert_eq!(house.api.ask(list(&old)).await.status, 200);
    let rotated = house.post(format!("/v1/keys/{id}/rotate"), &json!({ "overlap_seconds": 0 })).await;
    let refused = house.api.ask(list(&old)).await;
    assert_eq!((refused.status, &*refused.code()), (401, "key_rotated_out"));
    let new = text(&rotated, "key");
    assert_eq!(house.api.ask(list(&new)).await.status, 200);
    house.post_nothing(format!("/v1/keys/{}/revoke", text(&rotated, "id"))).await;
    let refused = house.api.ask(list(&new)).await;
    assert_eq!((refused.status, &*refused.code()), (401, "key_revoked"));
}

impl House {
    /// A message of our live environment that waits for its next try: its relay is not there.
    pub(crate) async fn waiting_message(&self) -> String {
        let live = |path: &str, body: Value| self.api.must(Ask::post(path, &body).key(&self.keys.live));
        // Bound and never listened on: whoever connects is refused.
        let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let known = self.api.must(Ask::get("/v1/events").key(&self.keys.live)).await;
        if known["data"].as_array().unwrap().is_empty() {
            live(
                "/v1/channels",
                json!({ "name": "mail", "email": {
                "host": "127.0.0.1", "port": nobody, "security": "plain_loopback",
                "from_address": "news@mail.example.com", "helo": "mail.example.com" } }),
            )
            .await;
            let template = json!({ "name": "visit", "channel": "email",
                "content": { "subject": "Your visit", "text": "{{ day }}" } });
            let template = text(&live("/v1/templates", template).await, "id");
            live("/v1/events", json!({ "name": "visit", "class": "transactional", "template_id": template })).await;
        }
        let body = json!({ "event": "visit", "to": { "email": "ada@example.com" }, "data": { "day": "Monday" } });
        let id = text(&live("/v1/messages", body).await, "id");
        for _ in 0..6_000 {
            let message = self.api.must(Ask::get(format!("/v1/messages/{id}")).key(&self.keys.live)).await;
            if message["state"] == "queued" && message["attempts"].as_u64() > Some(0) {
                return id;
            }
            assert!(message["state"] == "queued" || message["state"] == "sending", "{message}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it is not tried")
    }
}
