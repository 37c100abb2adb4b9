//! The pages of routes with none, many, and one of several versions.

use sealpost_store::{ChannelId, RouteId};
use sealpost_web::shell::parts::{Ident, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::show::{ShowPage, StepLine, VersionLine, twin};
use super::words;
use crate::routes::{OnUnknown, Plan, Step, Strategy};
use crate::versions::By;

#[test]
fn routes_are_listed_and_shown() {
    let row = |number: u32| Row {
        href: "/x".into(),
        name: format!("route-{number}"),
        kind: "E-mail",
        version: number,
        live: number.div_ceil(2),
        created: When::new(NOW, NOW),
    };
    let list =
        |rows| ListPage { new: Some("/x".into()), rows, pager: Pager::default(), empty: empty(Some("/x".into())) };
    keep("routes-empty", "Routes", "/routes", &list(vec![]));
    keep("routes-many", "Routes", "/routes", &list((1..9).map(row).collect()));
    let step = |number: u8, share, accepted_within_s| Step {
        channel: ChannelId::from_bytes([number; 16]),
        share: Some(share),
        accepted_within_s,
    };
    let plan = Plan {
        strategy: Strategy::Weighted,
        on_unknown: OnUnknown::Next,
        steps: vec![step(1, 70, Some(20)), step(2, 20, None), step(3, 10, Some(600))],
    };
    let names = ["relay-frankfurt", "relay-paris", "a-relay-with-a-long-name.example"];
    let line = |(at, name): (usize, &str)| StepLine { name: name.into(), says: words::step(&plan, at) };
    let steps: Vec<_> = names.into_iter().enumerate().map(line).collect();
    let version = |number: u32| VersionLine {
        number,
        in_force: number == 2,
        is_draft: number == 3,
        strategy: words::strategy(plan.strategy),
        changes: if number == 2 { vec![] } else { vec!["steps 1: share 70 becomes share 50".into()] },
        made: When::new(NOW.plus_ms(-86_400_000 * i64::from(9 - number)), NOW),
        by: if number > 1 { By::sample("mem_01kf3b2y5xfh0r4c9v7t8m6e1s") } else { By::default() },
    };
    let show = ShowPage {
        list: "/x".into(),
        name: "codes".into(),
        id: Ident::new(RouteId::from_bytes([1; 16])),
        kind: "E-mail",
        shown: (2, true),
        strategy: words::strategy(plan.strategy),
        on_unknown: words::on_unknown(plan.on_unknown),
        twin: twin(&plan, &steps),
        steps,
        made: When::new(NOW, NOW),
        versions: [3, 2, 1].map(version).into(),
        publish: Some("/x".into()),
        promote: Some("/x".into()),
    };
    keep("route", "codes", "/routes/{id}", &show);
}
