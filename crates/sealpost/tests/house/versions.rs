//! Versions with approvals, from outside: in live nothing is in force that nobody agreed to, and what others saw is what goes live, byte for
//! byte.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::house::{House, Member, text};

crate::on_both_engines! {
    a_template_waits_in_live_and_comes_back_without_waiting
    what_was_tried_in_test_waits_and_goes_live_as_it_was_shown
    an_event_doesn_t_carry_a_template_past_those_who_approve_templates
    in_whatever_order_live_says_only_what_others_agreed_to
}

/// Spaces, line ends and letters that look alike: what is easily lost on the way.
const ODD: &str = "Hi {{ name }},\r\n\t\u{e4} a\u{308}  two spaces {{ code }}\n ";

async fn takes(house: &House, modules: &[&str]) {
    let rule = |module: &&str| ((*module).to_owned(), json!({ "approvals": 1 }));
    let rules =
        json!({ "modules": modules.iter().map(rule).collect::<serde_json::Map<_, _>>(), "reason": "four eyes" });
    house.as_owner(Ask::new("put", "/v1/settings/approvals").json(&rules)).await;
}

fn in_live(ask: Ask) -> Ask {
    ask.header("sealpost-environment", "live")
}

async fn approve(house: &House, id: &str) -> Answer {
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let vote = json!({ "digest": shown["digest"], "comment": "read it" });
    let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &vote);
    house.api.ask(vote.member(&house.standing_owner().await)).await
}

/// What an approval would make of a part.
async fn shown(house: &House, id: &str, what: &str) -> Value {
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let line = shown["changes"].as_array().unwrap().iter().find(|line| line["what"] == what).cloned();
    line.unwrap_or_else(|| panic!("no {what}: {shown}"))["after"].clone()
}

async fn live_template(house: &House, name: &str) -> Option<Value> {
    let all = house.api.must(Ask::get("/v1/templates?limit=250").key(&house.keys.live)).await;
    let found = all["data"].as_array().unwrap().iter().find(|one| one["name"] == name)?.clone();
    let path = format!("/v1/templates/{}", text(&found, "id"));
    Some(house.api.must(Ask::get(path).key(&house.keys.live)).await)
}

fn content_in_force(template: &Value) -> Option<(String, String)> {
    let versions = template["versions"].as_array().unwrap();
    let version = versions.iter().find(|one| one["in_force"] == true)?;
    Some((text(&version["content"], "text"), text(version, "digest")))
}

async fn a_template_waits_in_live_and_comes_back_without_waiting(house: House) {
    let asker = house.member("super_admin").await;
    let made = json!({ "name": "login", "channel": "sms", "content": { "text": "one" } });
    let made = house.api.must(in_live(Ask::post("/v1/templates", &made)).member(&asker)).await;
    let path = format!("/v1/templates/{}", text(&made, "id"));
    takes(&house, &["template"]).await;
    let says = async || content_in_force(&live_template(&house, "login").await.unwrap()).unwrap().0;

    // A key that nobody can be told from asks for nothing, and leaves no draft.
    let version = json!({ "content": { "text": ODD } });
    let publish = || Ask::post(format!("{path}/versions"), &version);
    let answer = house.api.ask(publish().key(&house.keys.live)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    let answer = house.api.ask(in_live(publish()).member(&asker)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = text(&answer.json(), "approval_id");
    let template = live_template(&house, "login").await.unwrap();
    assert_eq!((&template["version"], &template["in_force"], says().await), (&json!(2), &json!(1), "one".into()));
    assert_eq!(shown(&house, &id, "Text").await, ODD, "others see exactly what goes live");
    assert!(shown(&house, &id, "Text, with sample data").await.as_str().unwrap().contains("Ada Example"));
    let around = in_live(Ask::post(format!("{path}/versions/2/promote"), &json!({}))).member(&asker);
    assert_eq!(house.api.ask(around).await.status, 202, "another way in is no way around");
    assert_eq!(says().await, "one");

    let answer = approve(&house, &id).await;
    assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("live")), "{}", answer.text());
    assert_eq!(says().await, ODD);
    // What was in force comes back with one request; whoever believes otherwise is told.
    let tag = house.api.ask(Ask::get(&path).key(&house.keys.live)).await.header("etag").to_owned();
    let back = |tag: &str| Ask::post(format!("{path}/versions/1/promote"), &json!({})).header("if-match", tag);
    let stale = house.api.ask(back("\"1.1\"").key(&house.keys.live)).await;
    assert_eq!((stale.status, &*stale.code()), (412, "version_moved"));
    let answer = house.api.ask(back(&tag).key(&house.keys.live)).await;
    assert_eq!((answer.status, &answer.json()["in_force"]), (200, &json!(1)), "{}", answer.text());
    assert_eq!(says().await, "one");
    // The second request for version 2 was about what stood before.
    let waiting = house.api.must(Ask::get("/v1/approvals?tab=waiting").member(&house.standing_owner().await)).await;
    let stale = text(&waiting["data"][0], "id");
    assert_eq!(approve(&house, &stale).await.json()["state"], "conflict");
    assert_eq!(says().await, "one");
}

