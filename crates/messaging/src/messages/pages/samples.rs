//! The pages of messages with nothing, one, many, very long and right-to-left on them. Judged as markup, kept to be looked at.

use sealpost_seal::viewer::{Field, MaskProfile, Viewer};
use sealpost_seal::{Personal, View};
use sealpost_store::MessageId;
use sealpost_web::shell::parts::{Ident, Masked, Pager, Took, When};
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::json;

use super::list::{ListPage, Row, chips, empty_of};
use super::show::{Check, Facts, Says, ShowPage, Shown, lines};
use super::words;
use crate::messages::model::{Standing, State, Step, Which};

const PATH: &str = "/app/test/messages";
const LONG: &str = "a.very.long.event.name.that.somebody.thought.would.be.a.good.idea";

fn seen(profile: MaskProfile) -> Masked {
    let phone = Personal::new("+15550100124".to_owned());
    Viewer::with_profile(profile).text(&phone, Field::Phone).into()
}

pub(crate) fn row(number: u8, state: State, event: &str) -> Row {
    let id = MessageId::from_bytes([number; 16]);
    let arrived = matches!(state, State::Sent | State::Delivered);
    Row {
        id,
        href: format!("{PATH}/{id}"),
        state: words::badge(state),
        to: seen(if number.is_multiple_of(3) { MaskProfile::Last4 } else { MaskProfile::Full }),
        event: event.to_owned(),
        template: "otp · v3".to_owned(),
        channel: "SMS",
        outcome: (!arrived).then(|| "mailbox unknown".to_owned()),
        took: arrived.then(|| Took(i64::from(number) * 97)),
        at: When::new(NOW.plus_ms(-i64::from(number) * 47_000), NOW),
    }
}

fn list(which: Which, rows: Vec<Row>, next: Option<&str>) -> ListPage {
    ListPage {
        title: "Messages",
        says: None,
        chips: chips(PATH, which),
        pager: Pager::new(PATH, "", None, next),
        empty: empty_of(which, Some("/app/test/keys/new".into())),
        rows,
    }
}

#[test]
fn lists_hold_nothing_one_and_many() {
    keep("messages-empty", "Messages", "/messages", &list(Which::All, vec![], None));
    let lost = Which::Standing(Standing::NotDelivered);
    keep("messages-none-lost", "Messages", "/messages", &list(lost, vec![], None));
    keep("messages-one", "Messages", "/messages", &list(Which::All, vec![row(1, State::Delivered, "otp.login")], None));
    let many = (0..24).map(|number| row(number, State::ALL[usize::from(number) % 8], "statement.ready")).collect();
    keep("messages-many", "Messages", "/messages", &list(Which::All, many, Some("abc")));
    let long = (0..3).map(|number| row(number, State::Failed, LONG)).collect();
    keep("messages-long", "Messages", "/messages", &list(Which::All, long, None));
}

fn step(kind: &str, after_ms: i64, detail: Option<&str>) -> Step {
    Step { kind: kind.into(), at: NOW.plus_ms(after_ms), attempt: 1, detail: detail.map(str::to_owned), leg: None }
}

fn shown(state: State, says: Says, steps: &[Step]) -> ShowPage {
    let id = MessageId::from_bytes([1; 16]);
    let masked = || Masked::from_json(&json!({ "masked": true, "display": "xxxxx" }));
    ShowPage {
        list: PATH.into(),
        event: "otp.login".into(),
        state: words::badge(state),
        reason: (state == State::Failed).then(|| "mailbox unknown".to_owned()),
        id: Ident::new(id),
        steps: lines(steps, NOW.plus_ms(60_000)),
        took: Some(("delivered", Took(310))),
        says,
        data: vec![("code".into(), masked()), ("items[0].price".into(), masked())],
        not_stored: None,
        checks: vec![
            Check { rule: "basis".into(), found: "transactional".into() },
            Check { rule: "suppression".into(), found: "not suppressed".into() },
            Check { rule: "card number".into(), found: "none found".into() },
        ],
        facts: Facts {
            to: seen(MaskProfile::Last4),
            contact: (
                "con_01kf3b2y5xfh0r4c9v7t8m6e1s".into(),
                Some("/app/test/contacts/con_01kf3b2y5xfh0r4c9v7t8m6e1s".into()),
            ),
            channel: "SMS",
            route: None,
            class: "otp".into(),
            storage: "Kept",
            event_href: None,
            template: ("otp · version 3".into(), None),
            attempts: 1,
            send_before: Some(When::new(NOW.plus_ms(600_000), NOW)),
            created: When::new(NOW, NOW.plus_ms(60_000)),
        },
        cancel: (state == State::Queued).then(|| format!("{PATH}/{id}/cancel")),
        reveal: Some(format!("{PATH}/{id}/reveal")),
        receipt: state.is_final().then(|| format!("{PATH}/{id}/receipt")),
        shown: None,
    }
}

#[test]
fn a_message_is_shown_at_every_stage_of_its_life() {
    let keep = |name: &str, page: &ShowPage| keep(name, "otp.login", "/messages/{id}", page);
    let bubble = || Says::Bubble("xxxxx is your Lakeside Clinic code. Never tell it to anybody.".into());
    let whole = [
        step("accepted", 0, None),
        step("attempt_started", 40, None),
        step("delivered", 310, None),
        step("report_delivered", 520, Some("message.delivered dlv_01kf3b2y5xfh0r4c9v7t8m6e1s")),
    ];
    keep("message-delivered", &shown(State::Delivered, bubble(), &whole));
    keep("message-queued", &shown(State::Queued, bubble(), &whole[..1]));
    let slow = [
        whole[0].clone(),
        step("attempt_started", 900, None),
        step("queued", 1_500, Some("timeout")),
        step("attempt_started", 62_000, None),
        step("failed", 62_400, Some("exhausted")),
    ];
    let letter = Says::Letter {
        subject: "موعدك يوم xxxxx".into(), text: "عزيزي xxxxx،\n\nنتطلع إلى رؤيتك.".into()
    };
    keep("message-failed-right-to-left", &shown(State::Failed, letter, &slow));
    let gone = ShowPage {
        data: vec![],
        not_stored: Some(View::NotStored("payload_storage.never").into()),
        ..shown(State::Delivered, Says::Nothing("Its content is not stored by policy."), &whole)
    };
    keep("message-not-stored", &gone);
    let clear = ShowPage {
        data: vec![("code".into(), Masked::from_json(&json!("417233")))],
        reveal: None,
        shown: Some(Shown { request: "req_01kf3b2y5xfh0r4c9v7t8m6e1s".into(), seconds: 300 }),
        ..shown(State::Delivered, Says::Bubble("417233 is your Lakeside Clinic code.".into()), &whole)
    };
    keep("message-revealed", &clear);
}
