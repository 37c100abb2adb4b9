//! The pages of endpoints: none, several, one in trouble, and what a test came to.

use sealpost_store::{DeliveryId, EndpointId};
use sealpost_web::shell::figure::{Beat, Spark};
use sealpost_web::shell::parts::{Chips, Ident, Pager, Shape, State as Badge, Tone, Took, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::probe::{Opened, Signature, TriedPage};
use super::show::{Acts, Panels, ShowPage, Waits};
use super::words::badge;
use crate::deliveries::samples::row as delivery;
use crate::deliveries::{Attempt, Latency};
use crate::endpoints::encryption;
use crate::endpoints::model::State;
use crate::endpoints::{portal, proof, transport};

const FAILING: State = State::Failing { since: NOW };

fn spark(bad: usize) -> Spark {
    Spark((0..24).map(|at| Beat { height: 1.0, fill: if at >= bad { "f-bad" } else { "f-ok" } }).collect())
}

/// Answers that take longer and longer, and one that never came.
fn attempts() -> Vec<(DeliveryId, Attempt)> {
    let attempt = |number: i64| Attempt {
        number: 1,
        started_at: NOW.plus_ms((number - 200) * 60_000),
        finished_at: None,
        outcome: "delivered".into(),
        status: Some(200),
        latency_ms: (number != 100).then_some(40 + (number as u32 * 7) % 90 + number as u32),
    };
    (0..200).map(|number| (DeliveryId::from_bytes([number as u8; 16]), attempt(number))).collect()
}

#[test]
fn endpoints_are_listed_shown_and_tried() {
    let row = |name: &str, state: State, bad| Row {
        href: "/x".into(),
        name: name.into(),
        url: format!("https://{name}.example.com/hooks/of/a/rather/long/path/that/goes/on"),
        is_default: bad > 20,
        state: badge(&state),
        profiles: "safravo, standard".into(),
        replay_safe: bad > 20,
        spark: spark(bad),
        says: "20 of the last 24 taken".into(),
    };
    let list = |rows| ListPage { new: Some("/x".into()), dead: "/x".into(), rows, empty: empty(Some("/x".into())) };
    keep("endpoints-empty", "Endpoints", "/endpoints", &list(vec![]));
    let some = vec![row("billing", FAILING, 15), row("crm", State::Active, 99), row("archive", State::Pending, 99)];
    keep("endpoints-some", "Endpoints", "/endpoints", &list(some));
    let at = |act: &str| format!("/app/test/endpoints/x/{act}");
    let show = ShowPage {
        list: "/x".into(),
        name: "billing".into(),
        state: badge(&FAILING),
        why: Some("Since 22 min ago; single calls probe whether it is back.".into()),
        waits: None,
        id: Ident::new(EndpointId::from_bytes([1; 16])),
        url: "https://billing.example.com/hooks".into(),
        description: "Delivery reports for billing".into(),
        events: vec!["message.*".into(), "key.revoked".into()],
        profiles: vec![("safravo", true), ("stripe-like", false)],
        replay_safe: false,
        signing: "/x".into(),
        created: When::new(NOW, NOW),
        updated: When::new(NOW, NOW),
        acts: Some(Acts {
            verify: Some(at("verify")),
            make_default: Some(at("default")),
            test: at("test"),
            change: at("edit"),
            pause: Some(at("pause")),
            rotate: at("rotate"),
            resend: at("resend"),
            remove: at("remove"),
        }),
        panels: Panels {
            is_default: true,
            proof: proof::Panel::sample(NOW, Some(at("proof"))),
            transport: transport::Panel::sample(Some(at("transport"))),
            encryption: encryption::samples::on(),
            latency: Latency::of(&attempts(), NOW),
            portal: portal::Panel::sample(NOW),
        },
        chips: Chips::new("Which deliveries").chip("All deliveries", "/x", true).chip("Dead letters", "/y", false),
        rows: (0..9).map(delivery).collect(),
        pager: Pager::default(),
    };
    keep("endpoint", "billing", "/endpoints/{id}", &show);
    let waits = Some(Waits { href: Some("/x".into()), is_over: false });
    keep("endpoint-unapproved", "billing", "/endpoints/{id}", &ShowPage { waits, ..show });
    let tried = TriedPage {
        title: "Test event",
        back: "/x".into(),
        outcome: Badge::new("Taken", Shape::Done, Tone::Ok),
        says: "delivered".into(),
        status: Some(200),
        took: Some(Took(12)),
        headers: vec![
            ("webhook-id".into(), "evt_01kf3b2y5xfh0r4c9v7t8m6e1s".into()),
            ("webhook-signature".into(), "v1,U7brXUqd7qkgUqGDI7Js6/BhQmnhg4h5TKU1gqhRIhA= v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==".into()),
        ],
        signatures: vec![Signature {
            profile: "standard",
            header: "webhook-signature".into(),
            key: "5f0c1a22".into(),
            by: "HMAC, the key is the secret’s base64",
            signed: r#"evt_01kf3b2y5xfh0r4c9v7t8m6e1s.1768469400.{"id":"evt_01kf3b2y5xfh0r4c9v7t8m6e1s"}"#.into(),
            bytes: 80,
            shell: "printf %s 'ZXZ0' | openssl base64 -d -A | openssl dgst -sha256 -mac HMAC -macopt hexkey:\"$(printf %s \"$SECRET\")\" -r".into(),
        }],
        body: r#"{"id":"evt_01kf3b2y5xfh0r4c9v7t8m6e1s","type":"endpoint.test"}"#.into(),
        bytes: 62,
        content_type: "application/json",
        opened: None,
    };
    keep("endpoint-tried", "Test event", "/endpoints/{id}/test", &tried);
    let opened = Opened {
        method: "legacy-aes-256-cbc",
        legacy: true,
        key_id: "sec_01kf3b2y5xfh0r4c9v7t8m6e1s:2".into(),
        clear: tried.body.clone(),
        skipped: 2,
        answer: Some(Badge::new("Answer not decryptable", Shape::Failed, Tone::Warn)),
    };
    let tried = TriedPage { body: "q83vEjRWeJCrze8S".into(), bytes: 16, opened: Some(opened), ..tried };
    keep("endpoint-tried-encrypted", "Test event", "/endpoints/{id}/test", &tried);
}
