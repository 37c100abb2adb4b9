//! What is answered in cipher decides only once it was opened.

use sealpost_store::{EndpointId, both_engines};
use serde_json::{Value, json};

use super::{Scene, definition, done};
use crate::endpoints::testing;
use crate::workflows::model::{RunState, StepState};

/// Asks, and looks at the answer; asked twice if that is allowed.
fn asking() -> Value {
    json!({
        "first": { "type": "call", "endpoint": "crm", "attempts": 2, "next": "look", "on": { "5xx": "ill", "lost": "lost" } },
        "look": { "type": "condition", "if": { "field": "/answers/first/body/tier", "equals": "gold" }, "then": "gold", "else": "plain" },
        "gold": { "type": "end", "outcome": "gold" },
        "plain": { "type": "end", "outcome": "plain" },
        "ill": { "type": "end", "outcome": "ill" },
        "lost": { "type": "end", "outcome": "lost" },
    })
}

impl Scene {
    async fn crm(&self) -> EndpointId {
        self.messaging.endpoints.named(&self.ctx, "crm").await.unwrap().unwrap()
    }

    /// What a run comes to if the receiver says this, and how often it was asked.
    async fn asked(&mut self, says: &str) -> (Option<String>, usize) {
        self.receiver.serves("/crm", says);
        let before = self.receiver.heard().len();
        let id = self.begin("ask").await.unwrap();
        self.work().await;
        self.pass(30);
        self.work().await;
        let run = self.run(id).await;
        assert_eq!(run.state, RunState::Done, "{:?}", run.reason);
        (run.reason, self.receiver.heard().len() - before)
    }
}

both_engines! {
    async fn an_answer_in_cipher_is_opened_before_it_decides_and_one_that_does_not_open_is_worth_nothing(house: TestStore) {
        let mut scene = Scene::new(house).await;
        let seal = testing::encrypts(scene.store(), &scene.ctx, scene.crm().await).await;
        scene.workflow("ask", asking()).await;
        let (gold, plain) = (seal(r#"{"tier":"gold"}"#), seal(r#"{"tier":"tin"}"#));
        assert_eq!(scene.asked(&gold).await, (Some("gold".into()), 1));
        assert_eq!(scene.asked(&plain).await, (Some("plain".into()), 1));
        // In clear, cut off, changed: alike, and nobody is asked again to learn more.
        let cut = gold[..gold.len() - 4].to_owned();
        let changed = gold.replace(&gold[40..44], "AAAA");
        for forged in [r#"{"tier":"gold"}"#, &*cut, &*changed, "gold"] {
            assert_eq!(scene.asked(forged).await, (Some("lost".into()), 1), "{forged}");
        }
        let failed = scene.list_of("first").await;
        assert_eq!(failed, vec![("response_undecryptable".to_owned(), Some(200)); 4]);
        // Nothing at all is nothing to open.
        assert_eq!(scene.asked("").await, (Some("plain".into()), 1));
    }

    async fn what_an_endpoint_says_that_can_not_encrypt_is_read_as_it_stands(house: TestStore) {
        let mut scene = Scene::new(house).await;
        scene.workflow("ask", asking()).await;
        assert_eq!(scene.asked(r#"{"tier":"gold"}"#).await, (Some("gold".into()), 1));
        let definition = definition(asking());
        assert!(definition.asks_for_answer_of("first"));
        let id = scene.begin("ask").await.unwrap();
        scene.work().await;
        assert_eq!(scene.came_by(id).await, done(&["first", "gold", "look"]));
    }
}

impl Scene {
    /// Detail and status of what failed at this node, oldest first.
    async fn list_of(&self, node: &'static str) -> Vec<(String, Option<u16>)> {
        let runs = self.workflows().list_runs(&self.ctx, None, None, 100).await.unwrap();
        let mut all = Vec::new();
        for run in runs.into_iter().rev() {
            let steps = self.steps(run.id).await;
            let failed = steps.into_iter().filter(|step| step.node == node && step.state == StepState::Failed);
            all.extend(failed.map(|step| (step.detail.unwrap_or_default(), step.status)));
        }
        all
    }
}
