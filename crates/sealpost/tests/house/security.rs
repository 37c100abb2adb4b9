//! Security settings, looks, and pages as another role sees them, from outside.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, Member, text};
use crate::surface::Surface;

crate::on_both_engines! {
    only_the_mightiest_change_security_settings_and_everybody_else_is_on_record
    test_hides_more_than_live_where_somebody_decided_so
    whoever_looked_is_listed_with_why_and_a_role_says_how_often
    a_page_as_another_role_shows_what_that_role_sees_and_nothing_can_be_done_from_it
    nobody_sees_more_by_looking_as_somebody_who_sees_more
}

const SETTINGS: &str = "/v1/settings/security";

async fn only_the_mightiest_change_security_settings_and_everybody_else_is_on_record(house: House) {
    let change = json!({ "masking": { "mode": "off" }, "reason": "ticket 1" });
    let ask = || Ask::new("patch", SETTINGS).json(&change);
    for role in ["admin", "developer", "agent", "auditor", "viewer"] {
        let answer = house.api.ask(ask().member(&house.member(role).await)).await;
        assert_eq!((answer.status, &*answer.code()), (403, "permission_missing"), "{role}");
        assert_eq!(answer.required_permission(), "security:manage");
    }
    let key = house.key_with(&["security:manage"]).await.1;
    assert_eq!(house.api.ask(ask().key(&key)).await.code(), "session_required", "no key decides about this");
    let denied = house.get("/v1/ledger/entries?action=access.deny&limit=250").await;
    assert!(
        denied["data"].as_array().unwrap().iter().filter(|entry| entry["reason"] == "permission_missing").count() >= 5
    );

    for role in ["owner", "super_admin"] {
        let member = house.member(role).await;
        house.api.must(ask().member(&member)).await;
        let settings = house.api.must(Ask::get(SETTINGS).member(&member)).await;
        let masking = &settings["switches"][0];
        assert_eq!((&masking["name"], &masking["state"]), (&json!("masking"), &json!("off")));
        assert_eq!(masking["last_change"]["reason"], "ticket 1");
        assert!(text(&masking["last_change"], "actor").starts_with("mem_"));
    }
    let never = json!({ "payload_storage": { "live": { "otp": { "mode": "never" } } } });
    house.as_owner(Ask::new("patch", SETTINGS).json(&never)).await;
    let auditor = house.member("auditor").await;
    let settings = house.api.must(Ask::get(SETTINGS).member(&auditor)).await;
    assert_eq!([&settings["switches"][0]["state"], &settings["switches"][1]["state"]], ["off", "partly"]);
    assert_eq!(
        settings["switches"][1]["settings"]["test"]["otp"]["mode"], "never",
        "test follows where live is stricter"
    );
    for (body, code) in [
        (json!({ "secure_endpoints": { "signed": false } }), "switch_always_on"),
        (json!({ "secure_media": {} }), "switch_unavailable"),
        (json!({ "payload_storage": { "test": { "otp": { "mode": "keep" } } } }), "storage_test_looser"),
        (json!({ "payload_storage": { "live": { "otp": { "mode": "keep" } } } }), "reason_required"),
        (json!({ "masking": { "mode": "patterns" } }), "masking_rules_misplaced"),
        (json!({ "unheard": {} }), "body_invalid"),
        (json!({}), "body_invalid"),
    ] {
        let answer = house.api.ask(Ask::new("patch", SETTINGS).json(&body).member(&house.standing_owner().await)).await;
        assert_eq!((answer.status, &*answer.code()), (422, code), "{body}");
    }
}

