//! Erased is erased: a person who is in every feature there is, then erased, and somebody who comes by everything that is left.
//!
//! `R20` of the product's own list. The server is the real one; seven days pass by a moved clock on its files.

use std::path::Path;
use std::sync::Arc;

use hyper::body::Incoming;
use sealpost_access::encryption;
use sealpost_seal::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_store::{Clock, Database, Keys, Store, StoreConfig, Time, World};
use serde_json::json;

use crate::api::Ask;
use crate::attacker::{Loot, sealed_in};
use crate::canary::{Needles, Personal};
use crate::house::{House, text};
use crate::live::until;

const WEEK_MS: i64 = 7 * 86_400_000;

/// Marks that stay: they are not the person's.
const NOT_THEIRS: [&str; 4] =
    ["password of a relay", "value of a secret", "older value of a secret", "reason of a reveal"];

struct At(Time);

impl Clock for At {
    fn now(&self) -> Time {
        self.0
    }
}

/// What of the person is in these clear bytes.
fn of_the_person<'n>(needles: &'n Needles, clear: &[u8]) -> Vec<&'n str> {
    let theirs = |form: &&str| !NOT_THEIRS.iter().any(|other| form.starts_with(other));
    needles.found_in(clear).into_iter().filter(theirs).collect()
}

/// Everything of the person that somebody with these keys finds in these databases.
fn found(needles: &Needles, loot: &Loot, databases: &[&Path]) -> Vec<String> {
    let mut all = Vec::new();
    for data in databases {
        for (column, clear) in loot.open(&sealed_in(data)) {
            all.extend(of_the_person(needles, &clear).into_iter().map(|form| format!("{column}: {form}")));
        }
    }
    all
}

/// What a copy of the keys is worth to whoever has it, the folder of copy keys as it is now, and the root key.
async fn loot_of_copy(copy: &Path, copy_keys: &Path, root: &str, now: Time) -> Option<Loot> {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Database::Sqlite { folder: folder.path().to_owned() };
    let restored = Keys::restore(elsewhere, RootKey::parse(root).unwrap(), world(now), copy, copy_keys).await;
    restored.ok().map(|_| Loot::of(&folder.path().join("keys.db"), &RootKey::parse(root).unwrap()))
}

