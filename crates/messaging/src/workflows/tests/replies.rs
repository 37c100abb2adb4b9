//! A contact's reply goes on with runs that wait for it, or begins some.

use sealpost_access::secrets::SecretRef;
use sealpost_seal::normal::Email;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{Ctx, StoreError, Tx, WorkflowId, WorkflowRunId, both_engines, sql};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::{EMAIL, Scene, code, send, waiting};
use crate::contacts::{Details, Prefer};
use crate::duplicates::Duplicates;
use crate::erasures::Asked;
use crate::events::Class;
use crate::storage::{self, Mode};
use crate::workflows::model::RunState;
use crate::workflows::replies::{self, NewReply, NotTaken, Taken};
use crate::workflows::runs::{self, Views};
use crate::workflows::triggers::rules::REPEATED_MS;
use crate::workflows::triggers::{self, NewTrigger, Source};

const SAID: &str = "yes, says marker-numbat";

fn wait(next: &str) -> Value {
    json!({ "type": "wait", "for": "reply", "timeout_seconds": 3600, "next": next, "otherwise": "late" })
}

fn rest(next: &str) -> Value {
    json!({ "type": "delay", "seconds": 60, "next": next })
}

fn look(at: &str, next: &str) -> Value {
    json!({ "type": "condition", "if": { "field": format!("/answers/{at}/body/text"), "matches": "^yes" }, "then": next, "else": "no" })
}

/// These, and every end.
fn with_ends(mut nodes: Value) -> Value {
    let wanted = nodes.to_string();
    for end in ["yes", "no", "late"] {
        if wanted.contains(&format!("\"{end}\"")) {
            nodes[end] = json!({ "type": "end", "outcome": end });
        }
    }
    nodes
}

/// Asks, waits for a reply and looks at it.
fn asking() -> Value {
    with_ends(json!({ "first": send("reply"), "reply": wait("look"), "look": look("reply", "yes") }))
}

fn said(from: &str, text: &str, id: Option<&str>) -> NewReply {
    serde_json::from_value(json!({ "from": { "email": from }, "text": text, "id": id })).unwrap()
}

impl Scene {
    async fn hears_in(&self, ctx: &Ctx, new: NewReply) -> Result<Taken, &'static str> {
        if let Some(taken) = self.workflows().taken_reply(ctx, &new).await.map_err(code)? {
            return Ok(taken);
        }
        let ready = self.workflows().prepare_reply(ctx, &new).await.map_err(code)?;
        match self.store().write(ctx, move |tx| replies::take(tx, ready)).await {
            Ok(taken) => Ok(taken),
            Err(NotTaken::Again) => Err("again"),
            Err(NotTaken::Failed(failure)) => Err(code(failure)),
        }
    }

    async fn hears(&self, text: &str) -> Result<Vec<WorkflowRunId>, &'static str> {
        Ok(self.hears_in(&self.ctx, said(EMAIL, text, None)).await?.runs)
    }

    /// The replies that a run keeps, and how many of them have a text.
    async fn kept(&self, id: WorkflowRunId) -> (usize, usize) {
        let kept = self.store().read::<_, StoreError>(&self.ctx, move |tx| replies::of_run(tx, id)).await.unwrap();
        (kept.len(), kept.iter().filter(|reply| reply.sealed.is_some()).count())
    }

    async fn count_of(&self, all: sealpost_store::Sql) -> usize {
        let count = move |tx: &mut Tx<'_>| Ok(tx.all(all, &[], |row| row.get::<Vec<u8>>("found"))?.len());
        self.store().read::<_, StoreError>(&self.ctx, count).await.unwrap()
    }

    async fn remembered_replies(&self) -> usize {
        self.count_of(sql!("select mac as found from workflow_reply where org = $1 and env = $2")).await
    }

    async fn outcome(&self, id: WorkflowRunId) -> (RunState, Option<String>) {
        let run = self.run(id).await;
        (run.state, run.reason)
    }

    async fn begun_by_reply(&self, workflow: WorkflowId) {
        let source: Source<SecretRef> = Source::Reply;
        let data = serde_json::from_value(json!({ "said": { "field": "/data/text" } })).unwrap();
        let make = move |tx: &mut Tx<'_>| triggers::create(tx, workflow, NewTrigger { source, data });
        self.store().write::<_, Failure>(&self.ctx, make).await.unwrap();
    }
}

fn is(outcome: &str) -> (RunState, Option<String>) {
    (RunState::Done, Some(outcome.to_owned()))
}

