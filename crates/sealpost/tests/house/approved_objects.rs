//! What leads out of the house takes an approval in live, from outside: routes, workflows, endpoints, ports and channels.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::approvals::{agree, shown, takes};
use crate::house::{House, PATIENCE, text};

crate::on_both_engines! {
    a_route_waits_in_live_and_comes_back_without_waiting
    a_workflow_waits_in_live_and_comes_back_without_waiting
    an_endpoint_waits_in_live_to_be_called_and_to_protect_less
    another_port_waits_in_live_and_is_refused_elsewhere
    a_channel_waits_in_live_to_send_and_to_lead_elsewhere
}

async fn a_route_waits_in_live_and_comes_back_without_waiting(house: House) {
    let asker = house.member("super_admin").await;
    let live = |ask: Ask| ask.header("sealpost-environment", "live").member(&asker);
    let mut channels = Vec::new();
    for name in ["relay-a", "relay-b"] {
        let email = json!({ "host": "127.0.0.1", "port": 2525, "security": "plain_loopback",
            "from_address": "news@mail.example.com", "helo": "mail.example.com" });
        let channel = Ask::post("/v1/channels", &json!({ "name": name, "email": email }));
        channels.push(text(&house.api.must(live(channel)).await, "id"));
    }
    takes(&house, "route").await;
    let step = |channel: &str| json!([{ "channel_id": channel, "accepted_within_s": 20 }]);
    let new = json!({ "name": "codes", "strategy": "fail_over", "steps": step(&channels[0]) });
    let answer = house.api.ask(Ask::post("/v1/routes", &new).key(&house.keys.live)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    let answer = house.api.ask(live(Ask::post("/v1/routes", &new))).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let first = text(&answer.json(), "approval_id");
    let all = house.api.must(live(Ask::get("/v1/routes"))).await;
    let path = format!("/v1/routes/{}", text(&all["data"][0], "id"));
    let in_force = async || house.api.must(live(Ask::get(&path))).await["live_version"].clone();
    assert_eq!(in_force().await, 0);

    // Nothing goes along what nobody agreed to.
    let template = json!({ "name": "codes", "channel": "email", "content": { "subject": "Code", "text": "1" } });
    let template = text(&house.api.must(live(Ask::post("/v1/templates", &template))).await, "id");
    let event = json!({ "name": "codes", "class": "otp", "template_id": template, "route_id": all["data"][0]["id"] });
    house.api.must(live(Ask::post("/v1/events", &event))).await;
    let fire = || Ask::post("/v1/messages", &json!({ "event": "codes", "to": { "email": "ada@example.com" } }));
    let refused = house.api.ask(fire().key(&house.keys.live)).await;
    assert_eq!((refused.status, &*refused.code()), (422, "event_unknown"));
    assert_eq!(shown(&house, &first, "Step 1").await, "relay-a, taken within 20 s");
    assert_eq!(agree(&house, &first).await, "live");
    assert_eq!(in_force().await, 1);
    let sent = house.api.ask(fire().key(&house.keys.live)).await;
    assert_eq!(sent.status, 202, "{}", sent.text());

    let version = json!({ "strategy": "fail_over", "on_unknown": "next", "steps": step(&channels[1]) });
    let answer = house.api.ask(live(Ask::post(format!("{path}/versions"), &version))).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let second = text(&answer.json(), "approval_id");
    let promote = |version: u32, expected: u32| {
        let body = json!({ "version": version, "expected_version": expected });
        live(Ask::post(format!("{path}/promote"), &body))
    };
    let around = house.api.ask(promote(2, 1)).await;
    assert_eq!((around.status, in_force().await), (202, json!(1)), "another way in is no way around");
    assert_eq!(shown(&house, &second, "Step 1").await, "relay-b, taken within 20 s");
    assert_eq!(agree(&house, &second).await, "live");
    assert_eq!(in_force().await, 2);
    // What was asked for twice is about what is there no more.
    assert_eq!(agree(&house, &text(&around.json(), "approval_id")).await, "conflict");
    let moved = house.api.ask(promote(1, 1)).await;
    assert_eq!((moved.status, &*moved.code()), (409, "route_moved"));
    assert_eq!((house.api.ask(promote(1, 2)).await.status, in_force().await), (200, json!(1)), "back at once");
}

async fn a_workflow_waits_in_live_and_comes_back_without_waiting(house: House) {
    let asker = house.member("super_admin").await;
    let live = |ask: Ask| ask.header("sealpost-environment", "live").member(&asker);
    takes(&house, "workflow").await;
    let ends = |outcome: &str| {
        let nodes = json!({ "only": { "type": "end", "outcome": outcome } });
        json!({ "class": "transactional", "start": "only", "nodes": nodes })
    };
    let new = json!({ "name": "visit", "definition": ends("first") });
    let path = format!("/v1/workflows/{}", text(&house.api.must(live(Ask::post("/v1/workflows", &new))).await, "id"));
    let versions = Ask::post(format!("{path}/versions"), &json!({ "definition": ends("second") }));
    house.api.must(live(versions)).await;
    let promote = |version: u32, expected: u32| {
        Ask::post(format!("{path}/promote"), &json!({ "version": version, "expected": expected }))
    };
    let in_force = async || house.api.must(live(Ask::get(&path))).await["live_version"].clone();
    let run = json!({ "workflow": "visit", "to": { "phone": "+12025550199" } });
    let run = || Ask::post("/v1/workflow-runs", &run).key(&house.keys.live);
    let answer = house.api.ask(promote(1, 0).key(&house.keys.live)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    for (version, outcome) in [(1, "first"), (2, "second")] {
        let answer = house.api.ask(live(promote(version, version - 1))).await;
        assert_eq!((answer.status, in_force().await), (202, json!(version - 1)), "{}", answer.text());
        if version == 1 {
            assert_eq!(house.api.ask(run()).await.code(), "workflow_unknown");
        }
        let id = text(&answer.json(), "approval_id");
        let node = shown(&house, &id, "Node only").await;
        assert!(node.as_str().is_some_and(|node| node.contains(outcome)), "{node}");
        assert_eq!((agree(&house, &id).await, in_force().await), (json!("live"), json!(version)));
    }
    assert_eq!(house.api.ask(run()).await.status, 202);
    let answer = house.api.ask(live(promote(1, 2))).await;
    assert_eq!((answer.status, in_force().await), (200, json!(1)), "back at once: {}", answer.text());
}

async fn an_endpoint_waits_in_live_to_be_called_and_to_protect_less(house: House) {
    let asker = house.member("super_admin").await;
    let live = |ask: Ask| ask.header("sealpost-environment", "live").member(&asker);
    let agree_in_live = async |id: &str| {
        let owner = house.standing_owner().await;
        let in_live = |ask: Ask| ask.header("sealpost-environment", "live").member(&owner);
        let shown = house.api.must(in_live(Ask::get(format!("/v1/approvals/{id}")))).await;
        let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": shown["digest"] }));
        let state = house.api.must(in_live(vote)).await["state"].clone();
        (state, shown["changes"].clone())
    };
    takes(&house, "endpoint").await;
    let new = json!({ "name": "reports", "url": "https://hooks.example.com/a", "events": ["message.*"] });
    let answer = house.api.ask(Ask::post("/v1/endpoints", &new).key(&house.keys.live)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    let made = house.api.must(live(Ask::post("/v1/endpoints", &new))).await;
    assert!(made["secret"].is_string() && made["admitted"] == false, "{made}");
    let path = format!("/v1/endpoints/{}", text(&made, "id"));
    let held = house.api.ask(live(Ask::new("post", format!("{path}/verify")))).await;
    assert_eq!((held.status, &*held.code()), (409, "endpoint_unapproved"));
    let page = Ask::get(format!("/app/live/endpoints/{}", text(&made, "id")));
    let shown = async || house.api.ask(page.clone().page().member(&asker)).await.text();
    let leads = format!("/app/live/approvals/{}", text(&made, "approval_id"));
    assert!(shown().await.contains(&leads), "whoever looks at it is led to what waits");
    let (state, changes) = agree_in_live(&text(&made, "approval_id")).await;
    let url = changes.as_array().unwrap().iter().find(|line| line["what"] == "URL").unwrap();
    assert_eq!((state, &url["after"]), (json!("live"), &new["url"]));
    let standing = async || house.api.must(live(Ask::get(&path))).await;
    assert_eq!(standing().await["admitted"], true);
    assert!(!shown().await.contains(&leads));

    let patch = |body: Value| live(Ask::new("patch", path.clone()).json(&body));
    let answer = house.api.ask(patch(json!({ "url": "https://hooks.example.com/b", "expected_version": 1 }))).await;
    assert_eq!((answer.status, &standing().await["url"]), (202, &new["url"]), "{}", answer.text());
    let elsewhere = text(&answer.json(), "approval_id");
    let stale = house.api.ask(patch(json!({ "events": ["message.sent"], "expected_version": 7 }))).await;
    assert_eq!((stale.status, &*stale.code()), (412, "version_moved"));
    let older = json!({ "min_tls": "1.2", "acknowledge_tls_1_2": true });
    let older = house.api.ask(live(Ask::new("put", format!("{path}/transport")).json(&older))).await;
    assert_eq!(older.status, 202, "{}", older.text());
    // Whoever asked makes another policy of their request only by asking for it.
    let policy = json!({ "endpoint_id": made["id"], "url": "https://hooks.example.com/c", "description": "", "events": ["*"],
        "profiles": ["standard"], "transport": { "min_tls": "1.3", "headers": [] } });
    let forged = json!({ "wanted": { "act": "change", "mark": "0".repeat(64), "policy": policy } });
    let forged = house.api.ask(live(Ask::new("put", format!("/v1/approvals/{elsewhere}")).json(&forged))).await;
    assert_eq!(forged.status, 404, "{}", forged.text());
    // To hear of less takes nobody else; what was asked for before is about what is there no more.
    let fewer = house.api.ask(patch(json!({ "events": ["message.sent"] }))).await;
    assert_eq!((fewer.status, &fewer.json()["version"]), (200, &json!(2)), "{}", fewer.text());
    assert_eq!(agree_in_live(&elsewhere).await.0, "conflict");
    assert_eq!(standing().await["url"], new["url"]);
    let answer = house.api.ask(patch(json!({ "url": "https://hooks.example.com/b" }))).await;
    assert_eq!(agree_in_live(&text(&answer.json(), "approval_id")).await.0, "live");
    let moved = standing().await;
    assert_eq!((&moved["url"], &moved["version"]), (&json!("https://hooks.example.com/b"), &json!(3)));
    let all = house.api.must(live(Ask::get("/v1/revisions?setting=endpoint"))).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 3, "{all}");
}

async fn another_port_waits_in_live_and_is_refused_elsewhere(house: House) {
    let asker = house.member("super_admin").await;
    let new = |port: u16, environment: &str| {
        let new =
            json!({ "name": "reports", "url": format!("https://hooks.example.com:{port}/a"), "events": ["message.*"] });
        Ask::post("/v1/endpoints", &new).header("sealpost-environment", environment).member(&asker)
    };
    let refused = async |port, environment| {
        let answer = house.api.ask(new(port, environment)).await;
        assert_eq!((answer.status, &*answer.code()), (422, "url_refused"), "{}", answer.text());
        assert_eq!(answer.json()["errors"][0]["code"], "port_not_allowed");
    };
    refused(9000, "live").await;
    takes(&house, "endpoint").await;
    refused(9000, "test").await;
    refused(587, "live").await;
    let made = house.api.must(new(9000, "live")).await;
    let live = |ask: Ask| ask.header("sealpost-environment", "live");
    let path = format!("/v1/endpoints/{}", text(&made, "id"));
    let held = house.api.ask(live(Ask::new("post", format!("{path}/verify"))).member(&asker)).await;
    assert_eq!((held.status, &*held.code()), (409, "endpoint_unapproved"));
    let (id, owner) = (text(&made, "approval_id"), house.standing_owner().await);
    let asked = house.api.must(live(Ask::get(format!("/v1/approvals/{id}"))).member(&owner)).await;
    let url = asked["changes"].as_array().unwrap().iter().find(|line| line["what"] == "URL").unwrap();
    assert_eq!(url["after"], "https://hooks.example.com:9000/a", "they see the port");
    let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": asked["digest"] }));
    assert_eq!(house.api.must(live(vote).member(&owner)).await["state"], "live");
    // It may be called now, if there is such a host; the same URL of another endpoint waits as well.
    let test = house.api.ask(live(Ask::new("post", format!("{path}/test"))).member(&asker)).await;
    assert_ne!(test.code(), "url_refused", "{}", test.text());
    let elsewhere = json!({ "url": "https://hooks.example.com:9001/a" });
    let elsewhere = live(Ask::new("patch", path.clone()).json(&elsewhere)).member(&asker);
    assert_eq!(house.api.ask(elsewhere).await.status, 202);
    let described = live(Ask::new("patch", path).json(&json!({ "description": "reports" }))).member(&asker);
    assert_eq!(house.api.ask(described).await.status, 200);
}

async fn a_channel_waits_in_live_to_send_and_to_lead_elsewhere(house: House) {
    let asker = house.member("super_admin").await;
    let live = |ask: Ask| ask.header("sealpost-environment", "live").member(&asker);
    let agree_in_live = async |id: &str| {
        let owner = house.standing_owner().await;
        let in_live = |ask: Ask| ask.header("sealpost-environment", "live").member(&owner);
        let shown = house.api.must(in_live(Ask::get(format!("/v1/approvals/{id}")))).await;
        let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": shown["digest"] }));
        let state = house.api.must(in_live(vote)).await["state"].clone();
        (state, shown["changes"].clone())
    };
    let after = |changes: &Value, what: &str| {
        changes.as_array().unwrap().iter().find(|line| line["what"] == what).unwrap()["after"].clone()
    };
    takes(&house, "channel").await;
    // Nobody listens there: what is sent is tried, and what is held isn't.
    let email = json!({ "host": "127.0.0.1", "port": 2525, "security": "plain_loopback", "helo": "mail.example.com",
        "from_address": "news@mail.example.com",
        "dkim": { "domain": "mail.example.com", "selector": "s1", "algorithm": "ed25519" } });
    let new = json!({ "name": "mail", "email": email });
    let answer = house.api.ask(Ask::post("/v1/channels", &new).key(&house.keys.live)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    let made = house.api.must(live(Ask::post("/v1/channels", &new))).await;
    assert!(made["admitted"] == false && made["version"] == 1, "{made}");
    let path = format!("/v1/channels/{}", text(&made, "id"));
    let page = format!("/app/live/channels/{}", text(&made, "id"));
    let page = async || house.api.ask(Ask::get(page.clone()).page().member(&asker)).await.text();
    let shown = page().await;
    assert!(shown.contains("Waits for approval") && shown.contains(&text(&made, "approval_id")), "{shown}");
    assert!(shown.contains("s1._domainkey.mail.example.com"), "its record can be published meanwhile");

    let template = json!({ "name": "codes", "channel": "email", "content": { "subject": "Code", "text": "1" } });
    let template = text(&house.api.must(live(Ask::post("/v1/templates", &template))).await, "id");
    let event = json!({ "name": "codes", "class": "transactional", "template_id": template, "channel_id": made["id"] });
    house.api.must(live(Ask::post("/v1/events", &event))).await;
    let fire = Ask::post("/v1/messages", &json!({ "event": "codes", "to": { "email": "ada@example.com" } }));
    let sent = text(&house.api.must(fire.key(&house.keys.live)).await, "id");
    let since = std::time::Instant::now();
    let ended = loop {
        let message = house.api.must(Ask::get(format!("/v1/messages/{sent}")).key(&house.keys.live)).await;
        if message["state"] == "failed" {
            break message;
        }
        assert!(since.elapsed() < PATIENCE, "{message}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(ended["reason"], "channel_unapproved", "{ended}");

    let (state, changes) = agree_in_live(&text(&made, "approval_id")).await;
    assert_eq!((state, after(&changes, "From")), (json!("live"), json!("news@mail.example.com")));
    let standing = async || house.api.must(live(Ask::get(&path))).await;
    assert_eq!(standing().await["admitted"], true);

    let patch = |body: Value| live(Ask::new("patch", path.clone()).json(&body));
    let elsewhere = json!({ "email": { "from_address": "boss@example.net" }, "expected_version": 1 });
    let answer = house.api.ask(patch(elsewhere.clone())).await;
    assert_eq!((answer.status, &standing().await["version"]), (202, &json!(1)), "{}", answer.text());
    let first = text(&answer.json(), "approval_id");
    let stale = house.api.ask(patch(json!({ "email": {}, "expected_version": 7 }))).await;
    assert_eq!((stale.status, &*stale.code()), (412, "version_moved"));
    let apart = json!({ "email": { "host": "smtp.example.net", "username": "us", "password": "theirs" } });
    let apart = house.api.ask(patch(apart)).await;
    assert_eq!((apart.status, &*apart.code()), (409, "channel_apart"));
    // Whoever asked makes another policy of their request only by asking for it.
    let all = house.api.must(live(Ask::get("/v1/revisions?setting=channel"))).await;
    let revision = format!("/v1/revisions/{}", text(&all["data"][0], "id"));
    let mut policy = house.api.must(live(Ask::get(revision))).await["says"].clone();
    policy["email"]["host"] = json!("127.0.0.2");
    let forged = json!({ "wanted": { "act": "change", "mark": "0".repeat(64), "policy": policy } });
    let forged = live(Ask::new("put", format!("/v1/approvals/{first}")).json(&forged));
    let forged = house.api.ask(forged).await;
    assert_eq!(forged.status, 404, "{}", forged.text());
    // To be called otherwise takes nobody else; what was asked for before is about what is there no more.
    let called = house.api.ask(patch(json!({ "email": { "from_name": "Example" } }))).await;
    assert_eq!((called.status, &called.json()["version"]), (200, &json!(2)), "{}", called.text());
    assert_eq!(agree_in_live(&first).await.0, "conflict");
    assert_eq!(standing().await["email"]["from_address"], "news@mail.example.com");
    let answer = house.api.ask(patch(json!({ "email": { "from_address": "boss@example.net" } }))).await;
    let (state, changes) = agree_in_live(&text(&answer.json(), "approval_id")).await;
    assert_eq!((state, after(&changes, "From")), (json!("live"), json!("boss@example.net")));
    let moved = standing().await;
    assert_eq!((&moved["email"]["from_address"], &moved["version"]), (&json!("boss@example.net"), &json!(3)));
    let all = house.api.must(live(Ask::get("/v1/revisions?setting=channel"))).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 3, "{all}");
    assert!(page().await.contains("Version 3"));
}
