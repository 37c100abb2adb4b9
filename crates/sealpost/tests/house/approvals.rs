//! What takes an approval, from outside: nothing of it happens before somebody else has agreed to exactly that.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};

crate::on_both_engines! {
    weaker_masking_waits_for_somebody_else_and_goes_live_as_it_was_shown
    an_export_leaves_once_for_whoever_asked_after_somebody_else_agreed
    more_that_is_stored_waits_for_somebody_else_and_so_does_the_way_back
    a_role_that_says_more_waits_for_somebody_else
    a_vote_is_signed_by_a_passkey_and_the_record_proves_it_without_the_server
    whoever_wrote_a_version_does_not_vote_on_it
    networks_that_let_more_in_wait_for_somebody_else_and_undo_themselves
    another_role_that_may_more_waits_for_somebody_else
}

pub(crate) async fn takes(house: &House, module: &str) {
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
pub(crate) async fn agree(house: &House, id: &str) -> Value {
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let vote = Ask::post(format!("/v1/approvals/{id}/approve"), &json!({ "digest": shown["digest"] }));
    house.as_owner(vote).await["state"].clone()
}

/// What would become of a part.
pub(crate) async fn shown(house: &House, id: &str, what: &str) -> Value {
    let shown = house.get(format!("/v1/approvals/{id}")).await;
    let line = shown["changes"].as_array().unwrap().iter().find(|line| line["what"] == what).cloned();
    line.unwrap_or_else(|| panic!("no {what}: {shown}"))["after"].clone()
}

async fn networks_that_let_more_in_wait_for_somebody_else_and_undo_themselves(house: House) {
    let (asker, path) = (house.member("super_admin").await, "/v1/settings/networks");
    let put = |dashboard: &str| {
        let lists = json!({ "dashboard": [dashboard], "admin": [], "keys": [] });
        Ask::new("put", path).json(&lists).member(&asker)
    };
    let confirm = || Ask::post(format!("{path}/confirm"), &json!({})).member(&asker);
    takes(&house, "network").await;
    assert_eq!(house.api.ask(put("127.0.0.0/8")).await.status, 200, "to let fewer in takes nobody else");
    house.api.must(confirm()).await;
    let narrow = house.api.ask(put("127.0.0.0/16")).await;
    assert_eq!(narrow.status, 200);
    house.api.must(confirm()).await;
    let stale = house.api.ask(put("127.0.0.0/24").header("if-match", narrow.header("etag"))).await;
    assert_eq!((stale.status, &*stale.code()), (412, "networks_moved"));

    let answer = house.api.ask(put("127.0.0.0/8")).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = text(&answer.json(), "approval_id");
    let form = json!({ "dashboard": "", "admin": "", "keys": "" });
    let form = Ask::new("post", "/app/test/networks/edit").form(&form).page().member(&asker);
    let around = house.api.ask(form).await;
    assert!(around.status == 303 && around.header("location").contains("/approvals/apr_"), "{}", around.text());
    let page = house.api.ask(Ask::get("/app/test/networks").page().member(&asker)).await;
    assert!(page.text().contains("wait for others") && page.text().contains(&id), "{}", page.text());
    let standing = async || house.get(path).await;
    assert_eq!(standing().await["dashboard"], json!(["127.0.0.0/16"]));
    let would = json!({ "what": "Members", "before": "127.0.0.0/16", "after": "127.0.0.0/8" });
    assert_eq!(house.get(format!("/v1/approvals/{id}")).await["changes"][0], would);

    assert_eq!(agree(&house, &id).await, "live");
    let now = standing().await;
    assert_eq!(now["dashboard"], json!(["127.0.0.0/8"]));
    assert_eq!(now["pending"]["reverts_to"]["dashboard"], json!(["127.0.0.0/16"]), "unless somebody confirms it");
    house.api.must(confirm()).await;
    assert_eq!(standing().await["pending"], Value::Null);
    let waiting = around.header("location").rsplit('/').next().unwrap().to_owned();
    assert_eq!(agree(&house, &waiting).await, "conflict", "it was about what is there no more");

    let all = house.get("/v1/revisions?setting=network").await["data"].clone();
    assert_eq!((&all[0]["approval_id"], all.as_array().unwrap().len()), (&json!(id), 4));
    let acts = house.api.must(Ask::get("/v1/ledger/entries?action=networks.change").key(&house.keys.live)).await;
    assert_eq!(acts["data"][0]["details"]["digest"], all[0]["digest"], "{acts}");
    let back = |at: usize| {
        let path = format!("/v1/revisions/{}/roll-back", text(&all[at], "id"));
        Ask::post(path, &json!({ "reason": "the move is over" })).member(&asker)
    };
    assert_eq!(house.api.ask(back(3)).await.status, 202, "back to anywhere waits");
    assert_eq!(house.api.ask(back(1)).await.status, 200);
    assert_eq!(standing().await["dashboard"], json!(["127.0.0.0/16"]));
}

async fn another_role_that_may_more_waits_for_somebody_else(house: House) {
    let asker = house.member("super_admin").await;
    let (id, link) = house.invited("sam@example.com", "agent").await;
    let (sam, _) = house.follow(&link).await;
    let path = format!("/v1/members/{id}");
    takes(&house, "member").await;
    let put = |role: &str| Ask::new("put", format!("{path}/role")).json(&json!({ "role": role })).member(&asker);
    let role = async || house.as_owner(Ask::get(path.clone())).await["role"].clone();
    let answer = house.api.ask(put("admin")).await;
    assert_eq!((answer.status, role().await), (202, json!("agent")), "{}", answer.text());
    assert_eq!(house.api.ask(Ask::get("/v1/session").member(&sam)).await.status, 200, "nobody was signed out");
    let asked = text(&answer.json(), "approval_id");
    let form = json!({ "role": "developer" });
    let form = Ask::new("post", format!("/app/test/people/{id}/role")).form(&form).page().member(&asker);
    let around = house.api.ask(form).await;
    assert!(around.status == 303 && around.header("location").contains("/approvals/apr_"), "{}", around.text());
    let page = house.api.ask(Ask::get(format!("/app/test/people/{id}")).page().member(&asker)).await;
    assert!(page.text().contains("waits for others") && page.text().contains(&asked), "{}", page.text());
    let shown = house.get(format!("/v1/approvals/{asked}")).await;
    assert_eq!((&shown["target"], &shown["tied"][0]["tie"]), (&json!(id), &json!("beneficiary")));
    let line = json!({ "what": "Role", "before": "Agent", "after": "Admin" });
    assert_eq!(shown["changes"][0], line);

    assert_eq!(agree(&house, &asked).await, "live");
    assert_eq!(role().await, "admin");
    assert_eq!(house.api.ask(Ask::get("/v1/session").member(&sam)).await.code(), "session_ended");
    let waiting = around.header("location").rsplit('/').next().unwrap().to_owned();
    assert_eq!(agree(&house, &waiting).await, "conflict");
    assert_eq!(house.api.ask(put("viewer")).await.status, 204, "to take away takes nobody else");
    let all = house.get("/v1/revisions?setting=member").await["data"].clone();
    assert_eq!((&all[1]["approval_id"], &all[1]["target"]), (&json!(asked), &json!(id)));
    let back = Ask::post(format!("/v1/revisions/{}/roll-back", text(&all[1], "id")), &json!({ "reason": "a mistake" }));
    assert_eq!(house.api.ask(back.member(&asker)).await.status, 202);
    assert_eq!(role().await, "viewer");
}