async fn test_hides_more_than_live_where_somebody_decided_so(house: House) {
    let rules = json!([{ "name": "Code", "pattern": "[0-9]{6}" }]);
    house.event("otp.login", "sms", "otp", &json!({ "text": "{{ code }} is your code." })).await;
    let event = json!({ "event": "otp.login", "to": { "phone": "+12025550143" }, "data": { "code": "417233", "shop": "Oslo" } });
    let message = text(&house.post("/v1/messages", &event).await, "id");
    let shop = async || house.get(format!("/v1/messages/{message}")).await["data"]["shop"].clone();
    let decide = async |masking: Value| {
        house.as_owner(Ask::new("patch", SETTINGS).json(&json!({ "masking": masking, "reason": "ticket 2" }))).await;
    };
    decide(json!({ "mode": "patterns", "rules": rules })).await;
    assert_eq!(shop().await, "Oslo");
    decide(json!({ "test": { "mode": "default" } })).await;
    assert_eq!(shop().await, json!({ "masked": true, "display": "xxxxx" }), "at once, for what is there already");
    let policy = house.api.must(Ask::get("/v1/masking").key(&house.keys.live)).await;
    assert_eq!((&policy["mode"], &policy["test"]["mode"]), (&json!("patterns"), &json!("default")));
    let looser = json!({ "masking": { "mode": "default", "test": { "mode": "off" } }, "reason": "ticket 3" });
    let answer = house.api.ask(Ask::new("patch", SETTINGS).json(&looser).member(&house.standing_owner().await)).await;
    assert_eq!((answer.status, &*answer.code()), (422, "test_looser_than_live"));
}

