//! What the lists promise, on both engines.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_ledger::Leaf;
use sealpost_seal::token::KeyKind;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, MemberId, Store, both_engines};
use sealpost_web::{App, Authenticator, Cidrs, Presented, Registry, Via, WebConfig};
use serde_json::{Value, json};

use super::{CHANGED, Lists, look_after, reset};
use crate::Credentials;
use crate::api_keys::{self, KeyAuthenticator, KeyMask, KeyName, Lifetime, NewKey};
use crate::members;
use crate::permissions::EVERYTHING;
use crate::roles::{RoleRef, Standard};
use crate::scim::ScimAuthenticator;
use crate::sessions::{self, Agent, Method, Opening, SessionAuthenticator, network_name};

const PATH: &str = "/v1/settings/networks";
const OFFICE: &str = "192.0.2.10";
const HOME: &str = "203.0.113.10";
const MINUTE: i64 = 60_000;

/// A store, one organisation in it, and what believes its members and keys.
struct House {
    test: TestStore,
    ctx: Ctx,
    sessions: Arc<SessionAuthenticator>,
    keys: Arc<KeyAuthenticator>,
    app: App,
}

/// A browser that somebody is signed in with.
struct Browser {
    member: MemberId,
    token: String,
    csrf: String,
}

impl House {
    async fn new(test: TestStore) -> Self {
        let ctx = test.organisation().await;
        Self::of(test, ctx)
    }

    fn of(test: TestStore, ctx: Ctx) -> Self {
        let store = || test.store.clone();
        let (sessions, keys) = (SessionAuthenticator::new(store()), KeyAuthenticator::new(store()));
        let features = vec![
            super::feature(&test.store, super::Gate::OPEN),
            sessions::feature(store(), sessions.clone()),
            api_keys::feature(store(), keys.clone()),
        ];
        let credentials = Credentials::new(keys.clone(), sessions.clone(), ScimAuthenticator::new(test.store.clone()));
        let registry = Registry::new(features, credentials, store(), WebConfig::default()).unwrap();
        Self { app: registry.app(), sessions, keys, ctx, test }
    }

    /// The same after the process ended, and another began.
    async fn restarted(self) -> Self {
        let Self { test, ctx, sessions, keys, app } = self;
        drop((sessions, keys, app));
        Self::of(test.reopened().await, ctx)
    }

    fn store(&self) -> &Store {
        &self.test.store
    }

    /// The browser of a new member of this role, who signed in from there.
    async fn signed_in(&self, standard: Standard, peer: &str) -> Browser {
        let org = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        let (keys, peer_address) = (self.store().keys().clone(), peer.parse().unwrap());
        let member = self.store().write(&self.ctx, move |tx| members::create(tx, RoleRef::Standard(standard)));
        let member = member.await.unwrap();
        let opening = Opening {
            member,
            method: Method::OperatorLink,
            agent: Agent::of(None),
            network: network_name(&org, member, peer_address),
            passkey: None,
            connection: None,
        };
        let opened = self.store().write(&self.ctx, move |tx| sessions::open(tx, &keys, &opening)).await.unwrap();
        let mut browser = Browser { member, token: opened.token.expose().to_owned(), csrf: String::new() };
        let (status, own) = self.ask(&browser, peer, "GET", "/v1/session", None).await;
        assert_eq!(status, 200, "{own}");
        browser.csrf = own["csrf_token"].as_str().unwrap().to_owned();
        browser
    }

