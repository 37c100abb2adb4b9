//! Endpoints from outside: proofs by a real name server and over TLS, the default, what is named, and links for others.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    an_endpoint_proves_itself_by_a_record_of_its_own_host
    an_endpoint_proves_itself_by_a_text_that_its_host_serves
    who_may_manage_endpoints_leads_no_secret_elsewhere
    a_link_shows_one_endpoints_deliveries_to_whoever_has_it
    what_becomes_of_a_message_that_names_an_endpoint_is_told_to_no_other
    dead_letters_are_found_and_sent_once_more_whatever_endpoint_they_were_for
}

async fn made(house: &House, name: &str, url: &str, proof: &str) -> String {
    let body = json!({ "name": name, "url": url, "proof": proof });
    text(&house.post("/v1/endpoints", &body).await, "id")
}

async fn proof(house: &House, id: &str) -> Value {
    house.get(format!("/v1/endpoints/{id}/proof")).await
}

async fn verified(house: &House, id: &str) -> String {
    let tried = house.post_nothing(format!("/v1/endpoints/{id}/verify")).await;
    let state = text(&house.get(format!("/v1/endpoints/{id}")).await, "state");
    assert_eq!(tried["succeeded"] == true, state == "active", "{tried}");
    text(&tried, "outcome")
}

async fn an_endpoint_proves_itself_by_a_record_of_its_own_host(house: House) {
    let id = made(&house, "by-record", "https://hooks.example.com/in", "dns").await;
    let wanted = proof(&house, &id).await;
    assert_eq!((&wanted["way"], &wanted["record_name"]), (&json!("dns"), &json!("_sealpost.hooks.example.com")));
    assert_eq!(wanted["url"], Value::Null);
    assert_eq!(verified(&house, &id).await, "record_missing");
    let record = text(&wanted, "text");
    for (name, says) in [
        ("hooks.example.com", record.clone()),
        ("_sealpost.example.com", record.clone()),
        ("_sealpost.a.hooks.example.com", record.clone()),
        ("_sealpost.hooks.example.com", format!("{record}0")),
        ("_sealpost.hooks.example.com", "sealpost-verify=0".into()),
    ] {
        house.names.tell(name, &says);
        assert_eq!(verified(&house, &id).await, "record_missing", "{name}: {says}");
    }
    house.names.tell("_sealpost.hooks.example.com", &record);
    assert_eq!(verified(&house, &id).await, "proved");
    let shown = proof(&house, &id).await;
    assert_eq!(shown["text"], Value::Null, "what is proved needn't be shown");
    assert!(shown["proved_at"].is_string() && shown["expires_at"].is_string());
    let other = made(&house, "other", "https://hooks.example.com/in", "dns").await;
    assert_eq!(verified(&house, &other).await, "record_missing", "the record of one is good for no other");
    let endpoints = house.get("/v1/endpoints").await;
    let defaults: Vec<_> = endpoints["data"].as_array().unwrap().iter().filter(|one| one["default"] == true).collect();
    assert!(matches!(&defaults[..], [one] if one["id"] == json!(id)), "the first that proved itself");
}

async fn an_endpoint_proves_itself_by_a_text_that_its_host_serves(house: House) {
    let id = made(&house, "by-text", &house.receiver.url(), "well_known").await;
    let wanted = proof(&house, &id).await;
    assert_eq!(wanted["url"], json!(format!("{}/.well-known/sealpost-verify", house.receiver.origin())));
    assert_eq!(verified(&house, &id).await, "text_missing");
    house.receiver.publish(&format!("{}\n", text(&wanted, "text")));
    assert_eq!(verified(&house, &id).await, "proved");
    let changed = json!({ "url": format!("{}/elsewhere", house.receiver.origin()) });
    let changed =
        house.api.must(Ask::new("patch", format!("/v1/endpoints/{id}")).json(&changed).key(&house.keys.ours)).await;
    assert_eq!(changed["state"], "pending");
    assert_eq!(verified(&house, &id).await, "text_missing", "another URL takes another proof");
    let by_ping = Ask::new("patch", format!("/v1/endpoints/{id}/proof")).json(&json!({ "way": "ping" }));
    assert_eq!(house.api.must(by_ping.key(&house.keys.ours)).await["way"], "ping");
    assert_eq!(verified(&house, &id).await, "delivered");
}

async fn who_may_manage_endpoints_leads_no_secret_elsewhere(house: House) {
    let (id, _) = house.endpoint("with-token").await;
    house.post("/v1/secrets", &json!({ "name": "shop-token", "value": "hush" })).await;
    let (_, manager) = house.key_with(&["endpoints:read", "endpoints:manage"]).await;
    let transport = format!("/v1/endpoints/{id}/transport");
    let named = json!({ "headers": [{ "name": "Authorization", "secret": "shop-token", "prefix": "Bearer " }] });
    let refused = house.api.ask(Ask::new("put", &transport).json(&named).key(&manager)).await;
    assert_eq!((refused.status, &*refused.code()), (403, "permission_missing"));
    assert_eq!(refused.required_permission(), "secrets:manage");
    let set = house.api.must(Ask::new("put", &transport).json(&named).key(&house.keys.ours)).await;
    assert!(!set.to_string().contains("hush") && set["headers"][0]["secret_id"].is_string());
    let elsewhere =
        || Ask::new("patch", format!("/v1/endpoints/{id}")).json(&json!({ "url": "https://thief.example.com/" }));
    let refused = house.api.ask(elsewhere().key(&manager)).await;
    assert_eq!((refused.status, &*refused.code()), (403, "permission_missing"), "it would be told the token");
    let secret = text(&house.get("/v1/secrets?q=shop-token").await["data"][0], "id");
    let in_use = house.api.ask(Ask::new("delete", format!("/v1/secrets/{secret}")).key(&house.keys.ours)).await;
    assert_eq!(in_use.code(), "secret_in_use");
    let plain = house.api.must(Ask::new("put", &transport).json(&json!({})).key(&manager)).await;
    assert_eq!(plain["headers"], json!([]));
    house.api.must(elsewhere().key(&manager)).await;
}