async fn whoever_looked_is_listed_with_why_and_a_role_says_how_often(house: House) {
    let contact =
        text(&house.post("/v1/contacts", &json!({ "phone": "+12025550143", "name": "Ada Example" })).await, "id");
    let role = json!({ "name": "Desk", "permissions": ["contacts:read", "data:reveal"], "reveals_per_day": 1 });
    let role = text(&house.as_owner(Ask::post("/v1/roles", &role)).await, "id");
    let (id, member) = house.whole_member("desk@example.com", &role).await;
    let look = |why: &str| {
        Ask::post(format!("/v1/contacts/{contact}/reveal"), &json!({ "fields": ["phone"], "reason": why }))
            .member(&member)
    };
    assert_eq!(house.api.must(look("ticket 1")).await["phone"], "+12025550143");
    let refused = house.api.ask(look("ticket 2")).await;
    assert_eq!((refused.status, &*refused.code()), (429, "reveal_budget_exhausted"));
    assert_eq!(refused.json()["reveals_per_day"], 1, "the policy would let anybody look more often");

    let looks = house.get(format!("/v1/looks?object={contact}")).await;
    let looks = looks["data"].as_array().unwrap();
    let seen: Vec<_> = looks.iter().map(|one| (text(one, "result"), text(one, "why"), text(one, "actor"))).collect();
    let by = |result: &str, why: &str| (result.to_owned(), why.to_owned(), id.clone());
    assert_eq!(seen, [by("denied", "ticket 2"), by("ok", "ticket 1")]);
    assert_eq!(looks[1]["fields"], json!(["phone"]));
    for (query, count) in [
        (format!("actor={id}"), 2),
        (format!("actor={id}&object={contact}"), 2),
        ("actor=mem_01m8fmbdtdfnfv6517rsq9g55k".to_owned(), 0),
        ("day=2001-01-01".to_owned(), 0),
    ] {
        let found = house.get(format!("/v1/looks?{query}")).await;
        assert_eq!(found["data"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(house.ask(Ask::get("/v1/looks?day=yesterday")).await.status, 400);
    let auditor = house.member("auditor").await;
    let page = house.api.ask(Ask::get("/app/test/looks").page().member(&auditor)).await.text();
    assert!(page.contains("ticket 1") && page.contains("Refused") && !page.contains("12025550143"), "{page}");
    assert!(!page.contains("/downloads/new"), "an auditor takes no files");
    let reader = house.member("super_admin").await;
    let page = house.api.ask(Ask::get("/app/test/looks").page().member(&reader)).await.text();
    assert!(page.contains("/app/test/downloads/new?source=looks"), "{page}");
    let order = json!({ "source": "looks", "filter": { "object": contact }, "columns": ["action", "denied_for"], "reason": "ticket 3" });
    let asked = house.api.must(Ask::post("/v1/downloads", &order).member(&reader)).await;
    let id = text(&asked, "id");
    house.download_in(&id, "ready").await;
    let table = house.api.ask(Ask::new("post", format!("/v1/downloads/{id}/deliver")).member(&reader)).await;
    assert_eq!(table.text().lines().count(), 3, "{}", table.text());
    assert!(table.text().contains("contact.reveal,") && table.text().contains("reveal_budget_exhausted"));
}

async fn a_page_as_another_role_shows_what_that_role_sees_and_nothing_can_be_done_from_it(house: House) {
    house.post("/v1/contacts", &json!({ "phone": "+12025550143", "name": "Ada Example" })).await;
    let owner = house.standing_owner().await;
    let page = async |path: &str| house.api.ask(Ask::get(path).page().member(&owner)).await;
    let own = page("/app/test/contacts").await.text();
    assert!(own.contains("+12•••••0143") || own.contains("+120•••••0143"), "{own}");
    let seen = page("/app/test/contacts?as=agent").await;
    let text = seen.text();
    assert!(text.contains("•••••0143") && !text.contains("+120") && text.contains("<b>Agent</b>"), "{text}");
    assert!(!text.contains("/app/test/audit"), "an agent has no ledger in the navigation");
    assert!(text.contains("href=\"/app/test/messages?as=agent\""), "links lead on");
    assert!(text.contains("data-leave href=\"/app/test/contacts\""), "and one leads back");

    let forbidden = page("/app/test/audit?as=agent").await;
    assert_eq!(forbidden.status, 403);
    assert!(forbidden.text().contains("<b>Agent</b>"));
    assert_eq!(page("/app/test?as=nobody").await.status, 404);
    assert_eq!(page("/app/test?as=role_01m8fmbdtdfnfv6517rsq9g55k").await.status, 404);

    let there = Member { cookie: owner.cookie.clone(), csrf: seen.csrf() };
    let form = json!({ "name": "Grace Example" });
    let form = Ask::new("post", "/app/test/contacts/new").form(&form).page().member(&there);
    let refused = house.api.ask(form).await;
    assert!(refused.status == 403 && refused.text().contains("nothing can be done from here"), "{}", refused.text());
    let denied = house.get("/v1/ledger/entries?action=access.deny&limit=250").await;
    let reasons: Vec<_> = denied["data"].as_array().unwrap().iter().map(|entry| entry["reason"].clone()).collect();
    assert!(!reasons.contains(&json!("permission_missing")), "what another role may not is no denial of one's own");
}

async fn nobody_sees_more_by_looking_as_somebody_who_sees_more(house: House) {
    house.post("/v1/contacts", &json!({ "phone": "+12025550143", "name": "Ada Example" })).await;
    let surface = Surface::read(&house).await;
    let pages: Vec<_> = surface
        .routes
        .iter()
        .filter(|route| route.page && route.path.starts_with("/app") && !route.path.contains("{id}"))
        .collect();
    let admin = house.member("admin").await;
    let as_owner = async |path: &str| house.api.ask(Ask::get(format!("{path}?as=owner")).page().member(&admin)).await;
    let contacts = as_owner("/app/test/contacts").await.text();
    assert!(contacts.contains("•••••0143") && !contacts.contains("+120"), "{contacts}");
    for route in pages.iter().filter(|route| !route.path.contains("{connection}") && !route.path.contains("{domain}")) {
        let path = route.path.replace("{env}", "test").replace("{seq}", "0");
        let own = house.api.ask(Ask::get(&path).page().member(&admin)).await;
        let seen = as_owner(&path).await;
        assert!(own.status == seen.status, "{path}: {} alone, {} as the owner", own.status, seen.status);
    }
    for role in ["developer", "agent", "auditor", "viewer"] {
        let answer = house.api.ask(Ask::get("/app/test?as=owner").page().member(&house.member(role).await)).await;
        assert_eq!(answer.status, 403, "{role}");
    }
    let key = house.ask(Ask::get("/v1/contacts?as=owner")).await;
    assert_eq!(key.status, 400, "it is for pages");
}
