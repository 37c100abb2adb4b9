//! Masked, and workable all the same: people are written to by name and told apart by whoever doesn't see who they are.

use serde_json::json;

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    whoever_is_masked_writes_to_people_by_name_and_makes_one_of_two_without_seeing_either
}

async fn whoever_is_masked_writes_to_people_by_name_and_makes_one_of_two_without_seeing_either(house: House) {
    let agent = ["contacts:read", "contacts:write", "templates:read", "messages:send", "messages:read"];
    let agent = house.key_with(&agent).await.1;
    let content =
        json!({ "subject": "Hello {{ contact.name }}", "text": "Hello {{ contact.name }}, see you {{ day }}." });
    let (_, template) = house.event("hello", "email", "transactional", &content).await;
    let contact = json!({ "name": "Marker Quagga", "email": "marker.quagga@example.com" });
    let one = text(&house.post("/v1/contacts", &contact).await, "id");
    let twin = json!({ "name": "Marker Quagga", "email": "Marker.Quagga+news@example.com" });
    let other = text(&house.post("/v1/contacts", &twin).await, "id");
    let seen = |what: &serde_json::Value| what.to_string().contains("uagga");

    let preview = json!({ "contact_id": one, "data": { "day": "Monday" } });
    let preview = Ask::post(format!("/v1/templates/{template}/preview"), &preview).key(&agent);
    let preview = house.api.must(preview).await;
    assert_eq!(preview["text"], "Hello xxxxx, see you Monday.");
    let message = json!({ "event": "hello", "to": { "contact_id": one }, "data": { "day": "Monday" } });
    let message = text(&house.api.must(Ask::post("/v1/messages", &message).key(&agent)).await, "id");
    let shown = house.api.must(Ask::get(format!("/v1/messages/{message}")).key(&agent)).await;
    assert!(!seen(&shown) && shown["data"]["contact"]["name"]["masked"] == true, "{shown}");
    let clear = house.post(format!("/v1/messages/{message}/reveal"), &json!({ "reason": "a proof" })).await;
    assert!(clear.to_string().contains("Hello Marker Quagga, see you Monday."), "{clear}");

    let pairs = house.api.must(Ask::get("/v1/contacts/duplicates").key(&agent)).await;
    let pair = &pairs["data"][0];
    assert!(!seen(&pairs) && pair["because"] == "mailbox", "{pairs}");
    assert_eq!((&pair["same"]["name"], &pair["same"]["email"]), (&json!(true), &json!(false)));
    let into = Ask::post(format!("/v1/contacts/{other}/merge"), &json!({ "into": one })).key(&agent);
    let merged = house.api.must(into).await;
    assert!(!seen(&merged) && merged["id"] == *one, "{merged}");
    let person = house.api.must(Ask::get(format!("/v1/contacts/{one}")).key(&agent)).await;
    assert!(!seen(&person) && person["merged"][0]["id"] == *other, "{person}");
    let search = Ask::post("/v1/contacts/search", &json!({ "email": "marker.quagga+news@example.com" })).key(&agent);
    assert_eq!(house.api.must(search).await["data"][0]["id"], *one);
    assert_eq!(house.api.must(Ask::get(format!("/v1/contacts/{other}")).key(&agent)).await["id"], *one);
}