async fn what_was_tried_in_test_waits_and_goes_live_as_it_was_shown(house: House) {
    takes(&house, &["template", "event"]).await;
    let asker = house.member("super_admin").await;
    let (event, template) = house.event("welcome", "sms", "transactional", &json!({ "text": ODD })).await;
    let go = |path: &str| Ask::post(format!("{path}/promote-to-live"), &json!({}));
    let (template, event) = (format!("/v1/templates/{template}"), format!("/v1/events/{event}"));
    for path in [&template, &event] {
        let answer = house.ask(go(path)).await;
        assert_eq!((answer.status, &*answer.code()), (403, "session_required"));
    }
    let first = house.api.ask(go(&event).member(&asker)).await;
    assert_eq!((first.status, &*first.code()), (409, "template_first"));
    let answer = house.api.ask(go(&template).member(&asker)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert!(live_template(&house, "welcome").await.is_none());
    let id = text(&answer.json(), "approval_id");
    assert_eq!(shown(&house, &id, "Text").await, ODD);
    assert_eq!(approve(&house, &id).await.json()["state"], "live");
    let live = content_in_force(&live_template(&house, "welcome").await.unwrap()).unwrap();
    assert_eq!(live.0.as_bytes(), ODD.as_bytes());
    let tried = house.get(&template).await;
    assert_eq!(content_in_force(&tried).unwrap(), live, "both sides say the same digest");

    let answer = house.api.ask(go(&event).member(&asker)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = text(&answer.json(), "approval_id");
    let fire = json!({ "event": "welcome", "to": { "phone": "+12025550199" }, "data": { "name": "Ada", "code": "1" } });
    let fire = || Ask::post("/v1/messages", &fire).key(&house.keys.live);
    assert_ne!(house.api.ask(fire()).await.status, 202, "nothing of this name is in force yet");
    assert_eq!(approve(&house, &id).await.json()["state"], "live");
    let events = house.api.must(Ask::get("/v1/events").key(&house.keys.live)).await;
    assert_eq!((&events["data"][0]["name"], &events["data"][0]["in_force"]), (&json!("welcome"), &json!(1)));
}

async fn an_event_doesn_t_carry_a_template_past_those_who_approve_templates(house: House) {
    let asker = house.member("super_admin").await;
    let made = json!({ "name": "login", "channel": "sms", "content": { "text": "one" } });
    let made = house.api.must(in_live(Ask::post("/v1/templates", &made)).member(&asker)).await;
    takes(&house, &["template"]).await;
    let template = text(&made, "id");
    let draft = json!({ "content": { "text": "nobody read this" }, "in_force": false });
    house.api.must(in_live(Ask::post(format!("/v1/templates/{template}/versions"), &draft)).member(&asker)).await;
    let pinned = json!({ "name": "login", "class": "otp", "template_id": template, "template_version": 2 });
    let answer = house.api.ask(in_live(Ask::post("/v1/events", &pinned)).member(&asker)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "template_first"));
    // Nor as a draft that is put into force later, nor made while templates took no approval.
    let draft =
        json!({ "name": "login", "class": "otp", "template_id": template, "template_version": 2, "in_force": false });
    let event = text(&house.api.must(in_live(Ask::post("/v1/events", &draft)).member(&asker)).await, "id");
    let promote = Ask::post(format!("/v1/events/{event}/versions/1/promote"), &json!({}));
    let answer = house.api.ask(in_live(promote).member(&asker)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "template_first"));
    let fire = json!({ "event": "login", "to": { "phone": "+12025550199" } });
    assert_ne!(house.api.ask(Ask::post("/v1/messages", &fire).key(&house.keys.live)).await.status, 202);
}

