//! What policies promise, through the services, on both engines. That others vote is proven with the binary, where somebody can.

use sealpost_access::revisions::{self, Revision};
use sealpost_access::secrets::{self, NewSecret, Origin, STORED, SecretRef};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy as Guard;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::tls::Trust;
use sealpost_govern::approvals::Approval;
use sealpost_govern::security::Turned;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, EndpointId, Leaf, RevisionId, SecretId, StoreError, Tx, both_engines};
use sealpost_web::{Code, Failure};

use super::service::put;
use super::{APPROVABLE, Policy, REVISABLE, gate, of};
use crate::endpoints::codes::{APPROVAL_APART, ENDPOINT_UNAPPROVED, URL_REFUSED};
use crate::endpoints::model::{Endpoint, Filter, State};
use crate::endpoints::service::{self, Changes, Name, NewEndpoint};
use crate::endpoints::{Endpoints, Pki, signing, store, testing, transport};
use crate::versions::codes::VERSION_MOVED;
use crate::versions::testing::{grant, owner, takes};
use crate::versions::{Expected, Promoted};

const ELSEWHERE: &str = "https://other.example.com/hooks";

/// An organisation with an owner who works in live, and an endpoint there.
struct Scene {
    house: TestStore,
    owner: Ctx,
    id: EndpointId,
}

impl Scene {
    async fn new(house: TestStore) -> Self {
        let ctx = house.organisation().await;
        let owner = owner(&house.store, &ctx).await;
        let id = testing::active(&house.store, &owner).await;
        Self { house, owner, id }
    }

    /// The same, and endpoints take one other.
    async fn guarded(house: TestStore) -> Self {
        let scene = Self::new(house).await;
        takes(&scene.house.store, &scene.owner, "endpoint").await;
        scene
    }

    async fn endpoint(&self) -> Endpoint {
        let id = self.id;
        self.house.store.read(&self.owner, move |tx| service::find(tx, id)).await.unwrap()
    }

    async fn policy(&self) -> Policy {
        let endpoint = self.endpoint().await;
        self.house.store.read::<_, StoreError>(&self.owner, move |tx| of(tx, &endpoint)).await.unwrap()
    }

    async fn change(&self, changes: Changes) -> Result<Promoted<Endpoint>, Failure> {
        self.change_believing(changes, signing::Change::default(), Expected::default()).await
    }

    async fn change_believing(
        &self,
        changes: Changes,
        signing: signing::Change,
        expected: Expected,
    ) -> Result<Promoted<Endpoint>, Failure> {
        let (id, keys) = (self.id, self.house.store.keys().organisation(self.owner.org.id).await?);
        let change = move |tx: &mut Tx<'_>| service::change(tx, &keys, id, (changes, signing), &expected);
        Ok(match self.house.store.write::<_, Failure>(&self.owner, change).await? {
            Promoted::InForce((endpoint, _)) => Promoted::InForce(endpoint),
            Promoted::Waits(approval) => Promoted::Waits(approval),
        })
    }

    /// Puts a policy into force as an approval does, whatever it takes.
    async fn becomes(&self, to: Policy) -> Result<(), Failure> {
        let keys = self.house.store.keys().organisation(self.owner.org.id).await?;
        self.house.store.write(&self.owner, move |tx| put(tx, &keys, &to, None)).await
    }

    /// What its policy said, newest first.
    async fn revisions(&self) -> Vec<Revision> {
        let keys = self.house.store.keys().organisation(self.owner.org.id).await.unwrap();
        let all = RevisionId::from_bytes([0xff; 16]);
        let read = move |tx: &mut Tx<'_>| revisions::page(tx, &keys, Some("endpoint"), all, 50);
        let found = self.house.store.read::<_, StoreError>(&self.owner, read).await.unwrap();
        found.into_iter().filter(|one| one.target == Some(self.id.bytes())).collect()
    }

    async fn roll_back(&self, to: &Revision) -> Result<Turned, Failure> {
        let (keys, says) = (self.house.store.keys().organisation(self.owner.org.id).await?, to.says.clone());
        self.house.store.write(&self.owner, move |tx| (REVISABLE.roll_back)(tx, &keys, says, None)).await
    }

    async fn stored(&self, value: &'static str) -> SecretId {
        let keys = self.house.store.keys().organisation(self.owner.org.id).await.unwrap();
        let make = move |tx: &mut Tx<'_>| {
            let new = NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap();
            let id = secrets::create(tx, &keys, STORED, new)?;
            Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
        };
        self.house.store.write(&self.owner, make).await.unwrap()
    }
}

