//! Finding people by the last four digits of their number.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    only_a_key_that_sees_the_last_four_digits_finds_people_by_them
    whom_the_digits_lead_to_changes_with_the_number
    a_member_finds_people_by_the_digits_their_role_shows
}

fn by(digits: &str) -> Ask {
    Ask::post("/v1/contacts/match", &json!({ "phone_last4": digits }))
}

async fn contact(house: &House, phone: &str) -> String {
    text(&house.post("/v1/contacts", &json!({ "phone": phone, "name": "Ada Example" })).await, "id")
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|one| text(one, "id")).collect()
}

async fn only_a_key_that_sees_the_last_four_digits_finds_people_by_them(house: House) {
    let mut those = Vec::new();
    for phone in ["+12025550143", "+4791230143", "+12025550144", "+1202550143000"] {
        those.push(contact(&house, phone).await);
    }
    let blind = house.ask(by("0143")).await;
    assert_eq!((blind.status, &*blind.code()), (403, "mask_profile_hides_digits"));
    let body = json!({ "name": "Desk", "kind": "secret", "scopes": ["contacts:match"], "mask_profile": "last4" });
    let more = house.ask(Ask::post("/v1/keys", &body)).await;
    assert_eq!((more.status, &*more.code()), (403, "mask_profile_exceeded"), "nobody gives what they don't see");

    let desk = house.key_seeing(&["contacts:match"], "last4").await;
    let answer = house.api.ask(by("0143").key(&desk)).await;
    let found = answer.json();
    assert_eq!(ids(&found), [those[1].clone(), those[0].clone()], "newest first");
    assert_eq!(found["data"][0]["phone"], json!({ "masked": true, "display": "•••••0143" }));
    assert_eq!(found["data"][0]["name"]["display"], "xxxxx");
    assert!(answer.header("ratelimit-policy").starts_with("\"partial\";"), "{}", answer.header("ratelimit-policy"));
    let wide = house.key_seeing(&["contacts:match"], "first3_last4").await;
    let seen = house.api.must(by("0143").key(&wide)).await;
    assert_eq!(seen["data"][1]["phone"]["display"], "+120•••••0143");
    for (digits, nobody) in [("0145", true), ("0144", false)] {
        assert_eq!(ids(&house.api.must(by(digits).key(&desk)).await).is_empty(), nobody, "{digits}");
    }
    for key in [&house.keys.foreign, &house.keys.live] {
        assert_eq!(house.api.ask(by("0143").key(key)).await.code(), "mask_profile_hides_digits");
    }

    let page = |digits: &str, query: &str| {
        Ask::post(format!("/v1/contacts/match?limit=1{query}"), &json!({ "phone_last4": digits })).key(&desk)
    };
    let first = house.api.must(page("0143", "")).await;
    let cursor = format!("&cursor={}", text(&first, "next_cursor"));
    let second = house.api.must(page("0143", &cursor)).await;
    assert_eq!([ids(&first), ids(&second)].concat(), [those[1].clone(), those[0].clone()]);
    assert_eq!(house.api.ask(page("0144", &cursor)).await.code(), "cursor_invalid");
    for wrong in ["143", "00143", "01a3", "０１４３"] {
        let refused = house.api.ask(by(wrong).key(&desk)).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"]),
            (422, &json!([{ "pointer": "/phone_last4", "code": "not_four_digits" }]))
        );
    }

    let entries = house.get("/v1/ledger/entries?limit=250").await;
    let entries = entries["data"].as_array().unwrap();
    let of = |answer: &str| entries.iter().find(|entry| entry["request_id"] == *answer).unwrap();
    let (searched, denied) = (of(answer.header("x-request-id")), of(blind.header("x-request-id")));
    assert_eq!((&searched["action"], &searched["result"]), (&json!("contact.match"), &json!("ok")));
    assert_eq!((&denied["action"], &denied["reason"]), (&json!("access.deny"), &json!("mask_profile_hides_digits")));
    assert_eq!(entries.iter().filter(|entry| entry["action"] == "contact.match").count(), 6);
}

async fn whom_the_digits_lead_to_changes_with_the_number(house: House) {
    let desk = house.key_seeing(&["contacts:match"], "last4").await;
    let found = async |digits: &str| ids(&house.api.must(by(digits).key(&desk)).await);
    let event = json!({ "event": "otp.login", "to": { "phone": "+12025550143" }, "data": { "code": "417233" } });
    house.event("otp.login", "sms", "otp", &json!({ "text": "{{ code }} is your code." })).await;
    let message = text(&house.post("/v1/messages", &event).await, "id");
    let person = text(&house.get(format!("/v1/messages/{message}")).await, "contact_id");
    assert_eq!(found("0143").await, std::slice::from_ref(&person), "whom a message made");
    let path = format!("/v1/contacts/{person}");
    house.api.must(Ask::new("patch", &path).json(&json!({ "phone": "+12025550199" })).key(&house.keys.ours)).await;
    assert_eq!((found("0143").await, found("0199").await), (vec![], vec![person]));
    let change = json!({ "phone": null, "email": "ada@example.com" });
    house.api.must(Ask::new("patch", &path).json(&change).key(&house.keys.ours)).await;
    assert!(found("0199").await.is_empty());
}

async fn a_member_finds_people_by_the_digits_their_role_shows(house: House) {
    let person = contact(&house, "+12025550143").await;
    for (role, display) in [("agent", "•••••0143"), ("admin", "•••••0143"), ("owner", "+120•••••0143")]
    {
        let found = house.api.must(by("0143").member(&house.member(role).await)).await;
        assert_eq!(
            (ids(&found), &found["data"][0]["phone"]["display"]),
            (vec![person.clone()], &json!(display)),
            "{role}"
        );
    }
    for role in ["developer", "auditor", "viewer"] {
        let refused = house.api.ask(by("0143").member(&house.member(role).await)).await;
        assert_eq!(refused.code(), "permission_missing", "{role}");
    }
    let role = json!({ "name": "Blind desk", "permissions": ["contacts:match"], "masks": "full" });
    let role = text(&house.as_owner(Ask::post("/v1/roles", &role)).await, "id");
    let (_, blind) = house.whole_member("sam@example.com", &role).await;
    assert_eq!(house.api.ask(by("0143").member(&blind)).await.code(), "mask_profile_hides_digits");

    let key = json!({ "name": "Desk", "kind": "secret", "scopes": ["contacts:match"], "mask_profile": "last4" });
    let key = text(&house.as_owner(Ask::post("/v1/keys", &key)).await, "key");
    assert_eq!(
        ids(&house.api.must(by("0143").key(&key)).await),
        [person],
        "a member gives a key what their role shows"
    );
}