    async fn ask(&self, who: &Browser, peer: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", format!("__Host-sealpost_session={}", who.token))
            .header("x-csrf-token", &who.csrf)
            .header("origin", "https://localhost")
            .header("sec-fetch-site", "same-origin");
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let response = self.app.respond(request.body(Full::new(body)).unwrap(), peer.parse().unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// Changes the lists from the office; answers the version.
    async fn change(&self, owner: &Browser, dashboard: &[&str], admin: &[&str], keys: &[&str]) -> Value {
        let body = json!({ "dashboard": dashboard, "admin": admin, "keys": keys });
        let (status, answer) = self.ask(owner, OFFICE, "PUT", PATH, Some(body)).await;
        assert_eq!(status, 200, "{answer}");
        answer["version"].clone()
    }

    async fn settle(&self, owner: &Browser, how: &str, version: &Value) -> (u16, Value) {
        self.ask(owner, OFFICE, "POST", &format!("{PATH}/{how}"), Some(json!({ "version": version }))).await
    }

    /// The code with which somebody is refused who asks for their own session from there.
    async fn refusal(&self, who: &Browser, peer: &str) -> Option<String> {
        let (status, answer) = self.ask(who, peer, "GET", "/v1/session", None).await;
        (status != 200).then(|| answer["code"].as_str().unwrap().to_owned())
    }

    /// The ledger: actions, codes and reasons.
    async fn acts(&self) -> Vec<String> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let told = |leaf: Leaf| match leaf.reason {
            Some(reason) => format!("{} {}", leaf.action, reason),
            None => leaf.action.to_string(),
        };
        let all = leaves.iter().map(|row| told(Leaf::decode(&row.leaf).unwrap()));
        all.filter(|one| one.starts_with("networks.") || one.starts_with("access.")).collect()
    }

    async fn key(&self) -> String {
        let new = NewKey {
            name: KeyName::parse("Shop").unwrap(),
            kind: KeyKind::Secret,
            scopes: EVERYTHING,
            mask: KeyMask::Full,
            lifetime: Lifetime::default(),
            cidrs: Cidrs::default(),
        };
        api_keys::create_first(self.store(), &self.ctx, new).await.unwrap().plain.expose().to_owned()
    }

    async fn key_refusal(&self, key: &str, peer: &str) -> Option<&'static str> {
        let presented = Presented { via: Via::Bearer, text: key, environment: Environment::Test };
        let decided = self.keys.authenticate(presented, peer.parse().unwrap(), false).await;
        decided.err().map(|denial| denial.refusal.code().code)
    }
}

