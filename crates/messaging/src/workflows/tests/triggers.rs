//! What begins runs besides the API, once each.

use std::collections::BTreeMap;

use sealpost_access::secrets::{self, NewSecret, Origin, Overlap, SecretRef};
use sealpost_seal::SecretText;
use sealpost_seal::signature::{KeyEncoding, Outgoing, SigningKey, SigningSecret, profiles, sign};
use sealpost_store::{
    Ctx, Environment, Leaf, SecretId, Store, StoreError, Tx, WorkflowId, WorkflowRunId, WorkflowTriggerId,
    both_engines, sql,
};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::{Scene, code, definition, send, waiting};
use crate::Messaging;
use crate::events::Class;
use crate::messages::scene::House;
use crate::storage::{self, Mode};
use crate::workflows::definition::{Path, To};
use crate::workflows::model::{Run, RunState};
use crate::workflows::triggers::{self, Check, NewTrigger, Received, Source, Webhook};
use crate::workflows::{secret_uses, testing};

const SECRET: &str = "a secret of the sender's and ours";
const BODY: &str = r#"{"id":"evt_7","customer":{"email":"marker.tapir@example.com"},"plan":"marker-okapi"}"#;

async fn runs(messaging: &Messaging, ctx: &Ctx) -> Vec<Run> {
    messaging.workflows.list_runs(ctx, None, None, 100).await.unwrap()
}

async fn make(house: &Store, ctx: &Ctx, name: &str, nodes: Value) -> WorkflowId {
    let id = testing::create(house, ctx, name, definition(nodes)).await;
    testing::promote(house, ctx, id, 1, 0).await.unwrap();
    id
}

async fn begins(
    house: &Store,
    ctx: &Ctx,
    workflow: WorkflowId,
    source: Source<SecretRef>,
    data: Option<Value>,
) -> Result<WorkflowTriggerId, &'static str> {
    let data = data.map(|data| serde_json::from_value(data).unwrap());
    let new = NewTrigger { source, data };
    let made = house.write::<_, Failure>(ctx, move |tx| Ok(triggers::create(tx, workflow, new)?.map(|made| made.id)));
    made.await.map_err(code)
}

async fn stored(house: &Store, ctx: &Ctx, value: &str) -> SecretId {
    let new = NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap();
    let keys = house.keys().organisation(ctx.org.id).await.unwrap();
    let make = move |tx: &mut Tx<'_>| {
        let id = secrets::create(tx, &keys, secrets::STORED, new)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
    };
    house.write(ctx, make).await.unwrap()
}

fn webhook(check: &str, secret: SecretId) -> Source<SecretRef> {
    Source::Webhook(Webhook {
        check: Check::by_name(check).unwrap(),
        secret: SecretRef::Id(secret),
        to: To::Email(Path::parse("/data/customer/email").unwrap()),
        id: None,
    })
}

/// What a sender sends in the way of Standard Webhooks.
fn standard(secret: &str, id: &str, at: i64, body: &str) -> Vec<(String, String)> {
    let secret = SigningSecret::import(secret, KeyEncoding::Text).unwrap();
    let outgoing = Outgoing::new(id, at, "customer.changed", body.as_bytes()).unwrap();
    sign(&profiles::STANDARD, &[SigningKey::Secret(&secret)], &outgoing).unwrap()
}

/// What a sender sends who signs no time.
fn github_like(secret: &str, at: i64) -> Vec<(String, String)> {
    let secret = SigningSecret::import(secret, KeyEncoding::Text).unwrap();
    let outgoing = Outgoing::new("x", at, "push", BODY.as_bytes()).unwrap();
    sign(&profiles::GITHUB_LIKE, &[SigningKey::Secret(&secret)], &outgoing).unwrap()
}

impl Scene {
    /// How much is remembered that came in by this.
    async fn remembered(&self, via: WorkflowTriggerId) -> usize {
        let all = sql!("select run from workflow_arrival where org = $1 and env = $2 and via = $3");
        let count = move |tx: &mut Tx<'_>| Ok(tx.all(all, &[&via], |row| row.get::<WorkflowRunId>("run"))?.len());
        self.store().read::<_, StoreError>(&self.ctx, count).await.unwrap()
    }

    async fn receive(
        &self,
        via: WorkflowTriggerId,
        headers: &[(String, String)],
        body: &str,
    ) -> Result<WorkflowRunId, &'static str> {
        let known: Vec<&'static str> = triggers::rules::all_headers().collect();
        let find = |name: &str| known.iter().copied().find(|one| one.eq_ignore_ascii_case(name)).unwrap();
        let headers: BTreeMap<_, _> = headers.iter().map(|(name, value)| (find(name), value.as_str())).collect();
        let received = Received { headers, body: body.as_bytes() };
        self.workflows().receive(&self.ctx, via, received).await.map_err(code)
    }

    fn now(&self) -> i64 {
        self.ctx.now().unix_seconds()
    }
}

