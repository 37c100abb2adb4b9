//! What may never be written runs in memory, and is said to be lost with it.

use sealpost_store::testing::TestStore;
use sealpost_store::{StoreError, WorkflowRunId, both_engines, sql};
use serde_json::json;

use super::{DATA, EMAIL, Scene, code, done, send, waiting};
use crate::events::Class;
use crate::messages::scene::messaging;
use crate::storage::{self, Gone, Mode};
use crate::workflows::model::RunState;
use crate::workflows::runs;

/// Behind the lease of whoever had the job, and behind the time for which a process is believed to live.
const DEAD_S: i64 = 61;

impl Scene {
    async fn never(&self) {
        storage::testing::decide(&self.house.store, &self.ctx, Class::Transactional, Mode::Never).await;
    }

    async fn begun(&self, workflow: &str) -> runs::BegunView {
        let body = json!({ "workflow": workflow, "to": { "email": EMAIL }, "data": { "code": DATA } });
        let new = serde_json::from_value(body).unwrap();
        let prepared = self.workflows().prepare(&self.ctx, &new).await.map_err(code).unwrap();
        self.store().write(&self.ctx, move |tx| runs::begin(tx, prepared)).await.map_err(code).unwrap()
    }

    /// Runs that are written down to be in somebody's memory.
    async fn held(&self) -> Vec<WorkflowRunId> {
        let all = sql!("select run from volatile_run where org = $1 and env = $2 order by run");
        self.store().read::<_, StoreError>(&self.ctx, move |tx| tx.all(all, &[], |row| row.get("run"))).await.unwrap()
    }
}

both_engines! {
    async fn what_may_never_be_written_runs_in_memory_and_nothing_of_it_stays(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.never().await;
        scene.receiver.serves("/crm", r#"{ "tier": "gold", "name": "Marker Quagga" }"#);
        scene.workflow("visit", json!({
            "first": { "type": "call", "endpoint": "crm", "data": { "code": { "field": "/data/code" } }, "next": "look" },
            "look": { "type": "condition", "if": { "field": "/answers/first/body/tier", "equals": "gold" }, "then": "rest", "else": "none" },
            "rest": { "type": "wait", "for": { "signal": "go" }, "timeout_seconds": 3600, "next": "again", "otherwise": "none" },
            "again": { "type": "condition", "if": { "field": "/answers/first/body/name", "equals": "Marker Quagga" }, "then": "mail", "else": "none" },
            "mail": send("end"),
            "end": { "type": "end", "outcome": "good" },
            "none": { "type": "end" },
        })).await;
        let begun = scene.begun("visit").await;
        assert_eq!(begun.durability, "volatile");
        assert_eq!(scene.held().await, [begun.id]);
        scene.work().await;
        let run = scene.run(begun.id).await;
        assert_eq!((run.state, run.storage, run.gone), (RunState::Waiting, Mode::Never, Some(Gone::Never)));
        assert!(run.payload.is_none() && run.answers.is_none() && !scene.has_key(run.slot).await, "nothing is written");
        scene.signal(begun.id, "go").await.unwrap();
        scene.work().await;
        let run = scene.run(begun.id).await;
        assert_eq!((run.state, run.reason.as_deref()), (RunState::Done, Some("good")));
        assert_eq!(scene.came_by(begun.id).await, done(&["again", "end", "first", "look", "mail", "rest"]));
        assert!(run.payload.is_none() && run.answers.is_none());
        assert!(scene.held().await.is_empty());
        let view = runs::Views(scene.workflows()).full(&scene.ctx, &run).await.unwrap();
        assert_eq!(view.data.unwrap()["rule"], "payload_storage.never");
    }

    async fn a_run_that_only_a_dead_process_knew_is_said_to_be_lost(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.never().await;
        scene.workflow("wait", waiting()).await;
        let id = scene.begun("wait").await.id;
        scene.work().await;
        scene.signal(id, "go").await.unwrap();
        scene.pass(DEAD_S);
        let next = messaging(scene.store());
        next.dispatcher().by_hand().turn().await.unwrap();
        let run = scene.run(id).await;
        assert_eq!((run.state, run.reason.as_deref()), (RunState::Failed, Some("payload_lost")));
        assert!(scene.held().await.is_empty());
        let again = scene.store().write(&scene.ctx, move |tx| runs::retry(tx, id)).await;
        assert_eq!(again.map_err(code), Err("run_payload_gone"));
    }

    async fn what_is_cancelled_or_erased_is_out_of_memory(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.never().await;
        scene.workflow("wait", waiting()).await;
        let (cancelled, erased) = (scene.begun("wait").await.id, scene.begun("wait").await.id);
        scene.work().await;
        scene.store().write::<_, sealpost_web::Failure>(&scene.ctx, move |tx| runs::cancel(tx, cancelled)).await.unwrap();
        assert_eq!(scene.held().await, [erased]);
        let contact = scene.run(erased).await.contact;
        scene.messaging.erasures.erase(&scene.ctx, contact, &crate::erasures::Asked::default()).await.unwrap();
        assert_eq!(scene.run(erased).await.state, RunState::Cancelled);
        assert!(scene.held().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_living_process_knows_is_handed_back() {
    let Some(house) = TestStore::postgres().await else { return };
    let mut scene = Scene::new(house).await;
    let other = messaging(&scene.house.another_node().await.unwrap());
    scene.never().await;
    scene.workflow("wait", waiting()).await;
    let id = scene.begun("wait").await.id;
    scene.work().await;
    scene.signal(id, "go").await.unwrap();
    scene.pass(DEAD_S);
    scene.messaging.storage.look_after().await.unwrap();
    other.dispatcher().by_hand().turn().await.unwrap();
    assert_eq!(scene.run(id).await.state, RunState::Waiting, "the other one only hands it back");
    scene.pass(2);
    scene.work().await;
    assert_eq!(scene.run(id).await.reason.as_deref(), Some("told"));
}
