//! The past, on both engines.

use std::path::Path;

use http::Method;
use sealpost_access::links;
use sealpost_govern::audit;
use sealpost_ledger::Leaf;
use sealpost_seal::SystemRng;
use sealpost_store::testing::postgres_databases;
use sealpost_store::{Environment, World};
use sealpost_web::tls::server_config;
use serde_json::Value;

use super::*;
use crate::cli::demo::folder::Folder;
use crate::config::{PostgresConfig, SecretSource};
use crate::running::Tls;

/// A house that has lived through its past.
struct Lives {
    house: House,
    desk: Desk,
    owner: Seat,
    place: Ctx,
    lived: Lived,
    clock: Arc<PastClock>,
    folder: tempfile::TempDir,
}

async fn lives(urls: Option<[String; 2]>) -> Lives {
    // A thousand commits, as in the demo beside the disk.
    let temporary = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let folder = Folder::prepare(temporary.path(), &SystemRng).unwrap();
    let mut config = crate::cli::demo::read_config(&folder).unwrap_or_else(|_| panic!("its own configuration"));
    if let Some(urls) = urls {
        let [data, keys] = urls;
        let secret = |name: &str, url: String| {
            let file = temporary.path().join(name);
            std::fs::write(&file, url).unwrap();
            SecretSource::file(file)
        };
        let (data, keys) = (secret("data.url", data), secret("keys.url", keys));
        config.storage.postgres = Some(PostgresConfig::new(data, keys, Vec::new()));
    }
    let tls = Tls::load(&config, SystemClock.now()).unwrap();
    let clock = Arc::new(PastClock::at(begin()));
    let world = World { clock: clock.clone(), rng: Arc::new(SystemRng) };
    let house = Box::pin(House::open(&config, &Default::default(), world)).await.unwrap();
    let server = server_config(tls.certificates.clone()).unwrap();
    let lived = live(&house, &clock, &server, &folder.hook).await.unwrap_or_else(|stop| panic!("{}", stop.what));
    let desk = Desk::new(house.app.clone(), house.store.clone());
    let place = seed::organisation(&house.store).await.unwrap_or_else(|stop| panic!("{}", stop.what));
    let link = links::create_for_owner(&house.store, &place).await.unwrap();
    let owner = desk.sign_in(&link, cast::MAC, desk::office(10)).await.unwrap_or_else(|stop| panic!("{}", stop.what));
    Lives { house, desk, owner, place, lived, clock, folder: temporary }
}

impl Lives {
    async fn get(&self, seat: &Seat, path: &str) -> Value {
        self.desk.get(seat, path).await.unwrap_or_else(|stop| panic!("{}", stop.what))
    }

    async fn list(&self, seat: &Seat, path: &str) -> Vec<Value> {
        self.get(seat, path).await["data"].as_array().unwrap().clone()
    }

    /// How many of these are in each state.
    fn states(all: &[Value]) -> std::collections::BTreeMap<&str, usize> {
        all.iter().fold(Default::default(), |mut counts, one| {
            *counts.entry(one["state"].as_str().unwrap()).or_default() += 1;
            counts
        })
    }
}

/// Verified from outside, with nothing but the export and the key; and no leaf is older than the one before it.
async fn its_ledger_verifies(lives: &Lives) {
    let file = lives.folder.path().join("export");
    let mut out = std::fs::File::create(&file).unwrap();
    let live =
        Ctx { org: sealpost_store::Org { environment: Environment::Live, ..lives.place.org }, ..lives.place.clone() };
    audit::export(&lives.house.store, &live, &mut out).await.unwrap();
    audit::verify_file(&file, &lives.house.store.verifier_key().unwrap(), &[]).unwrap();
    let verified =
        lives.desk.act(&lives.owner, "/v1/ledger/verify").await.unwrap_or_else(|stop| panic!("{}", stop.what));
    assert!(verified["finding"].is_null(), "{verified}");
    let mut times = Vec::new();
    while let Some(last) = lives.house.store.ledger_leaves(&live, times.len() as u64, 1000).await.unwrap().last() {
        let rows = lives.house.store.ledger_leaves(&live, times.len() as u64, 1000).await.unwrap();
        times.extend(rows.iter().map(|row| Leaf::decode(&row.leaf).unwrap().at_ms));
        assert_eq!(last.seq + 1, times.len() as u64);
    }
    assert!(times.len() as u64 > lives.lived.leaves && lives.lived.leaves > 500, "{}", times.len());
    assert!(times.is_sorted(), "a leaf is older than the one before it");
    let span = times[times.len() - 1] - times[0];
    assert!((74 * days::DAY..76 * days::DAY).contains(&span), "{span}");
}

/// Everything of the test environment ended in the sandbox outbox, nothing of the live one was tried, and whoever hears of it is here.
async fn nothing_left_the_machine(lives: &Lives) {
    let live = lives.owner.within(Environment::Live);
    let sent = lives.list(&live, "/v1/messages?limit=250").await;
    assert_eq!(Lives::states(&sent).into_keys().collect::<Vec<_>>(), ["failed"]);
    assert!(sent.iter().all(|message| message["attempts"].as_u64().unwrap_or(0) == 0), "{sent:?}");
    assert!(
        lives.list(&live, "/v1/channels").await.is_empty() && lives.list(&lives.owner, "/v1/channels").await.is_empty()
    );
    for seat in [&live, &lives.owner] {
        for endpoint in lives.list(seat, "/v1/endpoints").await {
            assert!(endpoint["url"].as_str().unwrap().starts_with("https://localhost:"), "{endpoint}");
        }
    }
}

