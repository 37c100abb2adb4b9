//! What policies promise, through the services, on both engines. That others vote is proven with the binary, where somebody can.

use sealpost_access::revisions::Revision;
use sealpost_access::secrets::{self, Credential, NewSecret, Origin, STORED, SecretRef};
use sealpost_govern::approvals::{self, Approval, Module};
use sealpost_govern::security::Turned;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{ApprovalId, ChannelId, Ctx, Environment, Leaf, Org, SecretId, StoreError, Tx, both_engines};
use sealpost_web::{Code, Failure};

use super::service::put;
use super::{APPROVABLE, Policy, REVISABLE, history};
use crate::channels::codes::{CHANNEL_APART, CHANNEL_SECRET_GONE, CHANNEL_UNAPPROVED};
use crate::channels::model::{Channel, ChannelRefusal, EmailChanges, NewChannel, NewEmail, Protection};
use crate::channels::{Channels, DkimKind, NewDkim};
use crate::label::Label;
use crate::patch::Change;
use crate::versions::codes::VERSION_MOVED;
use crate::versions::testing::{grant, owner, takes};
use crate::versions::{Expected, Promoted};

const ELSEWHERE: &str = "smtp.example.net";

fn dkim(selector: &str) -> NewDkim {
    NewDkim {
        domain: "mail.example.com".into(),
        selector: selector.into(),
        algorithm: Some(DkimKind::Ed25519),
        private_key: None,
    }
}

fn email() -> NewEmail {
    NewEmail {
        host: "smtp.example.com".into(),
        port: 465,
        security: Protection::ImplicitTls,
        username: Some("mailer".into()),
        password: Some(Credential::Value(SecretText::new("marker-wombat".into()))),
        from_address: "news@mail.example.com".into(),
        from_name: None,
        reply_to: Some("help@example.com".into()),
        helo: "mail.example.com".into(),
        dkim: Some(dkim("s1")),
        unsubscribe_base: None,
    }
}

fn new(name: &str) -> NewChannel {
    NewChannel { name: Label::parse(name).unwrap(), email: email() }
}

/// An organisation with an owner who works in live, and a channel there.
struct Scene {
    house: TestStore,
    channels: Channels,
    owner: Ctx,
    id: ChannelId,
}

impl Scene {
    async fn new(house: TestStore) -> Self {
        let ctx = house.organisation().await;
        let owner = owner(&house.store, &ctx).await;
        let channels = Channels::new(house.store.clone());
        let id = channels.create(&owner, new("mail")).await.unwrap().id;
        Self { house, channels, owner, id }
    }

    /// The same, and channels take one other.
    async fn guarded(house: TestStore) -> Self {
        let scene = Self::new(house).await;
        takes(&scene.house.store, &scene.owner, "channel").await;
        scene
    }

    async fn channel(&self) -> Channel {
        self.channels.find(&self.owner, self.id).await.unwrap()
    }

    async fn policy(&self) -> Policy {
        Policy::of(&self.channel().await)
    }

    async fn change(&self, changes: EmailChanges) -> Result<Promoted<Channel>, Failure> {
        self.channels.update(&self.owner, self.id, changes).await
    }

    async fn change_believing(&self, changes: EmailChanges, expected: Expected) -> Result<Promoted<Channel>, Failure> {
        let update = self.channels.prepare_update(&self.owner, self.id, changes).await?.expecting(expected);
        self.house.store.write(&self.owner, move |tx| update.apply(tx)).await
    }

    /// Puts a policy into force as an approval does, whatever it takes.
    async fn becomes(&self, to: Policy) -> Result<(), Failure> {
        let keys = self.house.store.keys().organisation(self.owner.org.id).await?;
        self.house.store.write(&self.owner, move |tx| put(tx, &keys, &to, None)).await
    }

