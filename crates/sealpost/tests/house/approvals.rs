//! What takes an approval, from outside: nothing of it happens before somebody else has agreed to exactly that.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, PATIENCE, text};

crate::on_both_engines! {
    weaker_masking_waits_for_somebody_else_and_goes_live_as_it_was_shown
    an_export_leaves_once_for_whoever_asked_after_somebody_else_agreed
    more_that_is_stored_waits_for_somebody_else_and_so_does_the_way_back
    a_role_that_says_more_waits_for_somebody_else
    a_vote_is_signed_by_a_passkey_and_the_record_proves_it_without_the_server
    whoever_wrote_a_version_does_not_vote_on_it
    a_route_waits_in_live_and_comes_back_without_waiting
    a_workflow_waits_in_live_and_comes_back_without_waiting
    an_endpoint_waits_in_live_to_be_called_and_to_protect_less
    a_channel_waits_in_live_to_send_and_to_lead_elsewhere
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

async fn more_that_is_stored_waits_for_somebody_else_and_so_does_the_way_back(house: House) {
    house.endpoint_for("officers", &["approval.*"]).await;
    let owner = house.standing_owner().await;
    let change =
        |rules: Value| Ask::new("patch", "/v1/settings/storage").json(&json!({ "live": rules, "reason": "ticket 1" }));
    let never = json!({ "otp": { "mode": "never" } });
    let days = async || house.get("/v1/settings/storage").await["live"]["otp"].clone();
    takes(&house, "storage").await;

    // Less takes nobody else; more, by whatever route, does.
    assert_eq!(house.as_owner(change(never)).await["live"]["otp"]["mode"], "never");
    let asker = house.member("super_admin").await;
    let keep = json!({ "otp": { "mode": "keep" } });
    let patch = json!({ "payload_storage": { "live": keep }, "reason": "ticket 1" });
    let form = Ask::new("post", "/app/live/storage/edit").form(&json!({ "otp": "keep", "reason": "ticket 1" }));
    let answer = house.api.ask(form.page().member(&asker)).await;
    assert!(answer.status == 303 && answer.header("location").contains("/approvals/apr_"), "{}", answer.text());
    let answer = house.api.ask(Ask::new("patch", "/v1/settings/security").json(&patch).member(&asker)).await;
    assert_eq!((answer.status, &answer.json()["waiting"][0]["name"]), (202, &json!("payload_storage")));
    let answer = house.api.ask(change(keep).member(&asker)).await;
    assert_eq!((answer.status, &days().await["mode"]), (202, &json!("never")));
    let asked = answer.json();
    let id = text(&asked, "approval_id");
    house.receiver.notice("approval.requested", "approval_id", &id).await;

    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let changes = json!({ "what": "otp in live", "before": "never written", "after": "kept for 90 days" });
    assert_eq!(shown["changes"][0], changes);
    let vote =
        |id: &str, digest: &Value| Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": digest }));
    assert_eq!(house.api.ask(vote(&id, &shown["digest"]).member(&asker)).await.code(), "approval_own");
    assert_eq!(house.as_owner(vote(&id, &shown["digest"])).await["state"], "live");
    assert_eq!(days().await["mode"], "keep");
    house.receiver.notice("approval.decided", "approval_id", &id).await;

    // What it said stands there, by whom and by which approval, and the ledger has its digest.
    let said = async || house.get("/v1/revisions?setting=storage").await["data"].clone();
    let all = said().await;
    let told = |one: &Value| (one["number"].clone(), one["in_force"].clone(), one["approval_id"].clone());
    assert_eq!(told(&all[0]), (json!(2), json!(true), json!(id)));
    assert_eq!(told(&all[1]), (json!(1), json!(false), Value::Null));
    assert_eq!(told(&all[2]), (json!(0), json!(false), Value::Null));
    assert_eq!((&all[0]["changes"][0], &all[2]["by"]), (&changes, &Value::Null));
    let acts = house.api.must(Ask::get("/v1/ledger/entries?action=storage.change").key(&house.keys.live)).await;
    assert_eq!(acts["data"][0]["details"]["digest"], all[0]["digest"], "{acts}");

    // The way back is a change like any other: to less at once, to more when somebody else agrees.
    let back = |number: usize| {
        let path = format!("/v1/revisions/{}/roll-back", text(&all[number], "id"));
        Ask::post(path, &json!({ "reason": "the migration is over" }))
    };
    assert_eq!(house.api.ask(back(0).member(&owner)).await.code(), "revision_in_force");
    assert_eq!(house.as_owner(back(1)).await["revision_id"], all[1]["id"]);
    assert_eq!(days().await["mode"], "never");
    let answer = house.api.ask(back(0).member(&asker)).await;
    assert_eq!((answer.status, &days().await["mode"]), (202, &json!("never")));
    let asked = answer.json();
    let id = text(&asked, "approval_id");
    assert_eq!(house.as_owner(vote(&id, &asked["digest"])).await["state"], "live");
    let now = said().await;
    assert_eq!(
        (&now[0]["number"], &now[0]["approval_id"], &days().await["mode"]),
        (&json!(4), &json!(id), &json!("keep"))
    );
    let one = house.get(format!("/v1/revisions/{}", text(&now[1], "id"))).await;
    assert_eq!(
        (&one["says"]["live"]["otp"]["mode"], &one["back"][0]["after"]),
        (&json!("never"), &json!("never written"))
    );
    let viewer = house.api.ask(back(1).member(&house.member("auditor").await)).await;
    assert_eq!((viewer.status, &*viewer.code()), (403, "permission_missing"));
    let found = house.api.must(Ask::get("/v1/approvals?tab=history&module=storage&q=migration").member(&owner)).await;
    assert_eq!((found["data"].as_array().unwrap().len(), &found["data"][0]["id"]), (1, &json!(id)));
    let page = house.api.ask(Ask::get("/app/live/revisions?setting=storage").page().member(&owner)).await;
    assert!(page.text().contains("Payload storage, 4") && page.text().contains("in force"));
}

async fn a_role_that_says_more_waits_for_somebody_else(house: House) {
    let asker = house.member("super_admin").await;
    let says = |permissions: &[&str]| json!({ "name": "Night shift", "permissions": permissions });
    let made = house.as_owner(Ask::post("/v1/roles", &says(&["messages:read"]))).await;
    let path = format!("/v1/roles/{}", text(&made, "id"));
    takes(&house, "role").await;
    let put = |permissions: &[&str]| Ask::new("put", path.clone()).json(&says(permissions)).member(&asker);
    let answer = house.api.ask(put(&["messages:read", "contacts:read"])).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let asked = answer.json();
    let form = json!({ "name": "Day shift", "permissions": ["messages:read"] });
    let page = house.api.ask(Ask::new("post", "/app/test/roles/new").form(&form).page().member(&asker)).await;
    assert!(page.status == 303 && page.header("location").contains("/approvals/apr_"), "{}", page.text());
    assert_eq!(house.get(path.clone()).await["permissions"], json!(["messages:read"]));
    let id = text(&asked, "approval_id");
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let more: Vec<_> =
        shown["changes"].as_array().unwrap().iter().filter(|one| one["before"] != one["after"]).collect();
    assert!(more.len() == 1 && text(more[0], "what").contains("contacts:read"), "{shown}");
    assert_eq!(shown["target"], made["id"]);
    let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": shown["digest"] }));
    assert_eq!(house.as_owner(vote).await["state"], "live");
    assert_eq!(house.get(path.clone()).await["permissions"].as_array().unwrap().len(), 2);
    assert_eq!(house.api.ask(put(&["contacts:read"])).await.status, 200, "to take away takes nobody else");
}

async fn a_vote_is_signed_by_a_passkey_and_the_record_proves_it_without_the_server(house: House) {
    let (asker, other) = (house.member("super_admin").await, house.member("admin").await);
    let rules = json!({ "modules": { "masking": { "approvals": 2, "signed": true } }, "reason": "four eyes" });
    house.as_owner(Ask::new("put", "/v1/settings/approvals").json(&rules)).await;
    let off = json!({ "mode": "off", "reason": "ticket 1" });
    let put = Ask::new("put", "/v1/masking").json(&off).header("sealpost-environment", "live");
    let asked = house.api.must(put.member(&asker)).await;
    let (id, digest) = (text(&asked, "approval_id"), asked["digest"].clone());
    let path = |act: &str| format!("/v1/approvals/{id}/{act}");
    let vote = |signature: &Value| Ask::post(path("approve"), &json!({ "digest": digest, "signature": signature }));
    let what = |says: &str| Ask::post(path("signature/options"), &json!({ "says": says, "digest": digest }));

    let one = house.standing_owner().await;
    let mut devices = [house.passkey(&one).await.1, house.passkey(&other).await.1];
    let bare = house.api.ask(Ask::post(path("approve"), &json!({ "digest": digest })).member(&one)).await;
    assert_eq!((bare.status, &*bare.code()), (409, "approval_unsigned"));
    // What another has signed, what was signed for another session, and a proof of nothing but being there are no votes.
    let foreign = devices[1].assertion(&house.api.must(what("approve").member(&one)).await);
    let stale = devices[0].assertion(&house.api.must(what("approve").member(&other)).await);
    let emergency = devices[0].assertion(&house.api.must(what("emergency").member(&one)).await);
    let plain = Ask::new("post", "/v1/me/proof/options").member(&one);
    let plain = devices[0].assertion(&house.api.must(plain).await);
    for (signature, code) in [
        (foreign, "passkey_refused"),
        (stale, "challenge_spent"),
        (emergency, "passkey_refused"),
        (plain, "passkey_refused"),
    ] {
        assert_eq!(house.api.ask(vote(&signature).member(&one)).await.code(), code);
    }
    let changed = Ask::post(path("signature/options"), &json!({ "says": "approve", "digest": "0".repeat(64) }));
    assert_eq!(house.api.ask(changed.member(&one)).await.code(), "approval_changed");

    // The answer is the proof, too; then it is the vote.
    let signature = devices[0].assertion(&house.api.must(what("approve").member(&one)).await);
    let proof = house.api.ask(Ask::post("/v1/me/proof", &signature).member(&one)).await;
    assert_eq!(proof.status, 204, "{}", proof.text());
    assert_eq!(house.api.must(vote(&signature).member(&one)).await["state"], "pending");
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let keys = house.api.must(Ask::get("/v1/me/passkeys").member(&one)).await;
    assert_eq!(shown["votes"][0]["signed_by"], keys["data"][0]["key"]);
    let page = house.api.ask(Ask::get(format!("/app/test/approvals/{id}")).page().member(&asker)).await;
    assert!(page.text().contains("data-signed"));
    // The page sends the same as a field of its form.
    let signature = devices[1].assertion(&house.api.must(what("approve").member(&other)).await);
    let form = json!({ "digest": digest, "comment": "", "signature": signature.to_string() });
    let sent = Ask::new("post", format!("/app/test/approvals/{id}/approve")).form(&form).page();
    let sent = house.api.ask(sent.member(&other)).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(house.get(format!("/v1/approvals/{id}")).await["state"], "live");

    // The record says all of it to somebody who has nothing else; of other bytes it says nothing.
    let record = house.get(path("record")).await;
    let file = house.folder().join("record.json");
    std::fs::write(&file, record.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let key = text(&keys["data"][0], "key");
    let verify = |more: &[&str]| {
        let mut command = std::process::Command::new(crate::house::program());
        let done = command.args(["approvals", "verify", file]).args(more).output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let verified = verify(&["--digest", digest.as_str().unwrap(), "--key", &key]);
    assert!(verified.0 == Some(0) && verified.1.contains("signed by the passkey"), "{verified:?}");
    let mut swapped = record.clone();
    swapped["content"] = json!(text(&record, "content").replace("hidden", "shown"));
    std::fs::write(file, swapped.to_string()).unwrap();
    assert_eq!(verify(&[]).0, Some(3));
}

async fn whoever_wrote_a_version_does_not_vote_on_it(house: House) {
    takes(&house, "template").await;
    let (writer, asker) = (house.member("super_admin").await, house.standing_owner().await);
    let says = |text: &str| json!({ "text": text });
    let draft = json!({ "name": "visit-reminder", "channel": "sms", "content": says("one"), "in_force": false });
    let live = |ask: Ask| ask.header("sealpost-environment", "live");
    let made = house.api.must(live(Ask::post("/v1/templates", &draft)).member(&writer)).await;
    let path = format!("/v1/templates/{}", text(&made, "id"));
    let author = made["versions"][0]["written_by"].clone();
    assert!(author.as_str().unwrap().starts_with("mem_"), "{made}");
    let promote = Ask::post(format!("{path}/versions/1/promote"), &json!({}));
    let asked = house.api.must(live(promote).member(&asker)).await;
    let id = text(&asked, "approval_id");
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    assert_eq!(shown["tied"], json!([{ "member": author, "tie": "author" }]));
    let waits = async |tab: &str| {
        let list = house.api.must(Ask::get(format!("/v1/approvals?tab={tab}")).member(&writer)).await;
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(waits("waiting").await, 0, "it doesn't wait for whoever wrote it");
    let vote = |act: &str| {
        let said = json!({ "digest": shown["digest"], "comment": "looks right" });
        Ask::post(format!("/v1/approvals/{id}/{act}"), &said)
    };
    for act in ["approve", "reject"] {
        let own = house.api.ask(vote(act).member(&writer)).await;
        assert_eq!((own.status, &*own.code()), (409, "approval_tied"));
    }
    let page = house.api.ask(Ask::get(format!("/app/live/approvals/{id}")).page().member(&writer)).await;
    assert!(page.text().contains("Written by") && !page.text().contains("Approve…"));
    let other = house.api.must(vote("approve").member(&house.member("admin").await)).await;
    assert_eq!(other["state"], "live");
    assert_eq!(house.api.must(live(Ask::get(path)).member(&asker)).await["in_force"], 1);
}

/// Somebody else agrees with exactly what is shown.
async fn agree(house: &House, id: &str) -> Value {
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": shown["digest"] }));
    house.as_owner(vote).await["state"].clone()
}

/// What would become of a part.
async fn shown(house: &House, id: &str, what: &str) -> Value {
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let line = shown["changes"].as_array().unwrap().iter().find(|line| line["what"] == what).cloned();
    line.unwrap_or_else(|| panic!("no {what}: {shown}"))["after"].clone()
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
    let (state, changes) = agree_in_live(&text(&made, "approval_id")).await;
    let url = changes.as_array().unwrap().iter().find(|line| line["what"] == "URL").unwrap();
    assert_eq!((state, &url["after"]), (json!("live"), &new["url"]));
    let standing = async || house.api.must(live(Ask::get(&path))).await;
    assert_eq!(standing().await["admitted"], true);

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
