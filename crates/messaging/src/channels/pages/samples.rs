//! The pages of channels: none, several, one that waits and one that doesn't sign.

use sealpost_govern::approvals::Line;
use sealpost_store::ChannelId;
use sealpost_web::shell::parts::{Ident, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row, empty};
use super::show::{Facts, Record, RevisionLine, ShowPage};
use super::words::{Standing, badge};
use crate::channels::dkim::DkimKind;
use crate::channels::model::{DkimSettings, Protection};

fn ago(hours: i64) -> When {
    When::new(NOW.plus_ms(-3_600_000 * hours), NOW)
}

fn row(number: u8, standing: Standing, security: Protection) -> Row {
    Row {
        href: "/x".into(),
        name: format!("relay-{number}"),
        state: badge(standing),
        is_default: number == 1,
        kind: "E-mail",
        from: "news-from-a-rather-long-address@mail.example.com".into(),
        relay: "email-smtp.eu-central-1.relays.example.com:465".into(),
        protection: security.short(),
        is_protected: security.is_encrypted(),
        signs_for: (number < 3).then(|| "mail.example.com".into()),
        used: (number == 1).then(|| ago(1)),
    }
}

#[test]
fn channels_are_listed_and_shown() {
    let list =
        |rows| ListPage { new: Some("/x".into()), rows, pager: Pager::default(), empty: empty(Some("/x".into())) };
    keep("channels-empty", "Channels", "/channels", &list(vec![]));
    let some = vec![
        row(3, Standing::Ready, Protection::PlainLoopback),
        row(2, Standing::Held, Protection::Starttls),
        row(1, Standing::Ready, Protection::ImplicitTls),
    ];
    keep("channels-some", "Channels", "/channels", &list(some));
    let dkim = DkimSettings {
        domain: "mail.example.com".into(),
        selector: "s1".into(),
        algorithm: DkimKind::Rsa,
        public: "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA".repeat(8),
        key: sealpost_store::SecretId::from_bytes([7; 16]),
    };
    let line = |what: &str, before: &str, after: &str| Line::new(what, Some(before.into()), after.to_owned());
    let show = ShowPage {
        list: "/x".into(),
        name: "relay-2".into(),
        id: Ident::new(ChannelId::from_bytes([1; 16])),
        state: badge(Standing::Held),
        is_default: false,
        kind: "E-mail",
        waiting: vec![Some("/x".into()), None],
        is_held: true,
        change: Some("/x".into()),
        facts: Facts {
            relay: "email-smtp.eu-central-1.relays.example.com:587".into(),
            protection: Protection::Starttls.words(),
            is_protected: true,
            account: Some("mailer".into()),
            password: Some(("stored secret mail-password".into(), Some("/x".into()))),
            from: "news@mail.example.com".into(),
            from_name: Some("Example".into()),
            reply_to: Some("help@example.com".into()),
            helo: "mail.example.com".into(),
            links: None,
        },
        dkim: Some(Record::from(&dkim)),
        version: 2,
        made: ago(50),
        changed: ago(2),
        used: Some(ago(1)),
        revisions: vec![
            RevisionLine {
                number: 2,
                href: Some("/x".into()),
                in_force: true,
                changes: vec![line("Relay", "smtp.example.com", "email-smtp.eu-central-1.relays.example.com")],
                at: ago(2),
            },
            RevisionLine { number: 1, href: None, in_force: false, changes: vec![], at: ago(50) },
        ],
        all_revisions: Some("/x".into()),
    };
    keep("channel-waits", "relay-2", "/channels/{id}", &show);
    let facts = Facts {
        protection: Protection::PlainLoopback.words(),
        is_protected: false,
        account: None,
        password: None,
        from_name: None,
        reply_to: None,
        ..show.facts
    };
    let show = ShowPage {
        state: badge(Standing::Ready),
        is_default: true,
        is_held: false,
        waiting: vec![],
        dkim: None,
        used: None,
        revisions: vec![],
        facts,
        ..show
    };
    keep("channel", "relay-2", "/channels/{id}", &show);
}
