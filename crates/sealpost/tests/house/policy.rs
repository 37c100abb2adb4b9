//! Policy as files, against a server: what was changed elsewhere is what a plan says, and applying it ends that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, program, text};

crate::on_both_engines! {
    what_was_changed_elsewhere_is_what_a_plan_says_and_applying_it_ends_that
    what_takes_an_approval_waits_once_and_what_a_key_may_not_is_left_to_a_member
    what_only_members_change_is_asked_for_by_files_and_decided_by_a_member
    a_saved_plan_does_what_was_looked_at_or_nothing
    what_is_made_from_files_is_made_once_and_what_fails_says_how_far_it_came
}

/// The program, asked with a key of this server.
struct Files<'h> {
    house: &'h House,
    key: String,
    folder: PathBuf,
}

/// What it came to: its code, its result, and what it complained of.
struct Said {
    code: i32,
    result: Value,
    complaint: String,
}

impl<'h> Files<'h> {
    fn new(house: &'h House, key: &str, name: &str) -> Self {
        Self { house, key: key.to_owned(), folder: house.folder().join(name) }
    }

    async fn run(&self, args: &[&str]) -> Said {
        let output = tokio::process::Command::new(program())
            .arg("--json")
            .args(args)
            .current_dir(self.house.folder())
            .env("SEALPOST_URL", format!("https://localhost:{}", self.house.address.port()))
            .env("SEALPOST_KEY", &self.key)
            .env("SEALPOST_CA", self.house.authority())
            .output()
            .await
            .unwrap();
        Said {
            code: output.status.code().unwrap(),
            result: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    async fn export(&self) {
        let said = self.run(&["export-policy", self.place()]).await;
        assert_eq!(said.code, 0, "{}", said.complaint);
    }

    /// The titles of what differs.
    async fn differs(&self, more: &[&str]) -> BTreeSet<String> {
        let said = self.run(&[&["plan", self.place()], more].concat()).await;
        let changes = said.result["plan"]["changes"].as_array().unwrap_or_else(|| panic!("{}", said.complaint));
        assert_eq!(said.code, if changes.is_empty() { 0 } else { 6 }, "{}", said.complaint);
        changes.iter().map(|change| format!("{} {}", text(change, "kind"), text(change, "name"))).collect()
    }

    async fn apply(&self, more: &[&str]) -> Said {
        self.run(&[&["apply", self.place()], more].concat()).await
    }

    fn place(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Puts one text in place of another that is there.
    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.folder.join(name);
        let before = std::fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{before}");
        std::fs::write(path, before.replace(from, to)).unwrap();
    }
}

/// Chance that is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: u64) -> u64 {
        // Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

async fn what_was_changed_elsewhere_is_what_a_plan_says_and_applying_it_ends_that(house: House) {
    let mut ids = Vec::new();
    for (name, class) in [("otp.login", "otp"), ("order-shipped", "transactional")] {
        let (event, template) = house.event(name, "sms", class, &json!({ "text": format!("{name}\n") })).await;
        ids.push((name, event, template));
    }
    let (endpoint, _) = house.endpoint("billing").await;
    let files = Files::new(&house, &house.keys.ours, "policy");
    files.export().await;
    assert_eq!(files.differs(&["--prune"]).await, BTreeSet::new());

    let mut chance = Chance(2026);
    for round in 0..4 {
        let (mut expected, mut others) = (BTreeSet::new(), BTreeSet::new());
        for edit in 0..1 + chance.below(3) {
            // What nothing has said before.
            let new = format!("{round}-{edit}");
            let (name, event, template) = &ids[chance.below(2) as usize];
            match chance.below(4) {
                0 => {
                    let content = json!({ "content": { "text": new } });
                    house.post(format!("/v1/templates/{template}/versions"), &content).await;
                    expected.insert(format!("template {name}"));
                }
                1 => {
                    let pinned = json!({ "class": "marketing", "template_id": template, "template_version": 1 });
                    house.post(format!("/v1/events/{event}/versions"), &pinned).await;
                    expected.insert(format!("event {name}"));
                }
                2 => {
                    let body =
                        json!({ "description": new, "disabled": chance.below(2) == 0, "events": [format!("a{new}")] });
                    let ask = Ask::new("patch", format!("/v1/endpoints/{endpoint}")).json(&body);
                    assert_eq!(house.ask(ask).await.status, 200);
                    expected.insert("endpoint billing".to_owned());
                }
                _ => {
                    let body = json!({ "name": format!("new-{new}"), "class": "otp", "template_id": template });
                    house.post("/v1/events", &body).await;
                    others.insert(format!("event new-{new}"));
                }
            }
        }
        let said = files.run(&["plan", files.place()]).await;
        assert_eq!(files.differs(&[]).await, expected, "round {round}: {}", said.complaint);
        let told: BTreeSet<String> = serde_json::from_value(said.result["plan"]["others"].clone()).unwrap();
        assert!(told.is_superset(&others), "{told:?} of {others:?}");
        let applied = files.apply(&[]).await;
        assert_eq!(applied.code, 0, "{}", applied.complaint);
        assert_eq!(applied.result["applied"].as_array().unwrap().len(), expected.len());
        assert_eq!(files.differs(&[]).await, BTreeSet::new(), "round {round}");
    }
    let again = files.apply(&[]).await;
    assert_eq!((again.code, &again.result["applied"]), (0, &json!([])));
}

/// A live key of this member that may do this besides.
async fn live_key(house: &House, of: &crate::house::Member, more: &[&str]) -> String {
    let mut scopes = vec![
        "masking:read",
        "masking:write",
        "approvals:read",
        "members:read",
        "storage:read",
        "templates:read",
        "events:read",
        "channels:read",
        "endpoints:read",
    ];
    scopes.extend(more);
    let body = json!({ "name": "Files", "kind": "secret", "scopes": scopes });
    let made = Ask::post("/v1/keys", &body).header("sealpost-environment", "live").member(of);
    text(&house.api.must(made).await, "key")
}

async fn what_takes_an_approval_waits_once_and_what_a_key_may_not_is_left_to_a_member(house: House) {
    let rules = json!({ "modules": { "masking": { "approvals": 1 } }, "reason": "four eyes" });
    house.as_owner(Ask::new("put", "/v1/settings/approvals").json(&rules)).await;
    let asker = house.member("super_admin").await;
    let files = Files::new(&house, &live_key(&house, &asker, &[]).await, "policy");
    files.export().await;
    assert_eq!(files.differs(&["--environment", "live"]).await, BTreeSet::new());
    let wrong = files.run(&["plan", files.place(), "--environment", "test"]).await;
    assert_eq!(wrong.code, 2, "{}", wrong.complaint);

    files.edit("masking.toml", "mode = \"default\"", "mode = \"off\"");
    assert_eq!(files.differs(&[]).await, BTreeSet::from(["masking ".to_owned()]));
    let silent = files.apply(&[]).await;
    assert!(silent.code == 3 && silent.complaint.contains("--reason"), "{}", silent.complaint);
    let asked = files.apply(&["--reason", "ticket 1"]).await;
    assert_eq!((asked.code, &asked.result["applied"]), (6, &json!([])), "{}", asked.complaint);
    let waiting = &asked.result["waiting"][0];
    let id = text(waiting, "approval_id");
    assert!(text(waiting, "url").ends_with(&format!("/app/live/approvals/{id}")));
    // Neither asking again nor another run asks twice, and a plan says that it waits.
    let again = files.apply(&["--reason", "ticket 2"]).await;
    assert_eq!((again.code, &again.result["waiting"][0]), (6, waiting));
    assert_eq!(files.run(&["plan", files.place()]).await.result["waiting"][0], *waiting);
    let all = house.as_owner(Ask::get("/v1/approvals?tab=waiting")).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 1);

    let vote = json!({ "digest": waiting["digest"] });
    let voted = house.as_owner(Ask::post(format!("/v1/approvals/{id}/approve"), &vote)).await;
    assert_eq!(voted["state"], "live");
    assert_eq!(files.differs(&[]).await, BTreeSet::new());

    // What was looked at is another by now.
    let late = Ask::new("put", "/v1/masking").json(&json!({ "mode": "default", "version": 0 })).key(&files.key);
    let late = house.api.ask(late).await;
    assert_eq!((late.status, &*late.code()), (409, "changed_meanwhile"));

    // To hide more takes nobody else. How long what is stored, and who may what, is decided by somebody signed in.
    files.edit("masking.toml", "mode = \"off\"", "mode = \"default\"");
    files.edit("storage.toml", "days = 90", "days = 30");
    assert_eq!(files.differs(&[]).await, BTreeSet::from(["masking ".to_owned(), "storage ".to_owned()]));
    let done = files.apply(&[]).await;
    assert_eq!((done.code, &done.result["applied"]), (6, &json!(["~ masking"])), "{}", done.complaint);
    assert_eq!(done.result["left"][0]["change"], "storage");
    assert!(text(&done.result["left"][0], "url").ends_with("/app/live/storage"));
    let role = json!({ "name": "Night shift", "permissions": ["messages:read"] });
    house.as_owner(Ask::post("/v1/roles", &role)).await;
    let said = files.run(&["plan", files.place()]).await;
    assert_eq!(said.result["plan"]["others"], json!(["role Night shift"]));
    let fresh = Files { folder: house.folder().join("again"), ..files };
    fresh.export().await;
    assert_eq!(fresh.differs(&["--prune"]).await, BTreeSet::new());
}

async fn what_only_members_change_is_asked_for_by_files_and_decided_by_a_member(house: House) {
    let asker = house.member("super_admin").await;
    let files = Files::new(&house, &live_key(&house, &asker, &["approvals:ask"]).await, "policy");
    files.export().await;
    files
        .write("roles.toml", "[[role]]\nname = \"Night desk\"\npermissions = [\"messages:read\"]\nmasks = \"last4\"\n");
    files.edit("storage.toml", "days = 90", "days = 30");
    files.write("approvals.toml", "[modules.masking]\napprovals = 1\n");
    let differs = BTreeSet::from(["role Night desk", "storage ", "approvals "].map(str::to_owned));
    assert_eq!(files.differs(&[]).await, differs);
    let asked = files.apply(&["--reason", "Change 7"]).await;
    assert_eq!((asked.code, &asked.result["applied"], &asked.result["left"]), (6, &json!([]), &json!([])));
    let waiting = asked.result["waiting"].as_array().unwrap().clone();
    assert_eq!(waiting.len(), 3, "{}", asked.complaint);
    // Nothing is so yet, and a pipeline that runs every hour asks once.
    assert_eq!(files.differs(&[]).await, differs);
    assert_eq!(files.apply(&[]).await.result["waiting"], json!(waiting));
    assert_eq!(files.run(&["plan", files.place()]).await.result["waiting"], json!(waiting));

    let of = |kind: &str| waiting.iter().find(|one| text(one, "change").starts_with(kind)).unwrap().clone();
    let owner = house.standing_owner().await;
    let voter = live_key(&house, &owner, &["approvals:vote"]).await;
    for kind in ["role", "storage", "approvals"] {
        let (id, vote) = (text(&of(kind), "approval_id"), json!({ "digest": of(kind)["digest"] }));
        let say = |verb: &str| Ask::post(format!("/v1/approvals/{id}/{verb}"), &vote);
        let own = house.api.ask(say("approve").member(&asker)).await;
        assert_eq!(own.code(), "approval_own", "{kind}: a key counts for whoever made it");
        let voted = house.api.must(say("approve").key(&voter)).await;
        assert_eq!(voted["state"], "approved", "{kind}");
        assert!(text(&voted, "reason").starts_with("Change 7 [change "), "{voted}");
        let apply = || Ask::new("post", format!("/v1/approvals/{id}/apply"));
        assert_eq!(house.api.ask(apply().key(&voter)).await.code(), "approval_by_members", "{kind}");
        assert_eq!(house.as_owner(apply()).await["state"], "live", "{kind}");
    }
    assert_eq!(files.differs(&[]).await, BTreeSet::new());
    let said = house.as_owner(Ask::get("/v1/settings/storage")).await;
    assert_eq!(said["live"]["marketing"]["days"], 30, "{said}");

    // What can't be is said before anybody is asked, and nothing else is asked for so.
    let key = |body: Value| Ask::post("/v1/approvals", &body).key(&files.key);
    for (module, wanted) in [
        ("storage", json!({ "live": {} })),
        ("role", json!({ "name": "Desk", "permissions": ["nothing:at-all"] })),
        ("approval_policy", json!({ "modules": { "masking": { "approvals": 5 } } })),
    ] {
        let refused = house.api.ask(key(json!({ "module": module, "wanted": wanted, "reason": "Change 8" }))).await;
        assert_eq!((refused.status, &*refused.code()), (422, "approval_impossible"), "{module}: {}", refused.text());
    }
    let other = house.api.ask(key(json!({ "module": "support", "wanted": {}, "reason": "Change 8" }))).await;
    assert_eq!(other.status, 422, "{}", other.text());
    let test = Ask::post("/v1/approvals", &json!({ "module": "role", "wanted": {}, "reason": "Change 8" }));
    assert_eq!(house.ask(test).await.code(), "live_key_required");
}

async fn a_saved_plan_does_what_was_looked_at_or_nothing(house: House) {
    let (_, template) = house.event("otp.login", "sms", "otp", &json!({ "text": "{{ code }}" })).await;
    let files = Files::new(&house, &house.keys.ours, "policy");
    files.export().await;
    files.edit("templates/otp.login.txt", "{{ code }}", "{{ code }} is your code");
    let saved = house.folder().join("saved.plan");
    let path = saved.to_str().unwrap();
    let planned = files.run(&["plan", files.place(), "--out", path]).await;
    assert_eq!(planned.code, 6, "{}", planned.complaint);
    let digest = text(&planned.result["plan"], "digest");

    // Somebody else was there meanwhile.
    let other = json!({ "content": { "text": "{{ code }}!" } });
    house.post(format!("/v1/templates/{template}/versions"), &other).await;
    let refused = files.run(&["apply", path]).await;
    assert!(refused.code == 3 && refused.complaint.contains("template otp.login"), "{}", refused.complaint);
    let refused = files.apply(&["--digest", &digest]).await;
    assert_eq!(refused.code, 3, "{}", refused.complaint);
    let versions = house.get(format!("/v1/templates/{template}")).await["versions"].as_array().unwrap().len();
    assert_eq!(versions, 2, "nothing was done");

    // A plan that was changed, or is for somewhere else, is none.
    let again = files.run(&["plan", files.place(), "--out", path]).await;
    let text_of = |path: &Path| std::fs::read_to_string(path).unwrap();
    let forged = text_of(&saved).replace("is your code", "is their code");
    std::fs::write(house.folder().join("forged.plan"), forged).unwrap();
    let refused = files.run(&["apply", "forged.plan"]).await;
    assert!(refused.code == 5 && refused.complaint.contains("changed since"), "{}", refused.complaint);
    let live = Files::new(&house, &house.keys.live, "policy");
    assert_eq!(live.run(&["apply", path]).await.code, 3);
    let done = files.run(&["apply", path, "--digest", &text(&again.result["plan"], "digest")]).await;
    assert_eq!(done.code, 0, "{}", done.complaint);
    let newest = &house.get(format!("/v1/templates/{template}")).await["versions"][0];
    assert_eq!(newest["content"]["text"], "{{ code }} is your code");
    assert_eq!(files.run(&["apply", path]).await.code, 3, "it was done");
}

async fn what_is_made_from_files_is_made_once_and_what_fails_says_how_far_it_came(house: House) {
    house.post("/v1/secrets", &json!({ "name": "billing" })).await;
    let files = Files::new(&house, &house.keys.ours, "policy");
    let url = house.receiver.url();
    files.write("templates/welcome.toml", "channel = \"email\"\nsubject = \"Welcome\"\n");
    files.write("templates/welcome.txt", "Welcome, {{ contact.name }}.\n");
    files.write("templates/welcome.html", "<p>Welcome.</p>\n");
    files.write("events/welcome.toml", "class = \"transactional\"\ntemplate = \"welcom\"\n");
    files.write("endpoints/billing.toml", &format!("url = \"{url}\"\nevents = [\"message.*\"]\n"));
    let told = files.run(&["plan", files.place()]).await;
    assert_eq!(told.code, 5);
    for wrong in
        ["event welcome: there is no template `welcom`", "endpoint billing: a new endpoint names the stored secret"]
    {
        assert!(told.complaint.contains(wrong), "{}", told.complaint);
    }
    files.edit("events/welcome.toml", "welcom\"", "welcome\"");
    files
        .write("endpoints/billing.toml", &format!("url = \"{url}\"\nevents = [\"message.*\"]\nsecret = \"billing\"\n"));

    // The server says no in the middle.
    files.edit("events/welcome.toml", "transactional", "nonsense");
    let failed = files.apply(&[]).await;
    assert!(failed.code == 3 && failed.complaint.contains("event welcome"), "{}", failed.complaint);
    assert_eq!(failed.result["applied"], json!(["+ template welcome"]));
    assert_eq!(failed.result["remaining"], json!(["event welcome", "endpoint billing"]));
    files.edit("events/welcome.toml", "nonsense", "transactional");
    let done = files.apply(&[]).await;
    assert_eq!(done.result["applied"], json!(["+ event welcome", "+ endpoint billing"]), "{}", done.complaint);
    assert_eq!((done.code, files.differs(&["--prune"]).await), (0, BTreeSet::new()));
    let again = files.apply(&[]).await;
    assert_eq!((again.code, &again.result["applied"]), (0, &json!([])));

    // How it is called and encrypted for stays where a file says nothing of it; where one does, that is the whole of it.
    let key = json!({ "name": "billing-key", "value": "5a".repeat(32) });
    house.post("/v1/secrets", &key).await;
    let before = std::fs::read_to_string(files.folder.join("endpoints/billing.toml")).unwrap();
    let transport = "[transport]\nrate_per_second = 5\nmin_tls = \"1.2\"\n\n[[transport.headers]]\nname = \"X-Tenant\"\nvalue = \"clinic\"\n";
    let encryption = "[encryption]\nmethod = \"aes-256-gcm\"\nsecret = \"billing-key\"\nencoding = \"hex\"\n";
    files.write("endpoints/billing.toml", &format!("{before}\n{transport}\n{encryption}"));
    let done = files.apply(&[]).await;
    assert_eq!((done.code, &done.result["applied"]), (0, &json!(["~ endpoint billing"])), "{}", done.complaint);
    assert_eq!(files.differs(&[]).await, BTreeSet::new());
    let id = text(&house.get("/v1/endpoints").await["data"][0], "id");
    let called = house.get(format!("/v1/endpoints/{id}/transport")).await;
    assert_eq!((&called["rate_per_second"], &called["headers"][0]["value"]), (&json!(5), &json!("clinic")), "{called}");
    assert_eq!(house.get(format!("/v1/endpoints/{id}/encryption")).await["encryption"]["method"], "aes-256-gcm");
    let fresh = Files::new(&house, &house.keys.ours, "billing");
    fresh.export().await;
    assert_eq!(fresh.differs(&["--prune"]).await, BTreeSet::new());
    files.write("endpoints/billing.toml", &format!("{before}\n[transport]\nmin_tls = \"1.3\"\n"));
    assert_eq!(files.apply(&[]).await.code, 0);
    let called = house.get(format!("/v1/endpoints/{id}/transport")).await;
    assert_eq!((&called["rate_per_second"], &called["headers"]), (&Value::Null, &json!([])), "{called}");
    assert_eq!(house.get(format!("/v1/endpoints/{id}/encryption")).await["encryption"]["method"], "aes-256-gcm");
    files.write("endpoints/billing.toml", &before);
    assert_eq!(files.differs(&[]).await, BTreeSet::new());

    // What is in no file goes only if that is said.
    std::fs::remove_file(files.folder.join("endpoints/billing.toml")).unwrap();
    assert_eq!(files.differs(&[]).await, BTreeSet::new());
    let pruned = files.apply(&["--prune"]).await;
    assert_eq!((pruned.code, &pruned.result["applied"]), (0, &json!(["- endpoint billing"])), "{}", pruned.complaint);
    assert_eq!(house.get("/v1/endpoints").await["data"], json!([]));
}