async fn something_of_everything_is_there(lives: &Lives) {
    let messages = lives.list(&lives.owner, "/v1/messages?limit=250").await;
    let states = Lives::states(&messages);
    assert!(["delivered", "cancelled", "expired"].iter().all(|state| states.contains_key(state)), "{states:?}");
    let days: std::collections::BTreeSet<_> = messages
        .iter()
        .map(|message| message["created_at"].as_str().unwrap().split_once('T').unwrap().0.to_owned())
        .collect();
    assert!(days.len() >= 10, "{days:?}");
    let endpoints = lives.list(&lives.owner, "/v1/endpoints").await;
    assert_eq!(Lives::states(&endpoints).into_keys().collect::<Vec<_>>(), ["active", "failing"]);
    let failing = endpoints.iter().find(|one| one["state"] == "failing").unwrap();
    let path = format!("/v1/endpoints/{}/deliveries?limit=250", failing["id"].as_str().unwrap());
    let deliveries = lives.list(&lives.owner, &path).await;
    let states = Lives::states(&deliveries);
    assert!(states["dead"] >= 3 && states["delivered"] >= 2 && states["queued"] >= 5, "{states:?}");
    assert!(lives.list(&lives.owner, "/v1/contacts?limit=250").await.len() > 30);
    assert_eq!(lives.list(&lives.owner, "/v1/invitations").await.len(), 3);
    assert_eq!(lives.list(&lives.owner, "/v1/suppressions").await.len(), 3);
}

/// What the API says of a page that shows nothing is what a page says too.
async fn no_page_is_empty(lives: &Lives) {
    for page in [
        "",
        "/messages",
        "/outbox",
        "/contacts",
        "/templates",
        "/events",
        "/endpoints",
        "/keys",
        "/audit",
        "/people",
        "/roles",
        "/teams",
        "/sessions",
        "/you",
    ] {
        for environment in ["test", "live"] {
            // Nothing of the live environment is kept back.
            if (environment, page) == ("live", "/outbox") {
                continue;
            }
            let path = format!("/app/{environment}{page}");
            let answer = lives.desk.ask(&lives.owner, Method::GET, &path, None).await;
            let answer = answer.unwrap_or_else(|stop| panic!("{}", stop.what));
            let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
            assert_eq!(answer.status, 200, "{path}");
            assert!(!text.contains("class=\"empty"), "{path} is empty");
        }
    }
}

async fn two_weeks_were_lived_through(urls: Option<[String; 2]>) {
    let lives = Box::pin(lives(urls)).await;
    assert!(SystemClock.now().since(lives.clock.now()) < 1_000, "it has arrived in the present");
    no_page_is_empty(&lives).await;
    something_of_everything_is_there(&lives).await;
    nothing_left_the_machine(&lives).await;
    its_ledger_verifies(&lives).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_weeks_are_lived_through_and_verify_on_sqlite() {
    Box::pin(two_weeks_were_lived_through(None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_weeks_are_lived_through_and_verify_on_postgres() {
    if let Some(urls) = postgres_databases().await {
        Box::pin(two_weeks_were_lived_through(Some(urls))).await;
    }
}

/// What is brought into the data folder while the house beside it is still open is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_is_brought_home_whole_and_its_system_listens_again() {
    let home = tempfile::tempdir().unwrap();
    let lives = Box::pin(lives(None)).await;
    let messages = lives.list(&lives.owner, "/v1/messages?limit=250").await.len();
    let Lives { house, lived, folder, .. } = lives;
    for name in ["root.key", "sealpost.toml"] {
        std::fs::copy(folder.path().join(name), home.path().join(name)).unwrap();
    }
    bring(folder.path(), home.path());
    let port = lived.hook.port();
    drop(lived);
    let data = Folder::prepare(home.path(), &SystemRng).unwrap();
    assert!(!data.is_new);
    let config = crate::cli::demo::read_config(&data).unwrap_or_else(|_| panic!("its own configuration"));
    let server = server_config(Tls::load(&config, SystemClock.now()).unwrap().certificates).unwrap();
    let again = Box::pin(House::open(&config, &Default::default(), World::real())).await.unwrap();
    let place = seed::organisation(&again.store).await.unwrap_or_else(|stop| panic!("{}", stop.what));
    let desk = Desk::new(again.app.clone(), again.store.clone());
    let link = links::create_for_owner(&again.store, &place).await.unwrap();
    let owner = desk.sign_in(&link, cast::MAC, desk::office(10)).await.unwrap_or_else(|stop| panic!("{}", stop.what));
    let known = desk.get(&owner, "/v1/messages?limit=250").await.unwrap_or_else(|stop| panic!("{}", stop.what));
    assert_eq!(known["data"].as_array().unwrap().len(), messages);
    let verified = desk.act(&owner, "/v1/ledger/verify").await.unwrap_or_else(|stop| panic!("{}", stop.what));
    assert!(verified["finding"].is_null(), "{verified}");
    let mut listening = None;
    for _ in 0..100 {
        // The task that holds the port ends a moment after it is told to.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        listening = Hook::again(&folder.path().join("ward-system.key"), &server, &World::real()).await.unwrap_or(None);
        if listening.is_some() {
            break;
        }
    }
    assert_eq!(listening.as_ref().map(Hook::port), Some(port));
    let taken = Hook::again(&folder.path().join("ward-system.key"), &server, &World::real()).await;
    assert_eq!(taken.err(), Some(port), "who can't listen says where");
    drop(house);
}

fn bring(from: &Path, home: &Path) {
    aside::bring(from, home).unwrap_or_else(|stop| panic!("{}", stop.what));
}
