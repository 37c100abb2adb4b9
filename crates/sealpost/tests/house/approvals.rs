//! What takes an approval, from outside: nothing of it happens before somebody else has agreed to exactly that.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    weaker_masking_waits_for_somebody_else_and_goes_live_as_it_was_shown
    an_export_leaves_once_for_whoever_asked_after_somebody_else_agreed
}

async fn takes(house: &House, module: &str) {
    let rules = json!({ "modules": { module: { "approvals": 1 } }, "reason": "four eyes" });
    house.as_owner(Ask::new("put", "/v1/settings/approvals").json(&rules)).await;
}

async fn weaker_masking_waits_for_somebody_else_and_goes_live_as_it_was_shown(house: House) {
    house.endpoint_for("officers", &["approval.*"]).await;
    takes(&house, "masking").await;
    let mode = async || house.api.must(Ask::get("/v1/masking").key(&house.keys.live)).await["mode"].clone();
    let off = json!({ "mode": "off", "reason": "ticket 1" });
    let put = || Ask::new("put", "/v1/masking").json(&off).header("sealpost-environment", "live");

    // A key that nobody can be told from asks for nothing; another way in is no way around.
    let answer = house.api.ask(put().key(&house.keys.live)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    let asker = house.member("super_admin").await;
    let answer = house.api.ask(put().member(&asker)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!((&answer.json()["state"], mode().await), (&json!("pending"), json!("default")));
    let patch = json!({ "masking": { "mode": "off" }, "reason": "ticket 1" });
    let answer = house.api.ask(Ask::new("patch", "/v1/settings/security").json(&patch).member(&asker)).await;
    let waiting = &answer.json()["waiting"][0];
    assert_eq!((answer.status, &waiting["name"], mode().await), (202, &json!("masking"), json!("default")));
    let id = text(waiting, "approval_id");
    house.receiver.notice("approval.requested", "approval_id", &id).await;

    let shown = house.get(format!("/v1/approvals/{id}")).await;
    assert_eq!(
        shown["changes"][0],
        json!({
            "what": "Live",
            "before": "Everything personal is hidden",
            "after": "Nothing is hidden from whoever may reveal",
        })
    );
    let page = house.api.ask(Ask::get(format!("/app/test/approvals/{id}")).page().member(&asker)).await;
    assert!(page.text().contains("Waits for approval") && page.text().contains(&text(&shown, "digest")));

    let vote = |digest: &Value| {
        Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": digest, "comment": "looks right" }))
    };
    let own = house.api.ask(vote(&shown["digest"]).member(&asker)).await;
    assert_eq!((own.status, &*own.code()), (409, "approval_own"));
    let other = house.api.ask(vote(&json!("0".repeat(64))).member(&house.standing_owner().await)).await;
    assert_eq!((other.status, &*other.code()), (409, "approval_changed"));
    let auditor = house.api.ask(vote(&shown["digest"]).member(&house.member("auditor").await)).await;
    assert_eq!((auditor.status, &*auditor.code()), (403, "permission_missing"));
    assert_eq!(mode().await, "default");

    let live = house.as_owner(vote(&shown["digest"])).await;
    assert_eq!((&live["state"], mode().await), (&json!("live"), json!("off")));
    let heard = house.receiver.notice("approval.decided", "approval_id", &id).await;
    assert_eq!(heard.event()["data"]["state"], "live");
    let acts = house.api.must(Ask::get("/v1/ledger/entries?limit=250").key(&house.keys.live)).await;
    let acts: Vec<_> = acts["data"].as_array().unwrap().iter().map(|one| text(one, "action")).collect();
    let count = |act: &str| acts.iter().filter(|one| *one == act).count();
    assert_eq!(["approval.request", "approval.approve", "masking.change"].map(count), [2, 1, 1]);
    // What was asked for twice is about what is there no more.
    let waiting = house.api.must(Ask::get("/v1/approvals?tab=waiting").member(&house.standing_owner().await)).await;
    let stale = &waiting["data"][0];
    let path = format!("/v1/approvals/{}/approve", text(stale, "id"));
    assert_eq!(house.as_owner(Ask::post(path, &json!({ "digest": stale["digest"] }))).await["state"], "conflict");
}

async fn an_export_leaves_once_for_whoever_asked_after_somebody_else_agreed(house: House) {
    takes(&house, "contact_export").await;
    let contact =
        text(&house.post("/v1/contacts", &json!({ "name": "Ada Example", "phone": "+12025550123" })).await, "id");
    let asker = house.member("super_admin").await;
    let export = |approval: Option<&str>, form: &str| {
        let body = json!({ "reason": "ticket 4512", "form": form, "approval_id": approval });
        Ask::post(format!("/v1/contacts/{contact}/export"), &body)
    };
    let answer = house.api.ask(export(None, "json").member(&asker)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert!(!answer.text().contains("Ada"));
    let asked = answer.json();
    let id = text(&asked, "approval_id");
    let early = house.api.ask(export(Some(&id), "json").member(&asker)).await;
    assert_eq!((early.status, &*early.code()), (409, "approval_too_few"));

    let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": asked["digest"] }));
    assert_eq!(house.as_owner(vote).await["state"], "approved", "whoever asked does it");
    let theirs = house.api.ask(export(Some(&id), "json").member(&house.standing_owner().await)).await;
    assert_eq!((theirs.status, &*theirs.code()), (409, "approval_not_yours"));
    let other = house.api.ask(export(Some(&id), "pdf").member(&asker)).await;
    assert_eq!((other.status, &*other.code()), (409, "approval_mismatch"));
    let got = house.api.ask(export(Some(&id), "json").member(&asker)).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert!(got.text().contains("Ada Example"));
    let again = house.api.ask(export(Some(&id), "json").member(&asker)).await;
    assert_eq!((again.status, &*again.code()), (409, "approval_over"));
    assert!(!again.text().contains("Ada"));
}