fn world(now: Time) -> World {
    World { clock: Arc::new(At(now)), rng: Arc::new(SystemRng) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_erased_person_nothing_opens_at_once_and_after_a_week_nothing_anywhere() {
    let house = House::sqlite().await;
    let needles = Needles::new();
    let now = || World::real().clock.now();
    let root_text = std::fs::read_to_string(house.folder().join("root.key")).unwrap();
    let root = || RootKey::parse(&root_text).unwrap();
    let files = tempfile::tempdir().unwrap();
    let (copies, copy_keys) = (files.path().join("copies"), files.path().join("copy-keys"));

    let personal = Personal::plant(&house).await;
    let mut told = live_with(&house, &personal).await;
    // Backups from before: of the data, and of the keys.
    let before = files.path().join("before.db");
    let data = house.folder().join("data.db");
    rusqlite::Connection::open(&data).unwrap().execute("vacuum into ?1", [before.to_str().unwrap()]).unwrap();
    let alone = Keys::open_alone(Database::Sqlite { folder: house.folder().to_owned() }, root(), World::real());
    let copy = alone.await.unwrap().copy(&copies, &copy_keys).await.unwrap();

    // So that this test can fail: whoever has all of it sees everything of them.
    let live = || Loot::of(&house.folder().join("keys.db"), &root());
    let seen = found(&needles, &live(), &[&data, &before]);
    for place in ["contact.name", "contact.email", "contact.phone", "contact.external_id", "message.payload"] {
        assert!(seen.iter().any(|one| one.starts_with(place)), "{place} is not attacked: {seen:?}");
    }
    let slots_before = live().slots();

    let erased = Ask::new("delete", format!("/v1/contacts/{}?reason=asked", personal.contact())).key(&house.keys.ours);
    let answer = house.api.must(erased).await;
    let began = std::time::Instant::now();
    let left = found(&needles, &live(), &[&data, &before]);
    assert!(left.is_empty(), "with all keys that live: {left:?}");
    assert!(began.elapsed().as_secs() < 60 && live().slots() < slots_before);
    for (place, bytes) in house.stored().await {
        let left = of_the_person(&needles, &bytes);
        assert!(left.is_empty(), "{place}: {left:?}");
    }
    nobody_was_told(&house, &needles, &mut told).await;
    nothing_is_handed_out(&house, &needles, &personal).await;
    // A copy of the keys from before still opens for whoever has its key: that is what the week is for, and what is said.
    let still = loot_of_copy(&copy.file, &copy_keys, &root_text, now()).await.expect("a copy opens within the week");
    assert!(!found(&needles, &still, &[&before]).is_empty(), "the copy holds nothing: this proves nothing");
    let final_at: Time = text(&answer, "final_at").parse().unwrap();
    assert!(
        copy.ends_at.since(final_at) <= 0,
        "the certificate says {final_at}, the copy lives until {}",
        copy.ends_at
    );

    // A week later.
    let folder = house.die().await;
    let later = now().plus_ms(WEEK_MS);
    let config = StoreConfig {
        database: Database::Sqlite { folder: folder.path().to_owned() },
        root: root(),
        world: world(later),
        origin: "house.example/ledger".into(),
    };
    let store = Store::open(config).await.unwrap();
    encryption::look_after(&store, [7; 16], sealpost_messaging::Messaging::RESEALS).await.unwrap();
    store.leave_nothing_deleted().await.unwrap();
    drop(store);
    let everything = Loot::of(&folder.path().join("keys.db"), &root());
    let opened = loot_of_copy(&copy.file, &copy_keys, &root_text, later).await;
    assert!(opened.is_none(), "a copy from before the week still opens");
    let everything = opened.into_iter().fold(everything, Loot::and);
    let left = found(&needles, &everything, &[&folder.path().join("data.db"), &before]);
    assert!(left.is_empty(), "a week later, with everything there is: {left:?}");
}

/// Whoever hears of this house by themselves heard nothing of the person, neither before nor since: endpoints, the SIEM and the
/// collector of traces, pages that are open.
async fn nobody_was_told(house: &House, needles: &Needles, told: &mut Incoming) {
    // What is told of the erasure is told by now: the leaf has reached the SIEM, and open pages hear what came after it.
    let reached = || {
        let batches = house.collector.heard().into_iter().map(|heard| heard.event());
        let mut leaves = batches.flat_map(|batch| batch["leaves"].as_array().cloned().unwrap_or_default());
        leaves.any(|leaf| leaf["action"] == "contact.erase").then_some(())
    };
    house.collected("the leaf of the erasure", reached).await;
    house.key_with(&["keys:read"]).await;
    let said = until(told, |said| said.contains("\"key\"")).await;
    assert!(said.contains("\"con\"") && said.contains("\"key\""), "pages heard nothing: {said}");
    let mut all = vec![("an open page", said.into_bytes())];
    // What a workflow says to an endpoint it was told to call, before the erasure, is what that is for.
    let reports = house.receiver.heard().into_iter().filter(|heard| !heard.tells("workflow.call"));
    all.extend(reports.map(|heard| ("an endpoint", heard.body.to_vec())));
    all.extend(house.collector.heard().into_iter().map(|heard| ("whoever watches", heard.body.to_vec())));
    for (who, heard) in all {
        let left = of_the_person(needles, &heard);
        assert!(left.is_empty(), "{who} was told: {left:?}");
    }
}

/// Whatever is handed out on request has nothing of them, for whoever may have everything.
async fn nothing_is_handed_out(house: &House, needles: &Needles, personal: &Personal) {
    let (contact, message) = (personal.contact(), personal.message_id());
    let order = json!({ "form": "json", "reason": "a call" });
    let fields = json!({ "fields": ["phone", "email", "name", "external_id"], "reason": "a call" });
    let erasure = text(&house.get("/v1/erasures").await["data"][0], "id");
    let asks = [
        Ask::post(format!("/v1/contacts/{contact}/export"), &order),
        Ask::post(format!("/v1/contacts/{contact}/reveal"), &fields),
        Ask::post(format!("/v1/messages/{message}/reveal"), &json!({ "reason": "a call" })),
        Ask::post("/v1/contacts/match", &json!({ "phone_last4": "7391" })),
        Ask::get(format!("/v1/messages/{message}")),
        Ask::get(format!("/v1/messages/{message}/timeline")),
        Ask::get(format!("/v1/messages/{message}/receipt")),
        Ask::get("/v1/contacts?limit=250"),
        Ask::get("/v1/messages?limit=250"),
        Ask::get("/v1/outbox?limit=250"),
        Ask::get("/v1/deliveries?limit=250"),
        Ask::get("/v1/looks"),
        Ask::get(format!("/v1/erasures/{erasure}")),
        Ask::get(format!("/v1/erasures/{erasure}/certificate")),
        Ask::get("/v1/evidence/processing-record"),
        Ask::get("/v1/ledger/entries?limit=250"),
    ];
    let mut good = 0;
    for ask in asks {
        let answer = house.ask(ask.clone()).await;
        good += u32::from(answer.status == 200);
        let left = of_the_person(needles, &answer.everything());
        assert!(left.is_empty(), "{ask:?} answers {}: {left:?}", answer.status);
    }
    assert!(good >= 8, "only {good} answered anything");
    let gone = house.ask(Ask::post(format!("/v1/contacts/{contact}/export"), &order)).await;
    assert_eq!(gone.status, 404, "there is nobody to export");
    let live = |ask: Ask| house.api.ask(ask.key(&house.keys.live));
    for answer in [live(Ask::get("/v1/ledger/export")).await, live(Ask::new("post", "/v1/evidence")).await] {
        assert_eq!(answer.status, 200);
        let left = of_the_person(needles, &answer.body);
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Has the person be wherever somebody can be: looked at, searched for, suppressed, exported, answered twice, listened to. Answers what
/// an open page is told.
async fn live_with(house: &House, personal: &Personal) -> Incoming {
    let contact = personal.contact();
    let owner = house.standing_owner().await;
    let told = house.api.listen(Ask::get("/app/test/live").member(&owner)).await;
    let reason = json!({ "fields": ["phone", "email", "name", "external_id"], "reason": "a call" });
    house.post(format!("/v1/contacts/{contact}/reveal"), &reason).await;
    house.post(format!("/v1/messages/{}/reveal", personal.message_id()), &json!({ "reason": "a call" })).await;
    let twice = Personal::message("canary");
    for _ in 0..2 {
        let ask = Ask::post("/v1/messages", &twice).key(&house.keys.ours).header("idempotency-key", "twice");
        house.api.must(ask).await;
    }
    // They were two, with a message to each, and are one.
    let mut to_twin = Personal::message("canary");
    to_twin["to"] = json!({ "contact_id": personal.twin() });
    house.post("/v1/messages", &to_twin).await;
    let into = json!({ "into": contact, "prefer": "target" });
    house.post(format!("/v1/contacts/{}/merge", personal.twin()), &into).await;
    let change = json!({ "locale": "nb-NO" });
    house.api.must(Ask::new("patch", format!("/v1/contacts/{contact}")).json(&change).key(&house.keys.ours)).await;
    for path in ["/app/test/contacts", "/app/test/messages", "/app/test/outbox", "/app/test/audit"] {
        assert_eq!(house.api.ask(Ask::get(path).page().member(&owner)).await.status, 200, "{path}");
    }
    assert_eq!(house.api.ask(Ask::get("/v1/ledger/entries?limit=250").key(&house.keys.live)).await.status, 200);
    house.api.must(Ask::post("/v1/contacts/match", &json!({ "phone_last4": "7391" })).key(&house.keys.seeing)).await;
    let order = json!({ "form": "json", "reason": "a call" });
    house.post(format!("/v1/contacts/{contact}/export"), &order).await;
    let rules = json!({ "always": false, "personal": false, "above_rows": null, "keep_hours": 24, "files_per_day": 50,
        "rows_per_day": 1_000_000, "reason": "a test" });
    house.as_owner(Ask::new("put", "/v1/settings/downloads").json(&rules)).await;
    let order = json!({ "source": "contacts", "reason": "a call" });
    let file = house.as_owner(Ask::post("/v1/downloads", &order)).await;
    house.download_in(&text(&file, "id"), "ready").await;
    told
}
