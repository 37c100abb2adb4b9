//! A delivery that arrived, and one that is tried again and again.

use sealpost_store::{DeliveryId, NoticeId};
use sealpost_web::shell::parts::{Ident, Pager, Shape, Tone, Took, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Query, chips, empty};
use super::show::{Rung, ShowPage};
use super::words::{Row, badge};
use crate::deliveries::model::{EventPattern, State};

pub(crate) fn row(number: u8) -> Row {
    let id = DeliveryId::from_bytes([number; 16]);
    let state = [State::Delivered, State::Queued, State::Dead][usize::from(number) % 3];
    Row {
        id,
        href: format!("/app/test/deliveries/{id}"),
        state: badge(state),
        kind: "message.delivered".into(),
        attempts: u32::from(number) % 4 + 1,
        next: (state == State::Queued).then(|| When::new(NOW.plus_ms(90_000), NOW)),
        created: When::new(NOW.plus_ms(-i64::from(number) * 600_000), NOW),
    }
}

#[test]
fn deliveries_to_all_endpoints_are_listed() {
    let list = |rows, query: Query| ListPage {
        path: "/x".into(),
        back: "/x".into(),
        resend: Some("/x".into()),
        chips: chips("/x", query.state),
        query,
        rows,
        empty: empty(),
        pager: Pager::default(),
    };
    keep("deliveries-none", "Deliveries", "/deliveries", &list(vec![], Query::default()));
    let narrow = Query {
        state: Some(State::Dead),
        event: EventPattern::parse("message.*"),
        status: Some(503),
        ..Query::default()
    };
    keep("deliveries-narrow", "Deliveries", "/deliveries", &list((0..9).map(row).collect(), narrow));
}

#[test]
fn a_delivery_is_shown_with_what_was_tried_and_what_will_be() {
    let rung = |says: &str, adds: &str, shape, tone, after: i64| Rung {
        says: says.into(),
        adds: adds.into(),
        shape,
        tone,
        at: When::new(NOW.plus_ms(after), NOW),
        took: (after < 0).then_some(Took(1_204)),
    };
    let page = |state: State, rungs: Vec<Rung>| ShowPage {
        kind: "message.delivered".into(),
        state: badge(state),
        id: Ident::new(DeliveryId::from_bytes([1; 16])),
        endpoint: ("ep_x".into(), Some("/x".into())),
        message: Some(("msg_01kf3b2y5xfh0r4c9v7t8m6e1s".into(), Some("/x".into()))),
        event_id: Ident::new(NoticeId::from_bytes([2; 16])),
        created: When::new(NOW.plus_ms(-700_000), NOW),
        left: 7,
        rungs,
        body: r#"{"id":"evt_01kf3b2y5xfh0r4c9v7t8m6e1s","type":"message.delivered","data":{"state":"delivered"}}"#
            .into(),
        bytes: 94,
        encrypted: (state != State::Queued).then_some("jwe-hkdf"),
        resend: (state != State::Queued).then(|| "/x".to_owned()),
    };
    let taken = rung("Attempt 1", "delivered · HTTP 200", Shape::Done, Tone::Ok, -600_000);
    keep("delivery-taken", "message.delivered", "/deliveries/{id}", &page(State::Delivered, vec![taken]));
    let tried = vec![
        rung("Attempt 1", "refused · HTTP 503", Shape::Failed, Tone::Bad, -600_000),
        rung("Attempt 2", "timeout", Shape::Failed, Tone::Bad, -590_000),
        rung("Attempt 3", "planned", Shape::Waiting, Tone::Idle, 90_000),
    ];
    keep("delivery-waiting", "message.delivered", "/deliveries/{id}", &page(State::Queued, tried));
}
