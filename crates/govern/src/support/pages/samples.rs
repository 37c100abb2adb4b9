//! The pages of support access with none, with all kinds of it, and as whoever is let in sees theirs.

use sealpost_access::permissions::{CONTACTS_READ, CONTACTS_WRITE};
use sealpost_store::{Environment, MemberId, SupportGrantId};
use sealpost_web::PermissionSet;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::session;
use super::show::page;
use crate::audit::TypedId;
use crate::support::model::{Content, Ended, Grant, To};
use crate::support::rules::DEFAULT;
use crate::support::summary::{Counted, Summary};

fn at(path: &str) -> String {
    format!("/app/live{path}")
}

fn grant(number: u8, to: To) -> Grant {
    Grant {
        id: SupportGrantId::from_bytes([number; 16]),
        environment: Environment::Live,
        to,
        permissions: DEFAULT,
        objects: vec![],
        last4: false,
        granted_by: Some(MemberId::from_bytes([4; 16])),
        created_at: NOW.plus_ms(-600_000),
        until: NOW.plus_ms(3_000_000),
        link: Some(([1; 32], Some(NOW.plus_ms(-300_000)))),
        session: Some([2; 32]),
        ended: None,
        summary: None,
    }
}

fn content() -> Content {
    Content {
        email: Some("sam@help.example".into()),
        reason: Some("Deliveries to billing fail <b>since</b> Monday".into()),
        ticket: Some("HELP-4512".into()),
        command: None,
    }
}

fn summary() -> Summary {
    let counted = |action: &str, refused, count| Counted {
        action: action.into(),
        object: Some(TypedId { kind: "con".into(), id: [7; 16] }),
        reason: Some(if refused { "permission_missing".into() } else { "contacts".into() }),
        refused,
        count,
        first_at: NOW.plus_ms(-200_000),
    };
    Summary { acts: vec![counted("support.look", false, 12), counted("access.deny", true, 2)], others: 3 }
}

#[test]
fn support_access_is_listed_shown_and_told_to_whoever_has_it() {
    let list = |rows| ListPage { rows, pager: Pager::default(), empty: empty(), ask: Some(at("/support/ask")) };
    keep("support-empty", "Support access", "/support", &list(vec![]));
    let over = |number, to, by| Grant {
        ended: Some((NOW.plus_ms(-1_000), by)),
        summary: Some(summary()),
        ..grant(number, to)
    };
    let glass = Content { email: None, command: Some("members link".into()), ..content() };
    let all = [
        (grant(9, To::Address), content()),
        (over(8, To::Address, Ended::Stopped), content()),
        (over(7, To::Member(MemberId::from_bytes([3; 16])), Ended::Left), content()),
        (over(6, To::Address, Ended::Expired), content()),
        (over(5, To::Host, Ended::BrokenGlass), glass),
    ];
    let rows = all.iter().map(|(grant, content)| Row::of(grant, content, NOW, at)).collect();
    keep("support-many", "Support access", "/support", &list(rows));

    let nowhere = |id: &str| id.starts_with("con").then(|| at(&format!("/contacts/{id}")));
    let open = grant(9, To::Address);
    keep(
        "support-open",
        "Support access",
        "/support/{id}",
        &page(&open, &content(), &Summary::default(), true, NOW, at, nowhere),
    );
    let wide = Grant {
        permissions: PermissionSet::of(&[CONTACTS_READ, CONTACTS_WRITE]),
        objects: vec![TypedId { kind: "con".into(), id: [7; 16] }],
        last4: true,
        ..over(8, To::Address, Ended::Stopped)
    };
    keep(
        "support-over",
        "Support access",
        "/support/{id}",
        &page(&wide, &content(), &summary(), true, NOW, at, nowhere),
    );
    keep("support-session", "Support access", "/support/session", &session::content(&wide, "sample", NOW, at, nowhere));
}
