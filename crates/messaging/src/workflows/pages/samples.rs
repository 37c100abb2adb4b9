//! The pages of workflows with none, many, one, and of runs that wait, failed and were let go.

use sealpost_seal::View;
use sealpost_store::{WorkflowId, WorkflowRunId, WorkflowTriggerId};
use sealpost_web::shell::parts::{Ident, Line, Masked, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::to_value;

use super::graph::Graph;
use super::list::{ListPage, Row, empty};
use super::run::{Facts, RunPage, RunRow, RunsPage, Shown, StepLine};
use super::show::{ShowPage, VersionLine};
use super::triggers::{Begun, TriggerLine, WebhookLine};
use super::words;
use crate::versions::By;
use crate::workflows::api::example;
use crate::workflows::definition::Definition;
use crate::workflows::model::{RunState, StepState};

fn definition() -> Definition {
    serde_json::from_value(example()).unwrap()
}

fn run(number: u8, state: RunState) -> RunRow {
    RunRow {
        href: "/x".into(),
        id: WorkflowRunId::from_bytes([number; 16]),
        of: "visit.follow-up".into(),
        state: words::badge(state),
        node: "confirmed".into(),
        began: When::new(NOW, NOW),
    }
}

fn begun() -> Begun {
    let trigger = |number: u8, event: Option<&str>, webhook| TriggerLine {
        id: WorkflowTriggerId::from_bytes([number; 16]),
        event: event.map(str::to_owned),
        webhook,
        data: if number > 1 { vec!["by = \"crm\"".into(), "plan = /data/plan".into()] } else { vec![] },
        made: When::new(NOW, NOW),
        remove: Some("/x".into()),
    };
    let webhook = WebhookLine {
        url: Line::new("https://sealpost.example.com/hooks/AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8"),
        check: "standard",
        secret: Some(("crm-webhook".into(), Some("/x".into()))),
        to: ("an e-mail address", "/data/customer/email".into()),
        id: Some("/data/id".into()),
    };
    Begun {
        start: Line::new(r#"{ "workflow": "visit.follow-up" }"#),
        triggers: vec![trigger(1, Some("visit.booked"), None), trigger(2, None, Some(webhook)), trigger(3, None, None)],
        event: Some("/x".into()),
        reply: Some("/x".into()),
        webhook: Some("/x".into()),
    }
}

#[test]
fn workflows_are_listed_and_shown() {
    let row = |number: u32| Row {
        href: "/x".into(),
        name: format!("visit.number-{number}"),
        version: number,
        live: number / 2,
        created: When::new(NOW, NOW),
    };
    let list = |rows| ListPage {
        new: Some("/x".into()),
        runs: "/x".into(),
        rows,
        pager: Pager::default(),
        empty: empty(Some("/x".into())),
    };
    keep("workflows-empty", "Workflows", "/workflows", &list(vec![]));
    keep("workflows-many", "Workflows", "/workflows", &list((1..9).map(row).collect()));
    let version = |number: u32| VersionLine {
        number,
        live: number == 2,
        is_draft: number == 3,
        class: "transactional",
        nodes: 7,
        made: When::new(NOW.plus_ms(-86_400_000 * i64::from(9 - number)), NOW),
        by: if number > 1 { By::sample("mem_01kf3b2y5xfh0r4c9v7t8m6e1s") } else { By::default() },
    };
    let show = ShowPage {
        list: "/x".into(),
        name: "visit.follow-up".into(),
        id: Ident::new(WorkflowId::from_bytes([1; 16])),
        shown: (2, true),
        graph: Graph::of(&definition(), &[]),
        class: "transactional",
        versions: [3, 2, 1].map(version).into(),
        draft: Some("/x".into()),
        promote: Some("/x".into()),
        runs: RunState::ALL.into_iter().zip(1..).map(|(state, number)| run(number, state)).collect(),
        all_runs: "/x".into(),
        begun: begun(),
    };
    keep("workflow", "visit.follow-up", "/workflows/{id}", &show);
    let begun = Begun { triggers: vec![], event: None, reply: None, webhook: None, ..begun() };
    keep("workflow-begun-by-nothing", "visit.follow-up", "/workflows/{id}", &ShowPage { begun, ..show });
}

#[test]
fn runs_are_listed_and_shown() {
    let list = |rows| RunsPage { list: "/x".into(), rows, pager: Pager::default(), empty: super::run::empty() };
    keep("workflow-runs-empty", "Runs", "/workflow-runs", &list(vec![]));
    let rows = RunState::ALL.into_iter().zip(1..).map(|(state, number)| run(number, state));
    keep("workflow-runs", "Runs", "/workflow-runs", &list(rows.collect()));
    let step = |state: StepState| {
        let (word, shape, tone) = words::step(state);
        StepLine {
            says: format!("greet: send {word}"),
            adds: "answered with 503 · attempt 2".into(),
            message: Some(("msg_01kf3b2y5xfh0r4c9v7t8m6e1s".into(), Some("/x".into()))),
            shape,
            tone,
            at: When::new(NOW, NOW),
        }
    };
    let masked = || Masked::from_json(&to_value(View::masked()).unwrap());
    let page = |state: RunState, stored: bool| RunPage {
        list: "/x".into(),
        name: "visit.follow-up".into(),
        workflow: "/x".into(),
        state: words::badge(state),
        reason: Some("call failed".into()),
        id: Ident::new(WorkflowRunId::from_bytes([1; 16])),
        steps: StepState::ALL.map(step).into(),
        graph: Graph::of(&definition(), &["greet", "confirmed"]),
        data: if stored { vec![("code".into(), masked()), ("plan".into(), masked())] } else { vec![] },
        not_stored: (!stored)
            .then(|| Masked::from_json(&to_value(View::NotStored("payload_storage.until_delivered")).unwrap())),
        answers: vec![("ask.name".into(), masked())],
        facts: Facts {
            contact: ("con_01kf3b2y5xfh0r4c9v7t8m6e1s".into(), Some("/x".into())),
            version: 2,
            class: "transactional",
            storage: "Kept",
            wakes: Some(When::new(NOW.plus_ms(60_000), NOW)),
            began: When::new(NOW, NOW),
        },
        cancel: Some("/x".into()),
        retry: Some("/x".into()),
        reveal: (stored && state == RunState::Failed).then(|| "/x".into()),
        shown: (state == RunState::Running)
            .then(|| Shown { request: "req_01kf3b2y5xfh0r4c9v7t8m6e1s".into(), seconds: 300 }),
    };
    keep("workflow-run-failed", "visit.follow-up", "/workflow-runs/{id}", &page(RunState::Failed, true));
    keep("workflow-run-shown", "visit.follow-up", "/workflow-runs/{id}", &page(RunState::Running, true));
    keep("workflow-run-done", "visit.follow-up", "/workflow-runs/{id}", &page(RunState::Done, false));
}
