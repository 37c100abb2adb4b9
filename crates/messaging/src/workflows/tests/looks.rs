//! Who sees a run in clear is on record before, and the person gets all of theirs.

use sealpost_govern::Reason;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{Ctx, WorkflowRunId, both_engines};
use serde_json::json;

use super::{DATA, Scene, code, waiting};
use crate::events::Class;
use crate::storage::{self, Mode};
use crate::workflows::runs::{Views, clear};

fn why() -> Reason {
    Reason::parse("called back, ticket 7".into()).unwrap()
}

impl Scene {
    async fn leaves(&self, action: &str) -> usize {
        let rows = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        rows.iter().filter(|row| row.leaf.windows(action.len()).any(|window| window == action.as_bytes())).count()
    }
}

both_engines! {
    async fn a_look_at_a_run_is_on_record_and_without_its_leaf_nothing_is_shown(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.receiver.serves("/crm", r#"{ "tier": "marker-quagga" }"#);
        scene.workflow("ask", json!({
            "first": { "type": "call", "endpoint": "crm", "next": "look" },
            "look": { "type": "condition", "if": { "field": "/answers/first/body/tier", "equals": "gold" }, "then": "end", "else": "end" },
            "end": { "type": "end" },
        })).await;
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        let run = scene.run(id).await;
        let masked = Ctx { viewer: Viewer::masked(), ..scene.ctx.clone() };
        scene.house.break_ledger(true);
        assert!(scene.workflows().reveal(&masked, &run, &why()).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!(scene.leaves("workflow_run.reveal").await, 0);
        let (viewer, opened) = scene.workflows().reveal(&masked, &run, &why()).await.unwrap_or_else(|_| panic!("it opens"));
        assert_eq!(scene.leaves("workflow_run.reveal").await, 1);
        let (data, answers) = (clear(&viewer, opened.data).to_string(), clear(&viewer, opened.answers).to_string());
        assert!(data.contains(DATA) && answers.contains("marker-quagga"), "{data} {answers}");
        // Whoever looked once is masked the next time.
        let view = serde_json::to_string(&Views(scene.workflows()).full(&masked, &run).await.unwrap()).unwrap();
        assert!(!view.contains(DATA) && !view.contains("marker-quagga"));
    }

    async fn what_is_gone_is_not_looked_at_and_leaves_no_leaf(house: TestStore) {
        let mut scene = Scene::new(house).await;
        storage::testing::decide(&scene.house.store, &scene.ctx, Class::Transactional, Mode::Never).await;
        scene.workflow("wait", waiting()).await;
        let id = scene.begin("wait").await.unwrap();
        scene.work().await;
        let run = scene.run(id).await;
        let looked = scene.workflows().reveal(&scene.ctx, &run, &why()).await;
        assert_eq!(looked.map(drop).map_err(code), Err("run_payload_gone"));
        assert_eq!(scene.leaves("workflow_run.reveal").await, 0);
    }

    async fn a_person_gets_what_their_runs_know_and_nobody_elses(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("wait", waiting()).await;
        let first = scene.begin("wait").await.unwrap();
        // Ids of the same moment are in no order.
        scene.pass(1);
        let ids = [first, scene.begin("wait").await.unwrap()];
        scene.work().await;
        let contact = scene.run(ids[0]).await.contact;
        let newest = WorkflowRunId::from_bytes([0xff; 16]);
        let (ctx, viewer) = (scene.ctx.clone(), scene.ctx.viewer.clone());
        let whole = |person: Vec<_>, before| {
            let (workflows, ctx, viewer) = (scene.workflows().clone(), ctx.clone(), viewer.clone());
            async move { workflows.whole(&ctx, &viewer, &person, before, 1).await.unwrap() }
        };
        let first = whole(vec![contact], newest).await;
        let second = whole(vec![contact], first[0].id).await;
        assert_eq!([second[0].id, first[0].id], ids, "newest first, none twice");
        assert!(whole(vec![contact], second[0].id).await.is_empty());
        assert_eq!((first[0].workflow.as_deref(), first[0].not_stored), (Some("wait"), None));
        assert_eq!(first[0].steps.len(), 1);
        let other = scene.house.organisation().await;
        assert!(scene.workflows().whole(&other, &viewer, &[contact], newest, 9).await.unwrap().is_empty());
    }
}
