//! Clients of other systems, which change host and key and nothing else.

use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::house::{House, text};

crate::on_both_engines! {
    a_client_of_fyno_fires_one_and_many
    fyno_says_no_in_its_own_form
    a_client_of_safravo_sends_and_is_refused_in_its_own_form
    a_host_leads_through_its_door_and_nowhere_else
}

const NUMBER: &str = "+12025550142";

async fn otp(house: &House) {
    house.event("otp.login", "sms", "otp", &json!({ "text": "{{ code }} is your code." })).await;
}

fn fire(path: &str, body: &Value) -> Ask {
    Ask::post(format!("/fyno/v1/FYABC1234567/{path}"), body)
}

fn shows_nobody(answer: &Answer) {
    assert!(!answer.text().contains("2025550142") && !answer.text().contains("417233"), "{}", answer.text());
}

async fn a_client_of_fyno_fires_one_and_many(house: House) {
    otp(&house).await;
    let (_, _) = house.endpoint("crm").await;
    // As Fyno's Node SDK 1.2.0 writes it: the event beside what was handed to `fire`.
    let one = json!({ "event": "otp.login", "to": { "sms": "12025550142", "email": "ada@example.com" },
        "data": { "code": "417233" }, "callback": { "custom_id": "order-1", "allowlist_url": ["crm"] } });
    let fired = house.ask(fire("test/event", &one)).await;
    assert_eq!(fired.status, 202, "{}", fired.text());
    shows_nobody(&fired);
    let answer = fired.json();
    let id = text(&answer, "request_id");
    assert_eq!(answer["response"]["sms"], json!({ "destination": "xxxxx", "msg_id": id, "status": "ok" }));
    house.message_in(&id, "delivered").await;
    house.receiver.report("message.delivered", &id).await;
    let entries = house.get(format!("/v1/ledger/entries?target={id}&action=message.accept")).await;
    assert_eq!(entries["data"].as_array().map(Vec::len), Some(1));

    let same = || fire("test/event", &one).header("idempotency-key", "fyno-1");
    let (first, second) = (house.ask(same()).await, house.ask(same()).await);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), "true");

    let batch = json!([{ "to": { "sms": NUMBER }, "data": { "code": "1" } }, { "to": { "sms": NUMBER } },
        { "to": { "email": "ada@example.com" }, "data": { "code": "2" } }]);
    let fired = house.ask(fire("test/event/bulk", &json!({ "event": "otp.login", "batch": batch }))).await;
    assert_eq!(fired.status, 202, "{}", fired.text());
    shows_nobody(&fired);
    let answer = fired.json();
    assert!(answer["received_time"].is_i64());
    let seen: Vec<_> = answer["response"].as_array().unwrap().iter().map(|one| (&one["seq"], &one["status"])).collect();
    assert_eq!(seen, [(&json!(1), &Value::Null), (&json!(2), &json!("error")), (&json!(3), &json!("error"))]);
    house.message_in(&text(&answer["response"][0]["sms"], "msg_id"), "delivered").await;
    assert!(text(&answer["response"][1], "_message").ends_with("(template_data_invalid)"), "{answer}");
}

async fn fyno_says_no_in_its_own_form(house: House) {
    otp(&house).await;
    let good = json!({ "event": "otp.login", "to": { "sms": NUMBER }, "data": { "code": "417233" } });
    let unknown = json!({ "event": "otp.nothing", "to": { "sms": NUMBER } });
    let odd = json!({ "event": "otp.login", "to": { "sms": NUMBER, "pigeon": "x" } });
    for (ask, status, code) in [
        (fire("live/event", &good), 401, "credential_invalid"),
        (fire("prod/event", &good), 401, "credential_invalid"),
        (fire("test/event", &unknown), 422, "event_unknown"),
        (fire("test/event", &odd), 422, "body_invalid"),
        (fire("test/event", &json!({ "event": "otp.login" })), 422, "body_invalid"),
        (fire("test/nothing", &good), 404, "not_found"),
    ] {
        let refused = house.ask(ask).await;
        assert_eq!((refused.status, &*refused.code()), (status, code), "{}", refused.text());
        let said = refused.json();
        assert_eq!(said.as_object().unwrap().len(), 2, "{said}");
        assert_eq!(said["status"], "error");
        assert!(text(&said, "_message").contains(&format!("({code})")), "{said}");
        shows_nobody(&refused);
    }
    let nobody = house.api.ask(fire("test/event", &good)).await;
    assert_eq!((nobody.status, &*nobody.code()), (401, "credential_missing"));
}

async fn a_client_of_safravo_sends_and_is_refused_in_its_own_form(house: House) {
    let body = json!({ "channel": "whatsapp", "to": NUMBER, "type": "text", "text": "Your table 417233 is ready.",
        "idempotency_key": "table-1" });
    let send = |body: &Value| Ask::post("/safravo/v1/messages", body).header("x-api-key", &house.keys.ours);
    let refused = house.api.ask(send(&body)).await;
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, &error["code"]), (422, &json!("channel_unavailable")));
    assert_eq!(error["request_id"], refused.header("x-request-id"));
    assert_eq!(error["docs"], "/docs/errors#channel_unavailable");

    house.event("safravo.whatsapp.text", "sms", "transactional", &json!({ "text": "{{ text }}" })).await;
    let sent = house.api.ask(send(&body)).await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    shows_nobody(&sent);
    let answer = sent.json();
    assert_eq!(
        (&answer["status"], &answer["channel"], &answer["to"]),
        (&json!("queued"), &json!("whatsapp"), &json!("xxxxx"))
    );
    house.message_in(&text(&answer, "message_id"), "delivered").await;
    assert_eq!(house.api.ask(send(&body)).await.body, sent.body, "an idempotency key makes a retry safe");

    let missing = house.api.ask(Ask::post("/safravo/v1/messages", &body)).await;
    assert_eq!((missing.status, &missing.json()["error"]["code"]), (401, &json!("unauthorized")));
    let (_, narrow) = house.key_with(&["messages:read"]).await;
    let narrow = house.api.ask(Ask::post("/safravo/v1/messages", &body).header("x-api-key", &narrow)).await;
    assert_eq!((narrow.status, &narrow.json()["error"]["code"]), (403, &json!("forbidden")));
    assert!(text(&narrow.json()["error"], "message").contains("messages:send"));
}

async fn a_host_leads_through_its_door_and_nowhere_else(house: House) {
    otp(&house).await;
    let good = json!({ "event": "otp.login", "to": { "sms": NUMBER }, "data": { "code": "417233" } });
    let at = |host: &str, path: &str| Ask::post(path, &good).header("host", host);
    let fired = house.ask(at("fyno.example.com", "/v1/FYABC1234567/test/event")).await;
    assert_eq!(fired.status, 202, "{}", fired.text());
    for (host, path) in [
        ("elsewhere.example.com", "/v1/FYABC1234567/test/event"),
        ("fyno.example.com", "/v1/messages"),
        ("safravo.example.com", "/v1/FYABC1234567/test/event"),
    ] {
        let refused = house.ask(at(host, path)).await;
        assert_eq!((refused.status, &*refused.code()), (404, "not_found"), "{host}{path}: {}", refused.text());
    }
}