both_engines! {
    async fn a_reply_goes_on_with_the_run_that_waits_for_it_and_is_an_answer_then(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Waiting);
        assert_eq!(scene.hears(SAID).await, Ok(vec![id]));
        assert_eq!(scene.kept(id).await, (1, 1));
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
        assert_eq!(scene.kept(id).await, (0, 0), "it is an answer of the run now");
        let run = scene.run(id).await;
        let key = scene.workflows().key_of(&scene.ctx, &run).await.unwrap().unwrap();
        assert_eq!(key.open_both(scene.ctx.org, &run).unwrap().1["reply"], json!({ "body": { "text": SAID } }));
        let masked = Ctx { viewer: Viewer::masked(), ..scene.ctx.clone() };
        let view = serde_json::to_string(&Views(scene.workflows()).full(&masked, &run).await.unwrap()).unwrap();
        assert!(!view.contains("numbat") && view.contains(r#""text""#), "{view}");
        assert_eq!(scene.hears("yes").await, Ok(vec![]), "nobody waits any more");
    }

    async fn an_answer_that_is_quick_counts_and_one_to_what_was_said_before_does_not(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("slow", with_ends(json!({
            "first": rest("ask"), "ask": send("pause"), "pause": rest("reply"), "reply": wait("look"), "look": look("reply", "yes"),
        }))).await;
        let id = scene.begin("slow").await.unwrap();
        scene.work().await;
        assert_eq!(scene.hears("no").await, Ok(vec![]), "it has asked nothing yet");
        scene.pass(61);
        scene.work().await;
        assert_eq!((scene.messages().await.len(), scene.run(id).await.node), (1, "pause".to_owned()));
        assert_eq!(scene.hears("yes").await, Ok(vec![id]), "it comes to its wait");
        assert_eq!(scene.run(id).await.state, RunState::Waiting);
        scene.pass(61);
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
    }

    async fn what_was_heard_before_a_message_is_no_answer_to_it(house: TestStore) {
        let mut scene = Scene::new(house).await;
        // A way without a message leads to the wait, so it listens; it goes the other way.
        scene.workflow("either", with_ends(json!({
            "first": rest("which"),
            "which": { "type": "condition", "if": { "field": "/data/plan", "equals": "gold" }, "then": "ask", "else": "reply" },
            "ask": send("reply"), "reply": wait("look"), "look": look("reply", "yes"),
        }))).await;
        let id = scene.begin("either").await.unwrap();
        scene.work().await;
        assert_eq!(scene.hears("no").await, Ok(vec![id]));
        scene.pass(61);
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Waiting, "that was before it asked");
        assert_eq!(scene.hears("yes").await, Ok(vec![id]));
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
    }

    async fn each_reply_satisfies_one_wait_and_in_vain_is_none(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("twice", with_ends(json!({
            "first": wait("again"), "again": wait("look"), "look": look("again", "yes"),
        }))).await;
        let id = scene.begin("twice").await.unwrap();
        scene.work().await;
        scene.hears("no").await.unwrap();
        scene.work().await;
        let run = scene.run(id).await;
        assert_eq!((run.state, &*run.node), (RunState::Waiting, "again"));
        assert!(run.answers.is_none(), "nobody looks at the first");
        scene.hears("yes").await.unwrap();
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
        let id = scene.begin("twice").await.unwrap();
        scene.work().await;
        scene.pass(3_601);
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("late"));
    }

    async fn the_same_reply_twice_was_said_once(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("twice", with_ends(json!({ "first": wait("again"), "again": wait("yes") }))).await;
        let id = scene.begin("twice").await.unwrap();
        scene.work().await;
        let again = async |scene: &Scene| scene.hears_in(&scene.ctx, said(EMAIL, "yes", Some("SM7"))).await.unwrap();
        let first = again(&scene).await;
        assert_eq!(first, Taken { runs: vec![id], began: vec![] });
        scene.work().await;
        assert_eq!(again(&scene).await, first);
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Waiting);
        assert_eq!(scene.remembered_replies().await, 1);
        scene.pass(REPEATED_MS / 1_000 + 1);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.remembered_replies().await, 0);
    }

    async fn a_run_keeps_so_many_replies_and_the_oldest_of_them(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("rest", with_ends(json!({ "first": rest("reply"), "reply": wait("look"), "look": look("reply", "yes") }))).await;
        let id = scene.begin("rest").await.unwrap();
        scene.work().await;
        scene.hears("yes").await.unwrap();
        scene.pass(1);
        for _ in 1..32 {
            assert_eq!(scene.hears("no").await, Ok(vec![id]));
        }
        assert_eq!(scene.hears("no").await, Ok(vec![]));
        assert_eq!(scene.kept(id).await, (32, 32));
        scene.pass(60);
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
    }

    async fn nobody_known_is_made_known_for_nothing(house: TestStore) {
        let scene = Scene::new(house).await;
        let contacts = sql!("select id as found from contact where org = $1 and env = $2");
        let nobody = || said("nobody@example.com", "yes", None);
        assert_eq!(scene.hears_in(&scene.ctx, nobody()).await, Ok(Taken::default()));
        assert_eq!(scene.count_of(contacts).await, 0);
        for (text, refused) in [("", "body_invalid"), ("4111 1111 1111 1111", "card_number")] {
            assert_eq!(scene.hears_in(&scene.ctx, said(EMAIL, text, None)).await, Err(refused));
        }
    }

    async fn a_reply_begins_runs_only_if_no_run_waited_for_it(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        let begun = scene.workflow("begun", waiting()).await;
        scene.begun_by_reply(begun).await;
        let asked = scene.begin("ask").await.unwrap();
        scene.work().await;
        let taken = scene.hears_in(&scene.ctx, said(EMAIL, "yes", None)).await.unwrap();
        assert_eq!(taken, Taken { runs: vec![asked], began: vec![] });
        scene.work().await;
        let taken = scene.hears_in(&scene.ctx, said(EMAIL, SAID, Some("SM8"))).await.unwrap();
        assert_eq!((taken.runs.len(), taken.began.len()), (0, 1));
        let run = scene.run(taken.began[0]).await;
        assert_eq!((run.workflow, run.contact), (begun, scene.run(asked).await.contact));
        let key = scene.workflows().key_of(&scene.ctx, &run).await.unwrap().unwrap();
        assert_eq!(Value::Object(key.open_both(scene.ctx.org, &run).unwrap().0), json!({ "said": SAID }));
        assert_eq!(scene.hears_in(&scene.ctx, said(EMAIL, SAID, Some("SM8"))).await, Ok(taken));
        // Who was nobody is made known with it.
        let taken = scene.hears_in(&scene.ctx, said("new@example.com", "hello", None)).await.unwrap();
        assert_ne!(scene.run(taken.began[0]).await.contact, run.contact);
    }

    async fn without_its_leaf_a_reply_does_nothing(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        let begun = scene.workflow("begun", waiting()).await;
        scene.begun_by_reply(begun).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        for from in [EMAIL, "new@example.com"] {
            let new = said(from, "yes", Some("SM9"));
            let ready = scene.workflows().prepare_reply(&scene.ctx, &new).await.unwrap_or_else(|_| panic!("it is ready"));
            scene.house.break_ledger(true);
            assert!(scene.store().write(&scene.ctx, move |tx| replies::take(tx, ready)).await.is_err());
            scene.house.break_ledger(false);
        }
        assert_eq!((scene.kept(id).await, scene.remembered_replies().await), ((0, 0), 0));
        assert_eq!(scene.workflows().list_runs(&scene.ctx, None, None, 9).await.unwrap().len(), 1);
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Waiting);
    }

    async fn another_organisation_hears_nothing_of_it(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        let other = scene.house.organisation().await;
        assert_eq!(scene.hears_in(&other, said(EMAIL, "yes", None)).await, Ok(Taken::default()));
        assert_eq!(scene.kept(id).await, (0, 0));
    }

    async fn what_was_said_goes_with_who_said_it(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("rest", with_ends(json!({ "first": rest("reply"), "reply": wait("look"), "look": look("reply", "yes") }))).await;
        let id = scene.begin("rest").await.unwrap();
        scene.work().await;
        scene.hears(SAID).await.unwrap();
        let new = said(EMAIL, SAID, None);
        let late = scene.workflows().prepare_reply(&scene.ctx, &new).await.unwrap_or_else(|_| panic!("it is ready"));
        let contact = scene.run(id).await.contact;
        scene.messaging.erasures.erase(&scene.ctx, contact, &Asked::default()).await.unwrap();
        assert_eq!(scene.kept(id).await, (1, 0));
        let taken = scene.store().write(&scene.ctx, move |tx| replies::take(tx, late)).await;
        assert!(matches!(taken, Err(NotTaken::Again)), "whoever has that address now is somebody new");
        assert_eq!(scene.hears(SAID).await, Ok(vec![]));
    }

    async fn whoever_is_two_contacts_is_one_person(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        let other = "marker.other@example.com";
        let details = Details { email: Some(Email::parse(other).unwrap()), ..Details::default() };
        let into = scene.messaging.contacts.create(&scene.ctx, &details).await.unwrap().id;
        let from = scene.run(id).await.contact;
        let duplicates = Duplicates::new(scene.store().clone(), scene.messaging.contacts.clone());
        duplicates.merge(&scene.ctx, from, into, Prefer::Target).await.unwrap();
        assert_eq!(scene.hears_in(&scene.ctx, said(other, "yes", None)).await.unwrap().runs, [id]);
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
    }

    async fn what_may_not_be_written_is_heard_in_memory(house: TestStore) {
        let mut scene = Scene::new(house).await;
        storage::testing::decide(scene.store(), &scene.ctx, Class::Transactional, Mode::Never).await;
        scene.workflow("ask", asking()).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        assert_eq!(scene.hears("yes").await, Ok(vec![id]));
        assert_eq!(scene.kept(id).await, (1, 0), "that it came is written, and not what it says");
        scene.work().await;
        assert_eq!(scene.outcome(id).await, is("yes"));
        assert!(scene.run(id).await.answers.is_none());
    }

    async fn a_run_that_was_ended_hears_nothing(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        let new = said(EMAIL, "yes", None);
        let late = scene.workflows().prepare_reply(&scene.ctx, &new).await.unwrap_or_else(|_| panic!("it is ready"));
        scene.store().write::<_, Failure>(&scene.ctx, move |tx| runs::cancel(tx, id)).await.unwrap();
        let taken = scene.store().write(&scene.ctx, move |tx| replies::take(tx, late)).await;
        assert!(matches!(taken, Err(NotTaken::Again)), "perhaps it begins something instead");
        assert_eq!(scene.hears("yes").await, Ok(vec![]));
    }
}