    /// What its policy said, newest first.
    async fn revisions(&self) -> Vec<Revision> {
        let (id, keys) = (self.id, self.house.store.keys().organisation(self.owner.org.id).await.unwrap());
        self.house.store.read::<_, StoreError>(&self.owner, move |tx| history(tx, &keys, id, 50)).await.unwrap()
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

    async fn waiting(&self) -> Vec<ApprovalId> {
        let id = self.id.bytes();
        let look = move |tx: &mut Tx<'_>| approvals::waiting(tx, Module::Channel, Some(id));
        self.house.store.read::<_, StoreError>(&self.owner, look).await.unwrap()
    }

    /// The channel whose making waits for others.
    async fn held(house: TestStore) -> (Self, Approval) {
        let scene = Self::guarded(house).await;
        let create = scene.channels.prepare(&scene.owner, new("new")).await.unwrap();
        let made = scene.house.store.write(&scene.owner, move |tx| create.create(tx)).await.unwrap();
        let asked = *made.waits.unwrap();
        (Self { id: made.channel.id, ..scene }, asked)
    }
}

fn to(host: &str) -> EmailChanges {
    EmailChanges { host: Some(host.into()), ..EmailChanges::default() }
}

fn named(name: &str) -> EmailChanges {
    EmailChanges { from_name: Change::Set(name.into()), ..EmailChanges::default() }
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
    async fn what_leads_elsewhere_waits_and_what_protects_more_does_not(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let before = scene.policy().await;
        let elsewhere = waits(scene.change(to(ELSEWHERE)).await.unwrap());
        for looser in [
            EmailChanges { from_address: Some("news@example.net".into()), ..EmailChanges::default() },
            EmailChanges { reply_to: Change::Set("help@example.net".into()), ..EmailChanges::default() },
            EmailChanges { dkim: Change::Clear, ..EmailChanges::default() },
            EmailChanges { host: Some("127.0.0.1".into()), port: Some(25), security: Some(Protection::PlainLoopback), ..EmailChanges::default() },
        ] {
            waits(scene.change(looser).await.unwrap());
        }
        assert_eq!((scene.policy().await, scene.channel().await.version), (before, 1), "nothing of it has happened");
        assert_eq!((scene.revisions().await.len(), scene.waiting().await.len()), (1, 5));
        let starttls = EmailChanges { port: Some(587), security: Some(Protection::Starttls), ..EmailChanges::default() };
        assert_eq!(at_once(scene.change(starttls).await.unwrap()).version, 2);
        let key = EmailChanges { dkim: Change::Set(dkim("s2")), ..EmailChanges::default() };
        assert_eq!(at_once(scene.change(key).await.unwrap()).version, 3, "another key for the same domain");
        let password = Change::Set(Credential::Value(SecretText::new("another".into())));
        let same = at_once(scene.change(EmailChanges { password, ..EmailChanges::default() }).await.unwrap());
        assert_eq!(same.version, 3, "a password that has leaked is exchanged at once, and is no part of it");

        // The key it would sign with is gone by now.
        refused(grant(&scene.house.store, &scene.owner, &APPROVABLE, &elsewhere).await, &CHANNEL_SECRET_GONE);
        let elsewhere = waits(scene.change(to(ELSEWHERE)).await.unwrap());
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &elsewhere).await.unwrap();
        let channel = scene.channel().await;
        assert_eq!((&*channel.email.host, channel.version), (ELSEWHERE, 4));
        let numbers: Vec<u32> = scene.revisions().await.iter().map(|one| one.number).collect();
        assert_eq!(numbers, [4, 3, 2, 1]);
    }

    async fn in_test_nobody_is_asked_and_each_environment_counts_for_itself(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let test = Ctx { org: Org { environment: Environment::Test, ..scene.owner.org }, ..scene.owner.clone() };
        let tried = scene.channels.create(&test, new("mail")).await.unwrap();
        assert_eq!(at_once(scene.channels.update(&test, tried.id, to(ELSEWHERE)).await.unwrap()).version, 2);
        assert_eq!(scene.channel().await.version, 1);
        let there = Scene { owner: test, id: tried.id, ..scene };
        assert_eq!(there.revisions().await.len(), 2);
    }