/// A client for what is public, on 443 and 8443.
fn strict() -> Client {
    Client::new(Network::new(Guard::strict(), FixedResolver::new()), &Trust::new([]).unwrap()).unwrap()
}

fn to(url: &str) -> Changes {
    Changes { url: Some(url.into()), ..Changes::default() }
}

fn hears(patterns: &[&str]) -> Changes {
    let events = Filter::new(patterns.iter().map(|one| (*one).to_owned()).collect()).unwrap();
    Changes { events: Some(events), ..Changes::default() }
}

fn waits<T>(became: Promoted<T>) -> Approval {
    match became {
        Promoted::Waits(approval) => *approval,
        Promoted::InForce(_) => panic!("nobody was asked"),
    }
}

fn at_once<T>(became: Promoted<T>) -> T {
    match became {
        Promoted::InForce(what) => what,
        Promoted::Waits(_) => panic!("others were asked"),
    }
}

fn refused<T>(outcome: Result<T, Failure>, code: &Code) {
    assert!(matches!(outcome, Err(Failure::Refused(refusal)) if refusal.code() == code), "not {}", code.code);
}

both_engines! {
    async fn what_protects_less_waits_and_what_protects_more_does_not(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let before = scene.policy().await;
        let elsewhere = waits(scene.change(to(ELSEWHERE)).await.unwrap());
        waits(scene.change(hears(&["*"])).await.unwrap());
        assert_eq!((scene.policy().await, scene.endpoint().await.version), (before, 1), "nothing of it has happened");
        let narrower = at_once(scene.change(hears(&["message.sent"])).await.unwrap());
        assert_eq!((narrower.version, narrower.events.patterns()), (2, &["message.sent".to_owned()][..]));
        let described = Changes { description: Some("reports".into()), ..Changes::default() };
        assert_eq!(at_once(scene.change(described).await.unwrap()).version, 3);
        let paused = Changes { disabled: Some(true), ..Changes::default() };
        assert_eq!(at_once(scene.change(paused).await.unwrap()).version, 3, "whether it is called is no part of it");

        // What goes live is the whole policy that was agreed to.
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &elsewhere).await.unwrap();
        let endpoint = scene.endpoint().await;
        assert_eq!((&*endpoint.url, endpoint.version, endpoint.state), (ELSEWHERE, 4, State::Pending));
        assert_eq!(endpoint.events.patterns(), ["message.*"], "as it stood when it was asked for");
        let numbers: Vec<u32> = scene.revisions().await.iter().map(|one| one.number).collect();
        assert_eq!(numbers, [4, 3, 2, 1]);
        let test = Ctx { org: sealpost_store::Org { environment: sealpost_store::Environment::Test, ..scene.owner.org }, ..scene.owner.clone() };
        let tried = testing::active(&scene.house.store, &test).await;
        testing::change(&scene.house.store, &test, tried, to(ELSEWHERE)).await.unwrap();
    }

    async fn an_older_tls_version_and_clear_text_wait(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let secret = scene.stored("0123456789abcdef0123456789abcdef").await;
        let before = scene.policy().await;
        let said = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let changed = |field: &str, value: serde_json::Value| {
            let mut policy = serde_json::to_value(&before).unwrap();
            policy[field] = value;
            serde_json::from_value::<Policy>(policy).unwrap()
        };
        let encrypted = changed("encryption", serde_json::json!({
            "method": "jwe-dir", "fields": [], "shape": "text", "member": "encrypted", "secret": secret, "form": "text",
        }));
        scene.becomes(encrypted.clone()).await.unwrap();
        assert_eq!(scene.policy().await, encrypted, "what was written down is what is there");
        let older = changed("transport", said(r#"{ "min_tls": "1.2", "headers": [] }"#));
        let keys = scene.house.store.keys().organisation(scene.owner.org.id).await.unwrap();
        let id = scene.id;
        for looser in [older, before.clone()] {
            let (keys, endpoint, now) = (keys.clone(), scene.endpoint().await, scene.policy().await);
            let ask = move |tx: &mut Tx<'_>| {
                let asked = gate(tx, &keys, &endpoint, (&now, looser), false, None)?;
                asked.ok_or_else(|| StoreError::Missing("request").into())
            };
            scene.house.store.write::<_, Failure>(&scene.owner, ask).await.unwrap();
        }
        let found = scene.house.store.read::<_, StoreError>(&scene.owner, move |tx| transport::find(tx, id)).await.unwrap();
        assert_eq!(transport::Written::of(&found).min_tls(), "1.3");
        // A secret that is named is held: without it nothing is put into force.
        let gone = changed("encryption", serde_json::json!({
            "method": "jwe-dir", "fields": [], "shape": "text", "member": "encrypted", "form": "text",
            "secret": SecretId::from_bytes([7; 16]),
        }));
        assert!(scene.becomes(gone).await.is_err());
        assert_eq!(scene.policy().await, encrypted);
    }

    async fn a_new_endpoint_is_not_called_before_others_have_agreed(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let id = testing::pending_at(&scene.house.store, &scene.owner, "new", ELSEWHERE).await;
        let scene = Scene { id, ..scene };
        assert!(!scene.endpoint().await.is_admitted);
        let endpoints = Endpoints::new(scene.house.store.clone(), Pki::new().http());
        refused(endpoints.verify(&scene.owner, id).await, &ENDPOINT_UNAPPROVED);
        refused(endpoints.test(&scene.owner, id).await, &ENDPOINT_UNAPPROVED);
        refused(scene.change(hears(&["message.sent"])).await, &ENDPOINT_UNAPPROVED);
        // As the last vote does.
        let admitted = move |tx: &mut Tx<'_>| {
            store::admit(tx, id, true)?;
            Ok::<_, StoreError>(tx.record(Leaf::of("endpoint.admit"), ()))
        };
        scene.house.store.write(&scene.owner, admitted).await.unwrap();
        assert_eq!(at_once(scene.change(hears(&["message.sent"])).await.unwrap()).version, 2);
    }

    async fn another_port_is_called_once_others_agreed_to_it_and_only_with_that_url(house: TestStore) {
        const PORT: &str = "https://hooks.example.com:9000/reports";
        let scene = Scene::new(house).await;
        let endpoints = Endpoints::new(scene.house.store.clone(), strict());
        let check = async |ctx: &Ctx, url: &'static str| endpoints.check_url(ctx, url, None).await;
        refused(check(&scene.owner, PORT).await, &URL_REFUSED);
        takes(&scene.house.store, &scene.owner, "endpoint").await;
        check(&scene.owner, PORT).await.unwrap();
        for never in ["https://hooks.example.com:587/", "https://hooks.example.com:6667/", "https://10.0.0.1:9000/"] {
            refused(check(&scene.owner, never).await, &URL_REFUSED);
        }
        let mut test = scene.owner.clone();
        test.org.environment = sealpost_store::Environment::Test;
        refused(check(&test, PORT).await, &URL_REFUSED);

        let port = async || {
            endpoints.forget(scene.owner.org, scene.id);
            let ready = endpoints.ready(&scene.owner, scene.id).await;
            ready.map(|ready| ready.unwrap().target.port()).map_err(|error| error.to_string())
        };
        let asked = waits(scene.change(to(PORT)).await.unwrap());
        assert_eq!(port().await, Ok(443), "it is where it was");
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &asked).await.unwrap();
        assert_eq!((port().await, scene.endpoint().await.state), (Ok(9000), State::Pending));
        // Whoever puts another URL there without others who agree has no port with it.
        let revision = scene.revisions().await.remove(0);
        let around = |url: &str| Policy { url: url.into(), ..serde_json::from_value(revision.says.clone()).unwrap() };
        scene.becomes(around("https://hooks.example.com:9000/other")).await.unwrap();
        assert!(port().await.is_err());
        scene.becomes(around(PORT)).await.unwrap();
        assert!(port().await.is_err(), "not even with the one they agreed to once");
        // What stands there may stay, whatever it takes to have it.
        endpoints.check_url(&test, PORT, Some(scene.id)).await.unwrap_err();
        takes(&scene.house.store, &scene.owner, "masking").await;
        endpoints.check_url(&scene.owner, PORT, Some(scene.id)).await.unwrap();
        refused(check(&scene.owner, PORT).await, &URL_REFUSED);
    }

    async fn a_new_endpoint_at_another_port_is_called_once_others_agreed(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let (keys, new) = (scene.house.store.keys().organisation(scene.owner.org.id).await.unwrap(), NewEndpoint {
            name: Name::parse("new").unwrap(),
            url: "https://hooks.example.com:9000/new".into(),
            description: String::new(),
            events: Filter::new(vec![]).unwrap(),
            signing: signing::Change::default(),
            secret: None,
        });
        let create = move |tx: &mut Tx<'_>| service::create(tx, &keys, new);
        let created = scene.house.store.write::<_, Failure>(&scene.owner, create).await.unwrap();
        let (id, asked) = (created.endpoint.id, created.waits.unwrap());
        let endpoints = Endpoints::new(scene.house.store.clone(), strict());
        refused(endpoints.verify(&scene.owner, id).await, &ENDPOINT_UNAPPROVED);
        takes(&scene.house.store, &scene.owner, "masking").await;
        refused(endpoints.verify(&scene.owner, id).await, &URL_REFUSED);
        takes(&scene.house.store, &scene.owner, "endpoint").await;
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &asked).await.unwrap();
        endpoints.forget(scene.owner.org, id);
        assert_eq!(endpoints.ready(&scene.owner, id).await.unwrap().unwrap().target.port(), 9000);
    }

    async fn of_a_hundred_who_change_a_policy_at_once_one_does(house: TestStore) {
        let scene = std::sync::Arc::new(Scene::new(house).await);
        let all = (0..100).map(|number| {
            let scene = scene.clone();
            let changes = Changes { description: Some(format!("number {number}")), ..Changes::default() };
            let believes = Expected { tags: Some("\"1.1\"".into()), in_force: None };
            tokio::spawn(async move { scene.change_believing(changes, signing::Change::default(), believes).await })
        });
        let mut done = Vec::new();
        for one in all.collect::<Vec<_>>() {
            if let Ok(became) = one.await.unwrap() {
                done.push(at_once(became).description);
            }
        }
        let endpoint = scene.endpoint().await;
        assert_eq!((done, endpoint.version), (vec![endpoint.description.clone()], 2));
        assert_eq!(scene.revisions().await.len(), 2);
        let believes = Expected { tags: None, in_force: Some(1) };
        let late = scene.change_believing(Changes::default(), signing::Change::default(), believes).await;
        refused(late, &VERSION_MOVED);
    }

    async fn one_goes_back_at_once_to_more_and_waits_for_others_for_less(house: TestStore) {
        let scene = Scene::new(house).await;
        at_once(scene.change(hears(&["*"])).await.unwrap());
        at_once(scene.change(hears(&["message.sent"])).await.unwrap());
        let [_, all, first] = &scene.revisions().await[..] else { panic!("three") };
        assert!(matches!(scene.roll_back(first).await.unwrap(), Turned::Done));
        assert_eq!(scene.endpoint().await.events.patterns(), ["message.*"]);
        takes(&scene.house.store, &scene.owner, "endpoint").await;
        assert!(matches!(scene.roll_back(all).await.unwrap(), Turned::Waits(_)));
        assert_eq!((scene.endpoint().await.events.patterns(), scene.endpoint().await.version), (&["message.*".to_owned()][..], 4));
        let lines = (REVISABLE.lines)(&first.says, &all.says).unwrap();
        let changed: Vec<_> = lines.into_iter().filter(|line| !line.is_same()).map(|line| line.what).collect();
        assert_eq!(changed, ["Hears of"]);
    }

    async fn secrets_are_no_part_of_what_others_agree_to(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let secret = scene.stored("0123456789abcdef0123456789abcdef").await;
        let both = Changes { secret: Some(SecretRef::Id(secret)), ..to(ELSEWHERE) };
        refused(scene.change(both).await, &APPROVAL_APART);
        let alone = Changes { secret: Some(SecretRef::Id(secret)), ..Changes::default() };
        assert_eq!(at_once(scene.change(alone).await.unwrap()).secret.stored(), Some(secret));
        let old = signing::Change { standard: Some(false), ..signing::Change::to(&["fyno"]) };
        refused(scene.change_believing(Changes::default(), old, Expected::default()).await, &APPROVAL_APART);
        at_once(scene.change_believing(Changes::default(), signing::Change::to(&["fyno"]), Expected::default()).await.unwrap());
        let off = signing::Change { entries: None, standard: Some(false) };
        let asked = waits(scene.change_believing(Changes::default(), off, Expected::default()).await.unwrap());
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &asked).await.unwrap();
        assert_eq!(scene.endpoint().await.profiles.names(), ["fyno"]);
    }

    async fn no_leaf_no_policy(house: TestStore) {
        let scene = Scene::new(house).await;
        let before = scene.policy().await;
        scene.house.break_ledger(true);
        assert!(scene.change(to(ELSEWHERE)).await.is_err());
        assert!(scene.becomes(Policy { url: ELSEWHERE.into(), ..before.clone() }).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!((scene.policy().await, scene.revisions().await.len()), (before, 1));
    }
}
