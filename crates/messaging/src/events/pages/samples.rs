//! The pages of events with none, many, and one of several versions.

use sealpost_store::EventId;
use sealpost_web::shell::parts::{Ident, Line, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use crate::versions::{By, Elsewhere, Fields, Known, Row as VersionRow, Standing, rows};

use super::list::{ListPage, Row, empty};
use super::show::{ShowPage, VersionLine};

#[test]
fn events_are_listed_and_shown() {
    let row = |number: u32| Row {
        href: "/x".into(),
        name: format!("event.number-{number}"),
        in_force: (number != 4).then_some(number),
        created: When::new(NOW, NOW),
    };
    let list =
        |rows| ListPage { new: Some("/x".into()), rows, pager: Pager::default(), empty: empty(Some("/x".into())) };
    keep("events-empty", "Events", "/events", &list(vec![]));
    keep("events-many", "Events", "/events", &list((1..9).map(row).collect()));
    let known = |number: u32| Known {
        number,
        was_in_force: number < 3,
        digest: Fields::of("event").with("number", Some(&number.to_string())).digest(),
        made: When::new(NOW.plus_ms(-86_400_000 * i64::from(9 - number)), NOW),
        by: if number > 1 { By::sample("mem_01kf3b2y5xfh0r4c9v7t8m6e1s") } else { By::default() },
    };
    let standing = Standing { newest: 3, in_force: Some(2), promotions: 2 };
    let version = |row: VersionRow| VersionLine {
        row,
        class: "transactional",
        template: ("visit-reminder".into(), Some("/x".into())),
        template_version: "always the one in force".into(),
    };
    let versions = rows(&standing, [3, 2, 1].map(known).into(), "/x", true).into_iter().map(version).collect();
    let show = ShowPage {
        list: "/x".into(),
        name: "visit.reminder".into(),
        id: Ident::new(EventId::from_bytes([1; 16])),
        versions,
        publish: Some("/x".into()),
        go_live: Some("/x".into()),
        elsewhere: Elsewhere::new("live", None, &[]),
        fire: Line::new("sealpost send --event visit.reminder --to +15550100124"),
    };
    keep("event", "visit.reminder", "/events/{id}", &show);
}