    async fn a_new_channel_sends_nothing_before_others_have_agreed(house: TestStore) {
        let (scene, first) = Scene::held(house).await;
        assert!(!scene.channel().await.is_admitted);
        let email = async || scene.channels.email(&scene.owner, scene.id).await;
        assert!(matches!(email().await, Err(ChannelRefusal::Unapproved)));
        let chosen = scene.channels.first(&scene.owner).await.unwrap().unwrap();
        assert_ne!(chosen, scene.id, "the one that others have agreed to sends where nothing else is said");
        // Nothing is sent through it yet, so that it is mended at once; what others were asked before is about what is there no more.
        let again = waits(scene.change(to(ELSEWHERE)).await.unwrap());
        assert_eq!((&*scene.channel().await.email.host, scene.channel().await.version), (ELSEWHERE, 2));
        let moved = prepared(&scene, &first).await;
        refused(moved, &VERSION_MOVED);
        let [newest, oldest] = &scene.revisions().await[..] else { panic!("two") };
        assert_eq!((newest.number, oldest.number), (2, 1));
        refused(scene.roll_back(oldest).await, &CHANNEL_UNAPPROVED);
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &again).await.unwrap();
        assert!(scene.channel().await.is_admitted && email().await.is_ok());
        assert_eq!(at_once(scene.change(named("Example")).await.unwrap()).version, 3);
    }

    async fn what_was_there_before_others_had_to_agree_goes_on(house: TestStore) {
        let scene = Scene::new(house).await;
        let made = scene.channels.create(&scene.owner, new("second")).await.unwrap();
        assert!(made.is_admitted);
        takes(&scene.house.store, &scene.owner, "channel").await;
        assert!(scene.channels.email(&scene.owner, made.id).await.is_ok(), "what was there before goes on");
    }

    async fn of_a_hundred_who_change_a_policy_at_once_one_does(house: TestStore) {
        let scene = std::sync::Arc::new(Scene::new(house).await);
        let all = (0..100).map(|number| {
            let scene = scene.clone();
            let believes = Expected { tags: Some("\"1.1\"".into()), in_force: None };
            tokio::spawn(async move { scene.change_believing(named(&format!("number {number}")), believes).await })
        });
        let mut done = Vec::new();
        for one in all.collect::<Vec<_>>() {
            if let Ok(became) = one.await.unwrap() {
                done.push(at_once(became).email.from_name);
            }
        }
        let channel = scene.channel().await;
        assert_eq!((done, channel.version), (vec![channel.email.from_name.clone()], 2));
        assert_eq!(scene.revisions().await.len(), 2);
        let late = scene.change_believing(EmailChanges::default(), Expected { tags: None, in_force: Some(1) }).await;
        refused(late, &VERSION_MOVED);
    }

    async fn one_goes_back_at_once_to_more_and_waits_for_others_for_less(house: TestStore) {
        let scene = Scene::new(house).await;
        at_once(scene.change(to(ELSEWHERE)).await.unwrap());
        let tls = EmailChanges { port: Some(587), security: Some(Protection::Starttls), ..EmailChanges::default() };
        at_once(scene.change(tls).await.unwrap());
        let [_, elsewhere, first] = &scene.revisions().await[..] else { panic!("three") };
        takes(&scene.house.store, &scene.owner, "channel").await;
        assert!(matches!(scene.roll_back(elsewhere).await.unwrap(), Turned::Done));
        assert_eq!((scene.channel().await.email.port, scene.channel().await.version), (465, 4));
        assert!(matches!(scene.roll_back(first).await.unwrap(), Turned::Waits(_)));
        assert_eq!(scene.channel().await.email.host, ELSEWHERE);
        let lines = (REVISABLE.lines)(&first.says, &elsewhere.says).unwrap();
        let changed: Vec<_> = lines.into_iter().filter(|line| !line.is_same()).map(|line| line.what).collect();
        assert_eq!(changed, ["Relay"]);
    }

    async fn nobody_goes_back_to_credentials_that_are_gone(house: TestStore) {
        let scene = Scene::new(house).await;
        let (stored, before) = (scene.stored("kept").await, scene.policy().await);
        let other = Change::Set(Credential::Stored(SecretRef::Id(stored)));
        at_once(scene.change(EmailChanges { password: other, ..EmailChanges::default() }).await.unwrap());
        let by_name = scene.policy().await;
        refused(scene.becomes(before).await, &CHANNEL_SECRET_GONE);
        let bare = EmailChanges { username: Change::Clear, password: Change::Clear, dkim: Change::Clear, ..EmailChanges::default() };
        at_once(scene.change(bare).await.unwrap());
        refused(scene.becomes(by_name.clone()).await, &CHANNEL_SECRET_GONE);
        let unsigned = Policy { email: crate::channels::EmailSettings { dkim: None, ..by_name.email }, ..by_name };
        scene.becomes(unsigned.clone()).await.unwrap();
        assert_eq!(scene.policy().await, unsigned, "what somebody stored by name is there still");
        let all = scene.house.store.read(&scene.owner, secrets::list).await.unwrap();
        assert_eq!(all.len(), 1, "and nothing else of it");
    }

    async fn passwords_and_keys_are_no_part_of_what_others_agree_to(house: TestStore) {
        let scene = Scene::guarded(house).await;
        let typed = || Change::Set(Credential::Value(SecretText::new("theirs".into())));
        refused(scene.change(EmailChanges { password: typed(), ..to(ELSEWHERE) }).await, &CHANNEL_APART);
        let key = NewDkim { domain: "example.net".into(), ..dkim("s1") };
        refused(scene.change(EmailChanges { dkim: Change::Set(key), ..EmailChanges::default() }).await, &CHANNEL_APART);
        // One that is stored rides along by name, and is shown so.
        let stored = scene.stored("theirs").await;
        let named = Change::Set(Credential::Stored(SecretRef::Id(stored)));
        let asked = waits(scene.change(EmailChanges { password: named, ..to(ELSEWHERE) }).await.unwrap());
        let wanted = asked.wants().to_string();
        assert!(wanted.contains(&stored.to_string()) && !wanted.contains("theirs"), "{wanted}");
        grant(&scene.house.store, &scene.owner, &APPROVABLE, &asked).await.unwrap();
        assert_eq!(scene.channel().await.email.password.unwrap().stored(), Some(stored));
        assert!(scene.channels.email(&scene.owner, scene.id).await.is_ok());
    }

    async fn no_leaf_no_policy(house: TestStore) {
        let scene = Scene::new(house).await;
        let before = scene.policy().await;
        scene.house.break_ledger(true);
        assert!(scene.change(to(ELSEWHERE)).await.is_err());
        let mut other = before.clone();
        other.email.host = ELSEWHERE.into();
        assert!(scene.becomes(other).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!((scene.policy().await, scene.revisions().await.len()), (before, 1));
    }
}

/// What a vote on this would be about, asked anew.
async fn prepared(scene: &Scene, asked: &Approval) -> Result<(), Failure> {
    let keys = scene.house.store.keys().organisation(scene.owner.org.id).await?;
    let (wanted, id) = (asked.wants().clone(), scene.id.bytes());
    let look = move |tx: &mut Tx<'_>| (APPROVABLE.prepare)(tx, &keys, Some(id), wanted).map(drop);
    scene.house.store.read(&scene.owner, look).await
}
