//! The pages of events with none, many, and one of several versions.

use sealpost_store::EventId;
use sealpost_web::shell::parts::{Ident, Line, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::show::{ShowPage, VersionLine};

#[test]
fn events_are_listed_and_shown() {
    let row = |number: u32| Row {
        href: "/x".into(),
        name: format!("event.number-{number}"),
        version: number,
        created: When::new(NOW, NOW),
    };
    let list =
        |rows| ListPage { new: Some("/x".into()), rows, pager: Pager::default(), empty: empty(Some("/x".into())) };
    keep("events-empty", "Events", "/events", &list(vec![]));
    keep("events-many", "Events", "/events", &list((1..9).map(row).collect()));
    let version = |number: u32| VersionLine {
        number,
        class: "transactional",
        template: ("visit-reminder".into(), Some("/x".into())),
        template_version: "always the newest".into(),
        made: When::new(NOW.plus_ms(-86_400_000 * i64::from(9 - number)), NOW),
    };
    let show = ShowPage {
        list: "/x".into(),
        name: "visit.reminder".into(),
        id: Ident::new(EventId::from_bytes([1; 16])),
        versions: [3, 2, 1].map(version).into(),
        publish: Some("/x".into()),
        fire: Line::new("sealpost send --event visit.reminder --to +15550100124"),
    };
    keep("event", "visit.reminder", "/events/{id}", &show);
}