both_engines! {
    async fn an_event_that_is_fired_begins_its_runs_in_the_same_transaction(test: TestStore) {
        let house = House::around(test, 2, Environment::Live).await;
        let (ctx, store) = (house.organisations[0].clone(), &house.test.store);
        let workflow = make(store, &ctx, "after", waiting()).await;
        let event = |name: &str| Source::Event(name.to_owned());
        let mapped = json!({ "said": { "field": "/data/code" }, "by": { "value": "event" } });
        let via = begins(store, &ctx, workflow, event("mail.otp"), Some(mapped)).await.unwrap();
        assert_eq!(begins(store, &ctx, workflow, event("mail.nothing"), None).await, Err("trigger_invalid"));
        let body = |class: &str| json!({ "event": format!("mail.{class}"), "to": { "email": "ann@example.com" }, "data": { "code": "417233" } });
        house.accept_body(0, body("marketing")).await.unwrap();
        // The same event of somebody else's.
        house.accept_body(1, body("otp")).await.unwrap();
        assert!(runs(&house.messaging, &ctx).await.is_empty());
        house.test.break_ledger(true);
        house.accept_body(0, body("otp")).await.unwrap_err();
        house.test.break_ledger(false);
        assert!(runs(&house.messaging, &ctx).await.is_empty(), "no message, no run");
        let message = house.accept_body(0, body("otp")).await.unwrap();
        let [run] = &runs(&house.messaging, &ctx).await[..] else { panic!("one run") };
        let to = house.messaging.messages.find(&ctx, message).await.unwrap_or_else(|_| panic!("it is there")).contact;
        assert_eq!((run.workflow, run.contact, run.state), (workflow, to, RunState::Running));
        let key = house.messaging.workflows.key_of(&ctx, run).await.unwrap().unwrap();
        let (data, _) = key.open_both(ctx.org, run).unwrap();
        assert_eq!(Value::Object(data), json!({ "said": "417233", "by": "event" }));
        store.write::<_, Failure>(&ctx, move |tx| triggers::remove(tx, via)).await.unwrap();
        house.messaging.workflows.changed(&ctx);
        house.accept_body(0, body("otp")).await.unwrap();
        assert_eq!(runs(&house.messaging, &ctx).await.len(), 1, "what is taken away begins nothing");
    }

    async fn what_an_event_begins_is_stored_no_longer_than_its_message(test: TestStore) {
        let house = House::around(test, 1, Environment::Live).await;
        let (ctx, store) = (house.organisations[0].clone(), &house.test.store);
        let workflow = make(store, &ctx, "after", waiting()).await;
        begins(store, &ctx, workflow, Source::Event("mail.otp".into()), None).await.unwrap();
        storage::testing::decide(store, &ctx, Class::Otp, Mode::Never).await;
        house.accept_body(0, json!({ "event": "mail.otp", "to": { "email": "ann@example.com" }, "data": { "code": "417233" } })).await.unwrap();
        let [run] = &runs(&house.messaging, &ctx).await[..] else { panic!("one run") };
        assert_eq!((run.storage, run.payload.is_none()), (Mode::Never, true), "its own class would keep it");
    }

    async fn what_a_run_sends_begins_no_run(house: TestStore) {
        let mut scene = Scene::new(house).await;
        let workflow = scene.workflow("round", json!({ "first": send("end"), "end": { "type": "end" } })).await;
        begins(scene.store(), &scene.ctx, workflow, Source::Event("mail".into()), None).await.unwrap();
        scene.begin("round").await.unwrap();
        scene.work().await;
        assert_eq!(runs(&scene.messaging, &scene.ctx).await.len(), 1);
        assert_eq!(scene.messages().await.len(), 1);
    }

    async fn a_signed_webhook_begins_one_run_however_often_it_comes(house: TestStore) {
        let mut scene = Scene::new(house).await;
        let workflow = scene.workflow("wait", waiting()).await;
        let secret = stored(scene.store(), &scene.ctx, SECRET).await;
        let mapped = json!({ "plan": { "field": "/data/plan" } });
        let via = begins(scene.store(), &scene.ctx, workflow, webhook("standard", secret), Some(mapped)).await.unwrap();
        let first = standard(SECRET, "msg_1", scene.now(), BODY);
        let run = scene.receive(via, &first, BODY).await.unwrap();
        assert_eq!(scene.receive(via, &first, BODY).await, Ok(run));
        scene.pass(60);
        // Signed anew, as senders do for each attempt: the same all the same.
        assert_eq!(scene.receive(via, &standard(SECRET, "msg_1", scene.now(), BODY), BODY).await, Ok(run));
        let other = scene.receive(via, &standard(SECRET, "msg_2", scene.now(), BODY), BODY).await.unwrap();
        assert_ne!(other, run);
        scene.work().await;
        assert_eq!(runs(&scene.messaging, &scene.ctx).await.len(), 2);
        let begun = scene.run(run).await;
        let key = scene.workflows().key_of(&scene.ctx, &begun).await.unwrap().unwrap();
        assert_eq!(Value::Object(key.open_both(scene.ctx.org, &begun).unwrap().0), json!({ "plan": "marker-okapi" }));
    }

    async fn whatever_is_wrong_with_a_signature_is_said_alike_and_begins_nothing(house: TestStore) {
        let scene = Scene::new(house).await;
        let workflow = make(scene.store(), &scene.ctx, "wait", waiting()).await;
        let secret = stored(scene.store(), &scene.ctx, SECRET).await;
        let via = begins(scene.store(), &scene.ctx, workflow, webhook("standard", secret), None).await.unwrap();
        let good = standard(SECRET, "msg_1", scene.now(), BODY);
        let mut unsigned = good.clone();
        unsigned.retain(|(name, _)| !name.eq_ignore_ascii_case("webhook-signature"));
        let mut renamed = good.clone();
        renamed.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("webhook-id")).for_each(|(_, id)| *id = "msg_2".into());
        for (headers, body) in [
            (standard("somebody else's", "msg_1", scene.now(), BODY), BODY),
            (standard(SECRET, "msg_1", scene.now() - 301, BODY), BODY),
            (standard(SECRET, "msg_1", scene.now() + 301, BODY), BODY),
            (unsigned, BODY),
            (renamed, BODY),
            (good.clone(), "{}"),
            (Vec::new(), "no json"),
        ] {
            assert_eq!(scene.receive(via, &headers, body).await, Err("signature_invalid"), "{headers:?} {body}");
        }
        assert!(runs(&scene.messaging, &scene.ctx).await.is_empty());
        // Who is believed is told more.
        for (body, refused) in [
            ("no json", "body_invalid"),
            ("{}", "webhook_unreadable"),
            (r#"{"customer":{"email":"nobody"}}"#, "webhook_unreadable"),
            (r#"{"customer":{"email":"a@example.com"},"card":"4111 1111 1111 1111"}"#, "card_number"),
        ] {
            let headers = standard(SECRET, "msg_3", scene.now(), body);
            assert_eq!(scene.receive(via, &headers, body).await, Err(refused), "{body}");
        }
        assert!(runs(&scene.messaging, &scene.ctx).await.is_empty());
        scene.store().write::<_, Failure>(&scene.ctx, move |tx| triggers::remove(tx, via)).await.unwrap();
        assert_eq!(scene.receive(via, &good, BODY).await, Err("not_found"));
    }

    async fn a_secret_that_turns_is_believed_in_both_versions_while_they_overlap(house: TestStore) {
        let scene = Scene::new(house).await;
        let workflow = make(scene.store(), &scene.ctx, "wait", waiting()).await;
        let secret = stored(scene.store(), &scene.ctx, SECRET).await;
        let via = begins(scene.store(), &scene.ctx, workflow, webhook("key", secret), None).await.unwrap();
        let uses = scene.store().read::<_, StoreError>(&scene.ctx, secret_uses).await.unwrap();
        assert_eq!((uses.len(), uses[0].secret, &*uses[0].name), (1, secret, "wait"), "so that nobody removes it");
        let keys = scene.store().keys().organisation(scene.ctx.org.id).await.unwrap();
        let new = NewSecret::new(SecretText::new("the next".into()), KeyEncoding::Text, Origin::Imported).unwrap();
        scene.store().write::<_, StoreError>(&scene.ctx, move |tx| {
            secrets::rotate(tx, &keys, secret, secrets::STORED, new, Overlap::seconds(60).unwrap())?;
            Ok(tx.record(Leaf::of("secret.rotate"), ()))
        }).await.unwrap();
        let says = |key: &str, id: &str| vec![("sealpost-trigger-key".to_owned(), key.to_owned()), ("webhook-id".to_owned(), id.to_owned())];
        let run = scene.receive(via, &says(SECRET, "1"), BODY).await.unwrap();
        assert_eq!(scene.receive(via, &says("the next", "1"), BODY).await, Ok(run));
        scene.receive(via, &says("the next", "2"), BODY).await.unwrap();
        scene.pass(61);
        assert_eq!(scene.receive(via, &says(SECRET, "3"), BODY).await, Err("signature_invalid"));
        scene.receive(via, &says("the next", "3"), BODY).await.unwrap();
    }

    async fn what_a_webhook_brought_is_forgotten_once_it_can_not_come_again(house: TestStore) {
        let scene = Scene::new(house).await;
        let workflow = make(scene.store(), &scene.ctx, "wait", waiting()).await;
        let secret = stored(scene.store(), &scene.ctx, SECRET).await;
        let via = begins(scene.store(), &scene.ctx, workflow, webhook("standard", secret), None).await.unwrap();
        let first = standard(SECRET, "msg_1", scene.now(), BODY);
        let run = scene.receive(via, &first, BODY).await.unwrap();
        scene.pass(triggers::rules::REPEATED_MS / 1_000);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.remembered(via).await, 1);
        assert_eq!(scene.receive(via, &standard(SECRET, "msg_1", scene.now(), BODY), BODY).await, Ok(run));
        scene.pass(1);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.remembered(via).await, 0);
        assert_eq!(scene.receive(via, &first, BODY).await, Err("signature_invalid"), "caught on its way, it is too old");
        let other = scene.receive(via, &standard(SECRET, "msg_1", scene.now(), BODY), BODY).await.unwrap();
        assert_ne!(other, run);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.receive(via, &standard(SECRET, "msg_1", scene.now(), BODY), BODY).await, Ok(other), "what is newer stays");
    }

    async fn what_is_signed_without_a_time_is_remembered_for_as_long_as_its_secret(house: TestStore) {
        let scene = Scene::new(house).await;
        let workflow = make(scene.store(), &scene.ctx, "wait", waiting()).await;
        let secret = stored(scene.store(), &scene.ctx, SECRET).await;
        let via = begins(scene.store(), &scene.ctx, workflow, webhook("github-like", secret), None).await.unwrap();
        let run = scene.receive(via, &github_like(SECRET, scene.now()), BODY).await.unwrap();
        scene.pass(2 * triggers::rules::REPEATED_MS / 1_000);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.receive(via, &github_like(SECRET, scene.now()), BODY).await, Ok(run));
        let rotate = async |value: &str| {
            let keys = scene.store().keys().organisation(scene.ctx.org.id).await.unwrap();
            let new = NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap();
            let rotate = move |tx: &mut Tx<'_>| {
                secrets::rotate(tx, &keys, secret, secrets::STORED, new, Overlap::seconds(60).unwrap())?;
                Ok(tx.record(Leaf::of("secret.rotate"), ()))
            };
            scene.store().write::<_, StoreError>(&scene.ctx, rotate).await.unwrap();
        };
        // The same value once more: what it signed is good still, though the version is new.
        rotate(SECRET).await;
        scene.pass(61);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.receive(via, &github_like(SECRET, scene.now()), BODY).await, Ok(run));
        rotate("the next").await;
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.remembered(via).await, 1, "the older one is good for a while");
        scene.pass(61);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.remembered(via).await, 0);
        assert_eq!(scene.receive(via, &github_like(SECRET, scene.now()), BODY).await, Err("signature_invalid"));
    }

    async fn the_same_webhook_at_the_same_moment_begins_one_run(house: TestStore) {
        let scene = Scene::new(house).await;
        let workflow = make(scene.store(), &scene.ctx, "wait", waiting()).await;
        let secret = stored(scene.store(), &scene.ctx, SECRET).await;
        let via = begins(scene.store(), &scene.ctx, workflow, webhook("github-like", secret), None).await.unwrap();
        let headers = github_like(SECRET, scene.now());
        let all = futures(&scene, via, &headers).await;
        assert!(all.windows(2).all(|two| two[0] == two[1] && two[0].is_ok()), "{all:?}");
        assert_eq!(runs(&scene.messaging, &scene.ctx).await.len(), 1);
    }
}

async fn futures(
    scene: &Scene,
    via: WorkflowTriggerId,
    headers: &[(String, String)],
) -> Vec<Result<WorkflowRunId, &'static str>> {
    let (one, two, three) = tokio::join!(
        scene.receive(via, headers, BODY),
        scene.receive(via, headers, BODY),
        scene.receive(via, headers, BODY)
    );
    vec![one, two, three]
}
