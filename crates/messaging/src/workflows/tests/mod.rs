//! What runs promise, through the services and the jobs, on both engines.

mod answers;
mod looks;
mod replies;
mod triggers;
mod volatile;

use std::sync::Arc;

use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::smtp::Mailer;
use sealpost_egress::text::NameServers;
use sealpost_egress::tls::Trust;
use sealpost_seal::normal::Email;
use sealpost_seal::viewer::Viewer;
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Claim, Ctx, MessageId, SlotId, Store, StoreError, Tx, WorkflowId, WorkflowRunId, both_engines, outbox, sql,
};
use sealpost_web::Failure;
use serde_json::{Value, json};

use crate::channels::ChannelKind;
use crate::contacts::Details;
use crate::dispatcher::ByHand;
use crate::endpoints::{Pki, Receiver, testing};
use crate::erasures::Asked;
use crate::events::{Class, NewEvent, NewVersion};
use crate::label::Label;
use crate::storage::{self, Gone, Mode};
use crate::templates::{Content, NewTemplate};
use crate::versions::{Promoted, testing as promoting};
use crate::workflows::definition::Definition;
use crate::workflows::model::{NewWorkflow, Run, RunState, Step, StepState};
use crate::workflows::runs::Views;
use crate::workflows::{APPROVABLE, WorkflowRefusal, Workflows, promotion, runs, service};
use crate::{Messaging, MessagingConfig};

const EMAIL: &str = "marker.tapir@example.com";
const DATA: &str = "marker-okapi";

/// A house with an event, an endpoint that answers, and somebody who does the jobs by hand.
struct Scene {
    house: TestStore,
    ctx: Ctx,
    messaging: Messaging,
    receiver: Receiver,
    hands: ByHand,
}

impl Scene {
    async fn new(house: TestStore) -> Self {
        let ctx = house.organisation().await;
        let pki = Pki::new();
        let receiver = Receiver::start(&pki).await;
        let network = || Network::new(Policy::strict(), FixedResolver::new());
        let messaging = Messaging::new(MessagingConfig {
            store: house.store.clone(),
            client: pki.http(),
            names: Arc::new(NameServers::these(&[]).unwrap()),
            mailer: Mailer::new(network(), &Trust::new([]).unwrap()).unwrap(),
            public_url: "https://messages.example.com".into(),
        });
        testing::active_at(&house.store, &ctx, "crm", &receiver.url("/crm")).await;
        let label = |text: &str| Label::parse(text).unwrap();
        let content = Content { subject: Some("News".into()), text: "{{ code }}".into(), html: None };
        let new = NewTemplate { name: label("mail"), channel: ChannelKind::Email, content };
        let (template, _) = messaging.templates.create(&ctx, new).await.unwrap();
        let version = NewVersion {
            class: Class::Transactional,
            template: template.id,
            template_version: None,
            channel: None,
            route: None,
        };
        messaging.events.create(&ctx, NewEvent { name: label("mail"), version }).await.unwrap();
        let hands = messaging.dispatcher().by_hand();
        Self { house, ctx, messaging, receiver, hands }
    }

    fn store(&self) -> &Store {
        &self.house.store
    }

    fn workflows(&self) -> &Workflows {
        &self.messaging.workflows
    }

    /// A workflow of these nodes, beginning with `first`, in force.
    async fn workflow(&self, name: &str, nodes: Value) -> WorkflowId {
        let new = NewWorkflow { name: Label::parse(name).unwrap(), definition: definition(nodes) };
        let made = self.store().write(&self.ctx, move |tx| service::create(tx, new)).await.unwrap();
        self.promote(made.id, 1, 0).await.unwrap();
        made.id
    }

    async fn promote(&self, id: WorkflowId, version: u32, expected: u32) -> Result<(), WorkflowRefusal> {
        self.workflows().expect_ready(&self.ctx, id, version).await?;
        let keys = self.store().keys().organisation(self.ctx.org.id).await?;
        let promote = move |tx: &mut Tx<'_>| Ok(promotion::promote(tx, &keys, id, version, expected)?.map(drop));
        self.store().write(&self.ctx, promote).await
    }