both_engines! {
    async fn a_change_holds_at_once_and_undoes_itself_after_ten_minutes(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        assert_eq!(house.refusal(&owner, HOME).await.as_deref(), Some("network_not_admitted"));
        assert_eq!(house.refusal(&owner, OFFICE).await, None);
        house.test.clock.advance_ms(10 * MINUTE - 1);
        assert_eq!(house.refusal(&owner, HOME).await.as_deref(), Some("network_not_admitted"));
        house.test.clock.advance_ms(1);
        assert_eq!(house.refusal(&owner, HOME).await, None);
        // Nobody confirms what is over.
        assert_eq!(house.settle(&owner, "confirm", &Value::Null).await.1["code"], "networks_not_pending");
        let (_, shown) = house.ask(&owner, HOME, "GET", PATH, None).await;
        assert_eq!((&shown["dashboard"], &shown["pending"]), (&json!([]), &Value::Null));
    }

    async fn a_confirmed_change_stays_and_one_taken_back_leaves_what_was_confirmed(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let version = house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        assert_eq!(house.settle(&owner, "confirm", &json!(7)).await.1["code"], "changed_meanwhile");
        let (status, confirmed) = house.settle(&owner, "confirm", &version).await;
        assert_eq!((status, &confirmed["pending"]), (200, &Value::Null));
        house.test.clock.advance_ms(11 * MINUTE);
        assert_eq!(house.refusal(&owner, HOME).await.as_deref(), Some("network_not_admitted"));
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let version = house.change(&owner, &[], &[], &[]).await;
        assert_eq!(house.refusal(&owner, HOME).await, None);
        let (status, left) = house.settle(&owner, "revert", &version).await;
        assert_eq!((status, &left["dashboard"]), (200, &json!(["192.0.2.0/24"])));
        assert_eq!(house.refusal(&owner, HOME).await.as_deref(), Some("network_not_admitted"));
        // A change of a change that waits undoes itself to what was confirmed.
        house.change(&owner, &["192.0.2.10/32"], &[], &[]).await;
        house.change(&owner, &["192.0.2.8/29"], &[], &[]).await;
        house.test.clock.advance_ms(10 * MINUTE);
        let (_, left) = house.ask(&owner, OFFICE, "GET", PATH, None).await;
        assert_eq!(left["dashboard"], json!(["192.0.2.0/24"]));
    }

    async fn nobody_shuts_themselves_out(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        for (dashboard, admin, pointer) in
            [(json!(["198.51.100.0/24"]), json!([]), "/dashboard"), (json!([]), json!(["198.51.100.0/24"]), "/admin")]
        {
            let body = json!({ "dashboard": dashboard, "admin": admin, "keys": [] });
            let (status, answer) = house.ask(&owner, OFFICE, "PUT", PATH, Some(body)).await;
            assert_eq!((status, &answer["code"]), (422, &json!("own_address_excluded")));
            assert_eq!(answer["errors"][0]["pointer"], pointer);
        }
        assert!(house.acts().await.is_empty());
        // Nor do those who moved on before they confirm.
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        let (status, answer) = house.ask(&owner, HOME, "POST", &format!("{PATH}/confirm"), Some(json!({}))).await;
        assert_eq!((status, &answer["code"]), (403, &json!("network_not_admitted")));
    }

    async fn what_administrators_do_is_done_from_where_they_are_admitted(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &[], &["192.0.2.0/24"], &[]).await;
        let (status, _) = house.ask(&owner, HOME, "GET", "/v1/keys", None).await;
        assert_eq!(status, 200, "reading is not administrating");
        let new = json!({ "name": "Shop", "kind": "secret", "scopes": ["keys:read"] });
        let (status, answer) = house.ask(&owner, HOME, "POST", "/v1/keys", Some(new.clone())).await;
        assert_eq!((status, &answer["code"], &answer["list"]), (403, &json!("network_not_admitted"), &json!("admin")));
        let (status, answer) = house.ask(&owner, OFFICE, "POST", "/v1/keys", Some(new)).await;
        assert_eq!(status, 201, "{answer}");
        assert_eq!(house.acts().await, ["networks.change", "access.deny network_not_admitted"]);
    }

    async fn keys_are_admitted_from_where_the_organisation_says(test: TestStore) {
        let house = House::new(test).await;
        let (owner, key) = (house.signed_in(Standard::Owner, OFFICE).await, house.key().await);
        assert_eq!(house.key_refusal(&key, HOME).await, None);
        house.change(&owner, &[], &[], &["198.51.100.0/24"]).await;
        assert_eq!(house.key_refusal(&key, HOME).await, Some("network_not_admitted"));
        assert_eq!(house.key_refusal(&key, "198.51.100.7").await, None);
        assert_eq!(house.refusal(&owner, HOME).await, None, "members have lists of their own");
    }

    async fn whoever_listens_is_cut_off_as_well(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let agent = house.signed_in(Standard::Agent, HOME).await;
        let watch = || async {
            let presented = Presented { via: Via::Session, text: &agent.token, environment: Environment::Test };
            let looked = house.sessions.believes_still(presented, HOME.parse().unwrap(), true).await;
            looked.err().map(|denial| denial.refusal.code().code)
        };
        assert_eq!(watch().await, None);
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        assert_eq!(watch().await, Some("network_not_admitted"));
    }

    async fn a_change_reaches_another_node_within_a_second(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let elsewhere = house.test.another_node().await.unwrap_or_else(|| house.store().clone());
        let far = SessionAuthenticator::new(elsewhere);
        let refused = || async {
            let presented = Presented { via: Via::Session, text: &owner.token, environment: Environment::Test };
            far.authenticate(presented, HOME.parse().unwrap(), true).await.is_err()
        };
        for trial in 0..20 {
            assert!(!refused().await);
            let version = house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
            let cut = async {
                while !refused().await {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            assert!(tokio::time::timeout(Duration::from_secs(1), cut).await.is_ok(), "trial {trial}");
            assert_eq!(house.settle(&owner, "revert", &version).await.0, 200);
            let back = async {
                while refused().await {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            assert!(tokio::time::timeout(Duration::from_secs(1), back).await.is_ok(), "trial {trial}");
        }
    }

    async fn what_undid_itself_is_written_down_once_however_many_look(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        look_after(house.store()).await.unwrap();
        assert_eq!(house.acts().await, ["networks.change"]);
        house.test.clock.advance_ms(10 * MINUTE);
        let (one, other) = tokio::join!(look_after(house.store()), look_after(house.store()));
        one.and(other).unwrap();
        look_after(house.store()).await.unwrap();
        assert_eq!(house.acts().await, ["networks.change", "networks.revert not_confirmed"]);
        // Whoever decides before anybody looked writes it down themselves.
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        house.test.clock.advance_ms(10 * MINUTE);
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &[], &["192.0.2.0/24"], &[]).await;
        let acts = house.acts().await;
        assert_eq!(acts[2..4], ["networks.change", "networks.revert not_confirmed"]);
        assert_eq!(acts[4..], ["networks.change"]);
    }

    async fn a_change_that_waits_undoes_itself_although_the_process_was_restarted(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        house.test.clock.advance_ms(6 * MINUTE);
        let house = house.restarted().await;
        assert_eq!(house.refusal(&owner, HOME).await.as_deref(), Some("network_not_admitted"), "it still waits");
        house.test.clock.advance_ms(4 * MINUTE);
        assert_eq!(house.refusal(&owner, HOME).await, None, "ten minutes from the change, not from the start");
        // Its time may as well come while nothing runs.
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.change(&owner, &["192.0.2.0/24"], &[], &[]).await;
        house.test.clock.advance_ms(10 * MINUTE);
        let house = house.restarted().await;
        assert_eq!(house.refusal(&owner, HOME).await, None);
        look_after(house.store()).await.unwrap();
        let undone = house.acts().await.iter().filter(|act| *act == "networks.revert not_confirmed").count();
        assert_eq!(undone, 2, "and both are written down, once each");
    }

    async fn the_ledger_keeps_the_lists_before_and_after(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let version = house.change(&owner, &["192.0.2.0/24"], &[], &["198.51.100.7"]).await;
        assert_eq!(house.settle(&owner, "confirm", &version).await.0, 200);
        house.change(&owner, &[], &[], &[]).await;
        house.test.clock.advance_ms(10 * MINUTE);
        look_after(house.store()).await.unwrap();
        let keys = house.store().keys().organisation(house.ctx.org.id).await.unwrap();
        let leaves = house.store().ledger_leaves(&house.ctx, 0, 1000).await.unwrap();
        let mut told = Vec::new();
        for row in leaves {
            let leaf = Leaf::decode(&row.leaf).unwrap();
            if !leaf.action.to_string().starts_with("networks.") {
                continue;
            }
            let at = sealpost_store::Time::from_unix_ms(leaf.at_ms);
            let details = keys.open_audit(at, leaf.request, &row.content.unwrap()).unwrap();
            let details: Value = serde_json::from_slice(&details).unwrap();
            told.push((leaf.action.to_string(), details["from"].clone(), details["to"].clone()));
        }
        let open = json!({ "dashboard": [], "admin": [], "keys": [] });
        let tied = json!({ "dashboard": ["192.0.2.0/24"], "admin": [], "keys": ["198.51.100.7/32"] });
        assert_eq!(told, [
            ("networks.change".to_owned(), open.clone(), tied.clone()),
            ("networks.confirm".to_owned(), tied.clone(), tied.clone()),
            ("networks.change".to_owned(), tied.clone(), open.clone()),
            ("networks.revert".to_owned(), open, tied),
        ]);
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        house.test.break_ledger(true);
        let body = json!({ "dashboard": [], "admin": [], "keys": [] });
        assert!(house.ask(&owner, OFFICE, "PUT", PATH, Some(body)).await.0 >= 500);
        house.test.break_ledger(false);
        assert_eq!(house.refusal(&owner, HOME).await.as_deref(), Some("network_not_admitted"), "no leaf, no change");
    }

    async fn the_operator_lets_everybody_in_again(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let version = house.change(&owner, &["192.0.2.0/24"], &["192.0.2.0/24"], &["192.0.2.0/24"]).await;
        assert_eq!(house.settle(&owner, "confirm", &version).await.0, 200);
        let keys = house.store().keys().organisation(house.ctx.org.id).await.unwrap();
        let mut told = house.store().bus().subscribe(CHANGED);
        let after = house.store().write(&house.ctx, move |tx| reset(tx, &keys)).await.unwrap();
        told.recv().await.unwrap();
        assert_eq!((after.confirmed, after.pending), (Lists::default(), None));
        assert_eq!(house.refusal(&owner, HOME).await, None);
        assert_eq!(house.acts().await.last().map(String::as_str), Some("networks.reset"));
    }

    async fn a_preview_says_who_would_be_shut_out(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(Standard::Owner, OFFICE).await;
        let agent = house.signed_in(Standard::Agent, HOME).await;
        let (used, _unused) = (house.key().await, house.key().await);
        assert_eq!(house.key_refusal(&used, HOME).await, None);
        house.keys.uses().flush().await.unwrap();
        let body = json!({ "dashboard": ["192.0.2.0/24"], "admin": ["198.51.100.0/24"], "keys": ["192.0.2.0/24"] });
        let (status, told) = house.ask(&owner, OFFICE, "POST", &format!("{PATH}/preview"), Some(body)).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["you"], json!({ "dashboard": true, "admin": false }));
        let sessions = json!({ "admitted": 1, "shut_out": 1, "unknown": 0, "who": [agent.member.to_string()] });
        assert_eq!(told["sessions"], sessions);
        assert_eq!((&told["keys"]["shut_out"], &told["keys"]["unknown"]), (&json!(1), &json!(1)));
        assert_eq!(told["keys"]["who"][0]["name"], "Shop");
        assert_ne!(owner.member, agent.member);
        assert!(house.acts().await.is_empty());
    }
}
