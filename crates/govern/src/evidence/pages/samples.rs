//! The pages of the evidence with something good, something to look at, and something to judge.

use sealpost_store::OrgId;
use sealpost_web::shell::parts::When;
use sealpost_web::shell::testing::{NOW, keep};

use super::controls::{ControlsPage, by_framework};
use super::record::RecordPage;
use crate::evidence::{Measure, Reading, Recipient, Record, Retention, Use, controls, html};

fn record() -> Record {
    Record {
        organisation_id: OrgId::from_bytes([1; 16]),
        organisation: "Lakeside Clinic".into(),
        environment: "live".into(),
        at: NOW,
        purposes: vec![Use {
            class: "otp".into(),
            purpose: "one-time codes that somebody asked for".into(),
            events: vec!["login".into(), "payment".into()],
        }],
        categories: crate::evidence::categories::held(),
        recipients: vec![Recipient {
            kind: "email_relay".into(),
            name: "<b>mail</b>".into(),
            host: "smtp.example.com".into(),
            gets: "addresses and content of e-mails".into(),
            personal: true,
        }],
        transfers: "to nobody else".into(),
        retention: vec![Retention::days("answers", 1), Retention::until("people", "they are erased")],
        measures: vec![Measure::new("Sealing", "AES-256")],
    }
}

#[test]
fn the_evidence_is_shown_and_printed() {
    let readings = [
        Reading::new("masking", "off: whoever may reveal sees everything at once", Some(false)),
        Reading::new("ledger", "1042 leaves", Some(true)),
    ];
    let all = controls::with(&readings);
    for (name, export) in [("evidence-live", Some("/app/live/evidence/export".into())), ("evidence-test", None)] {
        let page = ControlsPage {
            record: "/app/test/evidence/record".into(),
            export,
            csrf: "sample".into(),
            frameworks: by_framework(all.clone()),
        };
        keep(name, "Evidence", "/evidence", &page);
    }
    let page = RecordPage { list: "/app/test/evidence".into(), at: When::new(NOW, NOW), record: record() };
    keep("evidence-record", "Record of processing", "/evidence/record", &page);
    let printed = html::page(&record(), &all);
    assert!(printed.contains("&#60;b&#62;mail") && !printed.contains("<b>mail"), "{printed}");
}