    async fn begin(&self, workflow: &str) -> Result<WorkflowRunId, &'static str> {
        let body = json!({ "workflow": workflow, "to": { "email": EMAIL }, "data": { "code": DATA, "plan": "gold" } });
        let new = serde_json::from_value(body).unwrap();
        let prepared = self.workflows().prepare(&self.ctx, &new).await.map_err(code)?;
        let begun = self.store().write(&self.ctx, move |tx| runs::begin(tx, prepared)).await.map_err(code)?;
        Ok(begun.id)
    }

    /// Does what there is to do now.
    async fn work(&mut self) {
        while self.hands.turn().await.unwrap() > 0 {}
    }

    async fn run(&self, id: WorkflowRunId) -> Run {
        self.workflows().find_run(&self.ctx, id).await.unwrap_or_else(|_| panic!("it is there"))
    }

    async fn steps(&self, id: WorkflowRunId) -> Vec<Step> {
        self.store().read::<_, StoreError>(&self.ctx, move |tx| runs::store::steps(tx, id)).await.unwrap()
    }

    /// Node and state of each step.
    async fn came_by(&self, id: WorkflowRunId) -> Vec<(String, StepState)> {
        let mut all: Vec<_> = self.steps(id).await.into_iter().map(|step| (step.node, step.state)).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    async fn messages(&self) -> Vec<MessageId> {
        let all = sql!("select id from message where org = $1 and env = $2 order by id");
        self.store().read::<_, StoreError>(&self.ctx, move |tx| tx.all(all, &[], |row| row.get("id"))).await.unwrap()
    }

    async fn signal(&self, id: WorkflowRunId, name: &'static str) -> Result<(), &'static str> {
        self.store().write(&self.ctx, move |tx| runs::signal(tx, id, name)).await.map_err(code)
    }

    async fn has_key(&self, slot: SlotId) -> bool {
        self.store().keys().slot(self.ctx.org.id, slot).await.is_ok()
    }

    fn pass(&self, seconds: i64) {
        self.house.clock.advance_ms(seconds * 1_000);
    }
}

fn definition(nodes: Value) -> Definition {
    serde_json::from_value(json!({ "class": "transactional", "start": "first", "nodes": nodes })).unwrap()
}

fn code(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code().code,
        Failure::Fault(fault) => panic!("{fault}"),
    }
}

fn send(next: &str) -> Value {
    json!({ "type": "send", "event": "mail", "data": { "code": { "field": "/data/code" } }, "next": next })
}

fn wait_for_go() -> Value {
    json!({ "type": "wait", "for": { "signal": "go" }, "timeout_seconds": 3600, "next": "end", "otherwise": "late" })
}

/// A wait, and what comes after it.
fn waiting() -> Value {
    json!({ "first": wait_for_go(), "end": { "type": "end", "outcome": "told" }, "late": { "type": "end", "outcome": "late" } })
}

fn done(nodes: &[&str]) -> Vec<(String, StepState)> {
    nodes.iter().map(|node| ((*node).to_owned(), StepState::Done)).collect()
}