async fn a_link_shows_one_endpoints_deliveries_to_whoever_has_it(house: House) {
    let content = json!({ "text": "{{ code }} is your code." });
    house.event("otp.login", "sms", "otp", &content).await;
    let (id, _) = house.endpoint("shown").await;
    let message = json!({ "event": "otp.login", "to": { "phone": "+12025550142" }, "data": { "code": "774411" } });
    let message = text(&house.post("/v1/messages", &message).await, "id");
    house.receiver.report("message.delivered", &message).await;
    let made = house.post(format!("/v1/endpoints/{id}/portal-links"), &json!({ "expires_in_seconds": 600 })).await;
    let url = text(&made, "url");
    let path = url[url.find("/portal/").unwrap()..].to_owned();
    let page = house.api.ask(Ask::get(&path)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(
        page.text().contains("Deliveries to shown") && page.text().contains("message.delivered"),
        "{}",
        page.text()
    );
    for hidden in ["774411", "+12025550142", &message, &id, "localhost"] {
        assert!(!page.text().contains(hidden), "{hidden}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    assert!(page.header("set-cookie").is_empty(), "it knows nobody");
    house.api.ask(Ask::get(&path)).await;
    let opened = house.get("/v1/ledger/entries?action=endpoint.deliveries_seen").await;
    assert_eq!(opened["data"].as_array().unwrap().len(), 1, "once an hour: {opened}");
    house.post_nothing(format!("/v1/portal-links/{}/revoke", text(&made, "id"))).await;
    let gone = house.api.ask(Ask::get(&path)).await;
    let never = house.api.ask(Ask::get("/portal/portal_nobody")).await;
    assert_eq!((gone.status, never.status), (404, 404));
    assert_eq!(gone.text(), never.text(), "nobody learns which");
    let listed = house.get(format!("/v1/endpoints/{id}/portal-links")).await;
    assert_eq!((&listed["data"][0]["state"], &listed["data"][0]["hours"]), (&json!("revoked"), &json!(1)));
    assert!(!listed.to_string().contains(path.rsplit('/').next().unwrap()));
}

async fn dead_letters_are_found_and_sent_once_more_whatever_endpoint_they_were_for(house: House) {
    let (id, _) = house.endpoint("removed").await;
    let content = json!({ "text": "{{ code }} is your code." });
    house.event("otp.login", "sms", "otp", &content).await;
    let message = json!({ "event": "otp.login", "to": { "phone": "+12025550143" }, "data": { "code": "1" } });
    let message = text(&house.post("/v1/messages", &message).await, "id");
    house.receiver.report("message.delivered", &message).await;
    let delivered = |query: &str| format!("/v1/deliveries?endpoint_id={id}&event=message.delivered{query}");
    let mut found = house.get(delivered("&state=delivered&status=204")).await;
    for _ in 0..6_000 {
        if found["data"].as_array().is_some_and(|data| !data.is_empty()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        found = house.get(delivered("&state=delivered&status=204")).await;
    }
    let delivery = text(&found["data"][0], "id");
    assert_eq!(house.get(delivered("&state=dead")).await["data"], json!([]));
    assert_eq!(house.get(delivered("&since=2100-01-01T00:00:00Z")).await["data"], json!([]));
    let nobody = crate::objects::absent(&delivery);
    let resent = house.post("/v1/deliveries/resend", &json!({ "ids": [delivery, nobody] })).await;
    assert_eq!((&resent["resent"], &resent["skipped"][0]["code"]), (&json!(1), &json!("not_found")), "{resent}");
    let none = house.api.ask(Ask::post("/v1/deliveries/resend", &json!({})).key(&house.keys.ours)).await;
    assert_eq!(none.code(), "body_invalid");
}

async fn what_becomes_of_a_message_that_names_an_endpoint_is_told_to_no_other(house: House) {
    house.waiting_message().await;
    let live = |method: &str, path: String, body: Value| {
        let ask = Ask::new(method, path).key(&house.keys.live);
        let ask = if body.is_null() { ask } else { ask.json(&body) };
        house.api.must(ask)
    };
    let mut ids = Vec::new();
    for name in ["default", "named"] {
        let body = json!({ "name": name, "url": house.receiver.url(), "events": ["message.*"] });
        let id = text(&live("post", "/v1/endpoints".into(), body).await, "id");
        live("post", format!("/v1/endpoints/{id}/verify"), Value::Null).await;
        ids.push(id);
    }
    let body = json!({ "event": "visit", "to": { "email": "ada@example.com" }, "data": { "day": "Monday" }, "callbacks": ["named"] });
    let message = text(&live("post", "/v1/messages".into(), body).await, "id");
    for _ in 0..6_000 {
        let seen = live("get", format!("/v1/messages/{message}"), Value::Null).await;
        if seen["state"] == "queued" && seen["attempts"].as_u64() > Some(0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    live("post", format!("/v1/messages/{message}/cancel"), Value::Null).await;
    let told = live("get", "/v1/deliveries?event=message.cancelled".into(), Value::Null).await;
    let told: Vec<_> = told["data"].as_array().unwrap().iter().map(|one| text(one, "endpoint_id")).collect();
    assert_eq!(told, [ids[1].clone()], "not the default");
}