/// Steps of one life.
const STEPS: u32 = 48;

/// Numbers that look like chance and are the same every time (Knuth, MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What somebody who only looks knows.
struct Bystander {
    /// What was in force, by its digest.
    allowed: BTreeSet<String>,
    in_force: Option<(String, String)>,
    needed: bool,
}

impl Bystander {
    /// Looks again; `agreed` is what others were shown and agreed to, if somebody just did.
    async fn look(&mut self, house: &House, agreed: Option<String>, did: &str) {
        let now = live_template(house, "walk").await.as_ref().and_then(content_in_force);
        if now != self.in_force {
            let (content, digest) = now.clone().unwrap();
            let was_there = self.allowed.contains(&digest);
            let was_shown = agreed.as_ref() == Some(&content);
            assert!(!self.needed || was_there || was_shown, "{did} put into force what nobody agreed to: {content}");
            self.allowed.insert(digest);
            self.in_force = now;
        }
    }
}

async fn in_whatever_order_live_says_only_what_others_agreed_to(house: House) {
    let asker: Member = house.member("super_admin").await;
    let (mut chance, mut bystander) =
        (Chance(20_261_130), Bystander { allowed: BTreeSet::new(), in_force: None, needed: false });
    let (_, test) = house.event("walk", "sms", "otp", &json!({ "text": "test 0" })).await;
    let (mut waiting, mut live): (Vec<String>, Option<String>) = (vec![], None);
    let (mut promoted, mut lived) = (0, 0);
    for step in 0..STEPS {
        let mut agreed = None;
        let version = 1 + chance.below(6);
        let ask = match (chance.below(10), &live) {
            (0, _) => {
                bystander.needed = !bystander.needed;
                takes(&house, if bystander.needed { &["template"] } else { &[] }).await;
                None
            }
            (1 | 2, _) => {
                let body = json!({ "content": { "text": format!("test {step}") } });
                Some(Ask::post(format!("/v1/templates/{test}/versions"), &body))
            }
            (3 | 4, _) => Some(Ask::post(format!("/v1/templates/{test}/promote-to-live"), &json!({}))),
            (5, Some(live)) => {
                let body = json!({ "content": { "text": format!("live {step}") }, "in_force": chance.below(2) == 0 });
                Some(in_live(Ask::post(format!("/v1/templates/{live}/versions"), &body)))
            }
            (6, Some(live)) => {
                Some(in_live(Ask::post(format!("/v1/templates/{live}/versions/{version}/promote"), &json!({}))))
            }
            _ if !waiting.is_empty() => {
                let id = waiting.remove(chance.below(waiting.len() as u64) as usize);
                let text = shown(&house, &id, "Text").await;
                let answer = approve(&house, &id).await;
                if answer.status == 200 && answer.json()["state"] == "live" {
                    agreed = Some(text.as_str().unwrap().to_owned());
                    lived += 1;
                }
                None
            }
            _ => None,
        };
        let did = format!("step {step}: {ask:?}");
        if let Some(ask) = ask {
            let answer = house.api.ask(ask.member(&asker)).await;
            match answer.status {
                202 => waiting.push(text(&answer.json(), "approval_id")),
                200 | 201 => promoted += 1,
                status => assert!([404, 409].contains(&status), "{did}: {status} {}", answer.text()),
            }
        }
        bystander.look(&house, agreed, &did).await;
        live = live_template(&house, "walk").await.map(|one| text(&one, "id"));
    }
    assert!(
        promoted > 5 && lived > 0 && bystander.allowed.len() > 3,
        "{promoted} {lived}: a life in which little happened"
    );
}