both_engines! {
    async fn a_run_asks_decides_sends_waits_and_ends(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.receiver.serves("/crm", r#"{ "tier": "gold", "name": "Marker Quagga" }"#);
        scene.workflow("visit", json!({
            "first": { "type": "call", "endpoint": "crm", "data": { "plan": { "field": "/data/plan" } }, "next": "look" },
            "look": { "type": "condition", "if": { "field": "/answers/first/body/tier", "equals": "gold" }, "then": "mail", "else": "none" },
            "mail": send("sent"),
            "sent": { "type": "wait", "for": { "message": "mail" }, "timeout_seconds": 60, "next": "end", "otherwise": "none" },
            "end": { "type": "end", "outcome": "good" },
            "none": { "type": "end" },
        })).await;
        let id = scene.begin("visit").await.unwrap();
        scene.work().await;
        // It looks again whether the message has arrived.
        scene.pass(2);
        scene.work().await;
        let run = scene.run(id).await;
        assert_eq!((run.state, run.reason.as_deref()), (RunState::Done, Some("good")));
        assert_eq!(scene.came_by(id).await, done(&["end", "first", "look", "mail", "sent"]));
        let messages = scene.messages().await;
        let steps = scene.steps(id).await;
        let sent = steps.iter().find(|step| step.node == "mail").unwrap();
        assert_eq!(vec![sent.message.unwrap()], messages);
        let heard: Vec<String> = scene.receiver.heard().into_iter().filter(|request| request.contains("workflow.call")).collect();
        let [request] = &heard[..] else { panic!("asked {} times", heard.len()) };
        assert!(request.to_ascii_lowercase().contains(&format!("webhook-id: {id}_first")), "{request}");
        assert!(request.contains(r#""data":{"plan":"gold"}"#), "it is told what it needs, and no more: {request}");
        // Whoever is masked sees that there is something, and not what.
        let masked = Ctx { viewer: Viewer::masked(), ..scene.ctx.clone() };
        let view = serde_json::to_string(&Views(scene.workflows()).full(&masked, &run).await.unwrap()).unwrap();
        for hidden in [DATA, "gold", "Quagga", EMAIL] {
            assert!(!view.contains(hidden), "{hidden}: {view}");
        }
        assert!(view.contains(r#""masked":true"#) && view.contains(r#""tier""#));
    }

    async fn a_call_branches_on_what_is_answered_and_is_repeated_if_that_is_allowed(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", json!({
            "first": { "type": "call", "endpoint": "crm", "attempts": 2, "next": "good", "on": { "4xx": "no", "5xx": "ill" } },
            "good": { "type": "end", "outcome": "good" },
            "no": { "type": "end", "outcome": "no" },
            "ill": { "type": "end", "outcome": "ill" },
        })).await;
        for (answers, outcome, asked) in [(204, "good", 1), (404, "no", 1), (503, "ill", 2)] {
            scene.receiver.answers(answers);
            let before = scene.receiver.heard().len();
            let id = scene.begin("ask").await.unwrap();
            scene.work().await;
            scene.pass(10);
            scene.work().await;
            let run = scene.run(id).await;
            assert_eq!((run.state, run.reason.as_deref()), (RunState::Done, Some(outcome)));
            assert!(run.answers.is_none(), "nobody asks for the answer, so it is not kept");
            assert_eq!(scene.receiver.heard().len() - before, asked, "{outcome}");
        }
    }

    async fn what_failed_is_tried_again_by_hand_under_the_same_id(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", json!({
            "first": { "type": "call", "endpoint": "crm", "next": "end" },
            "end": { "type": "end" },
        })).await;
        scene.receiver.answers(503);
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        let run = scene.run(id).await;
        assert_eq!((run.state, run.reason.as_deref()), (RunState::Failed, Some("call_failed")));
        assert_eq!(scene.steps(id).await[0].status, Some(503));
        scene.receiver.answers(204);
        scene.store().write::<_, Failure>(&scene.ctx, move |tx| runs::retry(tx, id)).await.unwrap();
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Done);
        let heard = scene.receiver.heard();
        let same = format!("webhook-id: {id}_first");
        assert_eq!(heard.iter().filter(|request| request.to_ascii_lowercase().contains(&same)).count(), 2);
        let again = scene.store().write::<_, Failure>(&scene.ctx, move |tx| runs::retry(tx, id)).await;
        assert_eq!(again.map_err(code), Err("run_not_failed"));
    }

    async fn a_call_that_was_under_way_when_the_process_died_is_unknown_and_not_made_again(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", json!({
            "first": { "type": "call", "endpoint": "crm", "next": "end", "on": { "lost": "lost" } },
            "end": { "type": "end" },
            "lost": { "type": "end", "outcome": "lost" },
        })).await;
        let id = scene.begin("ask").await.unwrap();
        // What a process leaves that dies while it asks.
        let at = scene.ctx.now();
        let left = Step {
            node: "first".into(), kind: "call".into(), state: StepState::Calling, attempt: 1, detail: None, status: None,
            message: None, started_at: at, updated_at: at,
        };
        let put = move |tx: &mut Tx<'_>| runs::store::put_step(tx, id, &left);
        scene.store().maintain::<_, StoreError>(&scene.ctx, put).await.unwrap();
        scene.work().await;
        assert_eq!(scene.run(id).await.reason.as_deref(), Some("lost"));
        assert_eq!(scene.came_by(id).await, [("first".to_owned(), StepState::Unknown), ("lost".to_owned(), StepState::Done)]);
        assert!(scene.receiver.heard().is_empty());
    }

    async fn a_job_that_was_taken_over_does_nothing_twice(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("mail", json!({ "first": send("end"), "end": { "type": "end" } })).await;
        let mut pushed = scene.store().bus().subscribe(outbox::PUSHED);
        let id = scene.begin("mail").await.unwrap();
        let slow = Arc::unwrap_or_clone(pushed.recv().await.unwrap().hint.unwrap().downcast::<Claim>().unwrap());
        scene.pass(120);
        let taken_over = scene.store().sweep(10).await.unwrap().pop().unwrap();
        let runner = scene.messaging.dispatcher().handler(runs::JOB).unwrap();
        runner.run(slow.clone()).await;
        assert_eq!((scene.run(id).await.state, scene.messages().await.len()), (RunState::Running, 0));
        runner.run(taken_over).await;
        runner.run(slow).await;
        scene.work().await;
        assert_eq!((scene.run(id).await.state, scene.messages().await.len()), (RunState::Done, 1));
    }

    async fn a_send_that_is_refused_takes_its_other_way_or_fails(house: TestStore) {
        let mut scene = Scene::new(house).await;
        let empty = json!({ "type": "send", "event": "mail", "next": "end", "otherwise": "no" });
        let ends = |first: Value| json!({ "first": first, "end": { "type": "end" }, "no": { "type": "end", "outcome": "no" } });
        scene.workflow("other", ends(empty.clone())).await;
        let id = scene.begin("other").await.unwrap();
        scene.work().await;
        assert_eq!(scene.run(id).await.reason.as_deref(), Some("no"));
        assert_eq!(scene.steps(id).await[0].detail.as_deref(), Some("template_data_invalid"));
        let mut strict = ends(empty);
        strict["first"].as_object_mut().unwrap().remove("otherwise");
        strict.as_object_mut().unwrap().remove("no");
        scene.workflow("strict", strict).await;
        let id = scene.begin("strict").await.unwrap();
        scene.work().await;
        let run = scene.run(id).await;
        assert_eq!((run.state, run.reason.as_deref()), (RunState::Failed, Some("template_data_invalid")));
        assert!(scene.messages().await.is_empty());
    }

    async fn a_run_rests_until_its_time_its_signal_or_its_end(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("rest", json!({ "first": { "type": "delay", "seconds": 3600, "next": "end" }, "end": { "type": "end" } })).await;
        let id = scene.begin("rest").await.unwrap();
        scene.work().await;
        let run = scene.run(id).await;
        assert_eq!((run.state, run.wakes_at), (RunState::Waiting, Some(run.created_at.plus_ms(3_600_000))));
        scene.pass(3_599);
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Waiting);
        scene.pass(1);
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Done);

        scene.workflow("wait", waiting()).await;
        let [told, before, late] = [scene.begin("wait").await.unwrap(), scene.begin("wait").await.unwrap(), scene.begin("wait").await.unwrap()];
        // Before the run has come there, and after.
        scene.signal(before, "go").await.unwrap();
        scene.work().await;
        assert_eq!(scene.run(before).await.reason.as_deref(), Some("told"));
        assert_eq!(scene.run(told).await.state, RunState::Waiting);
        assert_eq!(scene.signal(told, "stop").await, Err("signal_unknown"));
        scene.signal(told, "go").await.unwrap();
        scene.signal(told, "go").await.unwrap();
        scene.work().await;
        assert_eq!(scene.run(told).await.reason.as_deref(), Some("told"));
        assert_eq!(scene.signal(told, "go").await, Err("run_over"));
        scene.pass(3_600);
        scene.work().await;
        assert_eq!(scene.run(late).await.reason.as_deref(), Some("late"));
        assert_eq!(scene.house.jobs_waiting(&scene.ctx).await, 0);
    }

    async fn a_run_ends_with_the_version_it_began_with(house: TestStore) {
        let mut scene = Scene::new(house).await;
        let workflow = scene.workflow("wait", waiting()).await;
        let old = scene.begin("wait").await.unwrap();
        scene.work().await;
        let newer = definition(json!({ "first": { "type": "end", "outcome": "new" } }));
        let draft = move |tx: &mut Tx<'_>| Ok::<_, WorkflowRefusal>(service::draft(tx, workflow, newer)?.map(drop));
        scene.store().write(&scene.ctx, draft).await.unwrap();
        let between = scene.begin("wait").await.unwrap();
        assert!(matches!(scene.promote(workflow, 2, 0).await, Err(WorkflowRefusal::Moved)));
        assert!(matches!(scene.promote(workflow, 3, 1).await, Err(WorkflowRefusal::VersionUnknown)));
        scene.promote(workflow, 2, 1).await.unwrap();
        let new = scene.begin("wait").await.unwrap();
        scene.promote(workflow, 1, 2).await.unwrap();
        let back = scene.begin("wait").await.unwrap();
        scene.work().await;
        for waits in [old, between, back] {
            assert_eq!((scene.run(waits).await.version, scene.run(waits).await.state), (1, RunState::Waiting));
            scene.signal(waits, "go").await.unwrap();
        }
        scene.work().await;
        assert_eq!(scene.run(old).await.reason.as_deref(), Some("told"));
        assert_eq!((scene.run(new).await.version, scene.run(new).await.reason.as_deref()), (2, Some("new")));
    }

    async fn only_what_is_there_comes_into_force_and_only_what_is_in_force_runs(house: TestStore) {
        let scene = Scene::new(house).await;
        let nodes = json!({
            "first": { "type": "call", "endpoint": "nobody", "next": "mail" },
            "mail": { "type": "send", "event": "nothing", "next": "end" },
            "end": { "type": "end" },
        });
        let new = NewWorkflow { name: Label::parse("early").unwrap(), definition: definition(nodes) };
        let made = scene.store().write(&scene.ctx, move |tx| service::create(tx, new)).await.unwrap();
        let Err(WorkflowRefusal::NotReady(wrong)) = scene.promote(made.id, 1, 0).await else { panic!() };
        let places: Vec<&str> = wrong.iter().map(|wrong| wrong.place.as_str()).collect();
        assert_eq!(places, ["/nodes/mail/event", "/nodes/first/endpoint"]);
        assert_eq!(scene.begin("early").await, Err("workflow_unknown"));
        assert_eq!(scene.begin("never").await, Err("workflow_unknown"));
        let circle = definition(json!({ "first": send("first") }));
        let new = NewWorkflow { name: Label::parse("circle").unwrap(), definition: circle };
        let refused = scene.store().write(&scene.ctx, move |tx| service::create(tx, new)).await;
        assert!(matches!(refused, Err(WorkflowRefusal::Invalid(wrong)) if wrong[0].code == "in_a_circle"));
        let other = scene.house.organisation().await;
        assert!(matches!(scene.workflows().find(&other, made.id).await, Err(WorkflowRefusal::NotFound)));
    }

    async fn in_live_what_was_never_in_force_waits_and_what_was_comes_back(house: TestStore) {
        let scene = Scene::new(house).await;
        let owner = promoting::owner(scene.store(), &scene.ctx).await;
        promoting::takes(scene.store(), &owner, "workflow").await;
        let keys = scene.store().keys().organisation(owner.org.id).await.unwrap();
        let new = NewWorkflow { name: Label::parse("wait").unwrap(), definition: definition(waiting()) };
        let id = scene.store().write(&owner, move |tx| service::create(tx, new)).await.unwrap().id;
        let newer = definition(json!({ "first": { "type": "end", "outcome": "new" } }));
        let draft = move |tx: &mut Tx<'_>| Ok::<_, WorkflowRefusal>(service::draft(tx, id, newer)?.map(drop));
        scene.store().write(&owner, draft).await.unwrap();
        let promote = async |version: u32, expected: u32| {
            let keys = keys.clone();
            scene.store().write(&owner, move |tx| promotion::promote(tx, &keys, id, version, expected)).await
        };
        let live = async || scene.workflows().find(&owner, id).await.unwrap().live_version;
        for version in [1, 2] {
            let Promoted::Waits(asked) = promote(version, live().await).await.unwrap() else { panic!("nobody was asked") };
            assert_eq!(live().await, version - 1);
            promoting::grant(scene.store(), &owner, &APPROVABLE, &asked).await.unwrap();
            assert_eq!(live().await, version);
        }
        assert!(matches!(promote(1, 1).await, Err(WorkflowRefusal::Moved)));
        assert!(matches!(promote(1, 2).await.unwrap(), Promoted::InForce(back) if back.live_version == 1));
        assert_eq!(live().await, 1, "what was in force takes nobody else");
    }

    async fn of_a_hundred_who_promote_at_once_one_does(house: TestStore) {
        let scene = Scene::new(house).await;
        let new = NewWorkflow { name: Label::parse("wait").unwrap(), definition: definition(waiting()) };
        let id = scene.store().write(&scene.ctx, move |tx| service::create(tx, new)).await.unwrap().id;
        let keys = scene.store().keys().organisation(scene.ctx.org.id).await.unwrap();
        let all = (0..100).map(|_| {
            let (store, ctx, keys) = (scene.store().clone(), scene.ctx.clone(), keys.clone());
            tokio::spawn(async move { store.write(&ctx, move |tx| promotion::promote(tx, &keys, id, 1, 0)).await })
        });
        let mut done = 0;
        for one in all.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(_) => done += 1,
                Err(refusal) => assert!(matches!(refusal, WorkflowRefusal::Moved), "{refusal}"),
            }
        }
        assert_eq!((done, scene.workflows().find(&scene.ctx, id).await.unwrap().promotions), (1, 1));
    }

    async fn no_leaf_no_version_in_force(house: TestStore) {
        let scene = Scene::new(house).await;
        let new = NewWorkflow { name: Label::parse("wait").unwrap(), definition: definition(waiting()) };
        let id = scene.store().write(&scene.ctx, move |tx| service::create(tx, new)).await.unwrap().id;
        scene.house.break_ledger(true);
        assert!(scene.promote(id, 1, 0).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!(scene.workflows().find(&scene.ctx, id).await.unwrap().live_version, 0);
    }

    async fn what_is_cancelled_goes_no_further(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("wait", waiting()).await;
        let id = scene.begin("wait").await.unwrap();
        scene.work().await;
        let cancel = move |tx: &mut Tx<'_>| runs::cancel(tx, id);
        scene.store().write::<_, Failure>(&scene.ctx, cancel).await.unwrap();
        assert_eq!(scene.signal(id, "go").await, Err("run_over"));
        scene.pass(7_200);
        scene.work().await;
        assert_eq!(scene.run(id).await.state, RunState::Cancelled);
        assert_eq!(scene.house.jobs_waiting(&scene.ctx).await, 0);
        let again = scene.store().write::<_, Failure>(&scene.ctx, cancel).await;
        assert_eq!(again.map_err(code), Err("run_over"));
    }

    async fn an_erased_person_has_no_runs_and_nothing_of_them_opens(house: TestStore) {
        let mut scene = Scene::new(house).await;
        let details = Details { email: Some(Email::parse(EMAIL).unwrap()), ..Details::default() };
        let contact = scene.messaging.contacts.create(&scene.ctx, &details).await.unwrap().id;
        scene.workflow("wait", waiting()).await;
        scene.workflow("end", json!({ "first": { "type": "end" } })).await;
        let (waits, over) = (scene.begin("wait").await.unwrap(), scene.begin("end").await.unwrap());
        scene.work().await;
        assert_eq!(scene.run(waits).await.contact, contact);
        scene.messaging.erasures.erase(&scene.ctx, contact, &Asked::default()).await.unwrap();
        scene.pass(7_200);
        scene.work().await;
        for (id, state) in [(waits, RunState::Cancelled), (over, RunState::Done)] {
            let run = scene.run(id).await;
            assert_eq!((run.state, run.payload.is_none(), scene.has_key(run.slot).await), (state, true, false));
            let view = Views(scene.workflows()).full(&scene.ctx, &run).await.unwrap();
            assert_eq!(view.data.unwrap()["rule"], "erased");
        }
    }

    async fn what_is_kept_until_the_end_goes_with_it_unless_somebody_is_held(house: TestStore) {
        let mut scene = Scene::new(house).await;
        storage::testing::decide(&scene.house.store, &scene.ctx, Class::Transactional, Mode::UntilDelivered).await;
        scene.workflow("wait", waiting()).await;
        let id = scene.begin("wait").await.unwrap();
        scene.work().await;
        scene.workflows().look_after().await.unwrap();
        let run = scene.run(id).await;
        assert!(run.payload.is_some() && scene.has_key(run.slot).await, "it is under way");
        let hold = storage::testing::hold(scene.store(), &scene.ctx, run.contact).await;
        scene.signal(id, "go").await.unwrap();
        scene.work().await;
        scene.workflows().look_after().await.unwrap();
        assert!(scene.run(id).await.payload.is_some(), "they are held");
        storage::testing::lift(scene.store(), &scene.ctx, hold).await;
        scene.workflows().look_after().await.unwrap();
        let run = scene.run(id).await;
        assert_eq!((run.state, run.gone, run.payload.is_none()), (RunState::Done, Some(Gone::UntilDelivered), true));
        assert!(!scene.has_key(run.slot).await);
    }

    async fn what_is_kept_goes_when_it_is_old_and_what_is_under_way_does_not(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("end", json!({ "first": { "type": "end" } })).await;
        let month = json!({ "first": { "type": "delay", "seconds": 2_592_000, "next": "end" }, "end": { "type": "end" } });
        scene.workflow("month", month).await;
        let over = scene.begin("end").await.unwrap();
        scene.work().await;
        scene.pass(89 * 86_400);
        let young = scene.begin("month").await.unwrap();
        scene.work().await;
        scene.workflows().look_after().await.unwrap();
        assert!(scene.run(over).await.payload.is_some());
        scene.pass(2 * 86_400);
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.run(over).await.gone, Some(Gone::Retention));
        assert!(scene.run(young).await.payload.is_some());
    }

    async fn a_purge_takes_what_was_begun_before_it_and_nothing_later(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("end", json!({ "first": { "type": "end" } })).await;
        let before = scene.begin("end").await.unwrap();
        scene.pass(1);
        storage::testing::purge(scene.store(), &scene.ctx, Class::Transactional).await;
        scene.pass(1);
        let after = scene.begin("end").await.unwrap();
        scene.work().await;
        scene.workflows().look_after().await.unwrap();
        assert_eq!(scene.run(before).await.gone, Some(Gone::Purged));
        assert_eq!(scene.run(after).await.gone, Some(Gone::UntilDelivered), "at its own end");
    }

    async fn no_leaf_no_run(house: TestStore) {
        let scene = Scene::new(house).await;
        scene.workflow("wait", waiting()).await;
        scene.house.break_ledger(true);
        let body = json!({ "workflow": "wait", "to": { "email": EMAIL } });
        let new = serde_json::from_value(body).unwrap();
        let prepared = scene.workflows().prepare(&scene.ctx, &new).await.unwrap_or_else(|_| panic!("it is prepared"));
        let begun = scene.store().write(&scene.ctx, move |tx| runs::begin(tx, prepared)).await;
        assert!(begun.is_err());
        scene.house.break_ledger(false);
        assert!(scene.workflows().list_runs(&scene.ctx, None, None, 10).await.unwrap().is_empty());
    }
}
