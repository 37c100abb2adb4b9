//! The pages of secrets with none, some and old ones on them.

use sealpost_store::{Actor, ActorKind, SecretId, SsoConnectionId};
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{Elsewhere, ListPage, Row, empty};
use super::log::{self, LogPage};
use super::show::page;
use crate::secrets::{
    ChangeKind, Description, Fingerprint, NamedSecret, NetworkMark, Origin, RemindAfter, SecretChange, SecretName,
    SecretUse, VersionSummary,
};
use crate::sso::ConnectionCredential;

const DAY_MS: i64 = 86_400_000;

fn version(number: u32, days: i64, ends: Option<i64>) -> VersionSummary {
    VersionSummary {
        number,
        origin: if number == 1 { Origin::Imported } else { Origin::Generated },
        fingerprint: (number > 1).then_some(Fingerprint([0xa1, 0x7e, 0, number as u8])),
        created_at: NOW.plus_ms(-days * DAY_MS),
        expires_at: ends.map(|days| NOW.plus_ms(days * DAY_MS)),
    }
}

fn secret(name: &str, purpose: &str, uses: Vec<SecretUse>) -> NamedSecret {
    let id = SecretId::from_bytes([name.len() as u8; 16]);
    NamedSecret {
        id,
        name: SecretName::parse(name).unwrap(),
        description: Description::parse("What the shop presents to the payment service").unwrap(),
        remind: RemindAfter::default(),
        purpose: purpose.to_owned(),
        created_at: NOW.plus_ms(-120 * DAY_MS),
        updated_at: NOW.plus_ms(-2 * DAY_MS),
        newest: version(3, 2, None),
        uses,
    }
}

fn billing() -> SecretUse {
    SecretUse {
        secret: SecretId::from_bytes([1; 16]),
        kind: "endpoint",
        id: "ep_1".into(),
        name: "billing".into(),
        page: Some("/endpoints/ep_1".into()),
        last_used_at: Some(NOW.plus_ms(-DAY_MS)),
    }
}

fn elsewhere() -> Vec<Elsewhere> {
    let one = |what, name: &str, days: Option<i64>| ConnectionCredential {
        connection: SsoConnectionId::from_bytes([1; 16]),
        name: name.into(),
        what,
        since: NOW.plus_ms(-200 * DAY_MS),
        last_used_at: days.map(|days| NOW.plus_ms(-days * DAY_MS)),
    };
    let all = [one("oidc_client_secret", "Google", Some(1)), one("saml_keys", "Okta", None)];
    all.into_iter().map(|one| Elsewhere::of(one, NOW, |id| Some(at(&format!("/sso/{id}"))))).collect()
}

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

#[test]
fn secrets_are_listed_with_what_uses_them() {
    let list = |rows, q: &str| ListPage {
        path: at("/secrets"),
        new: at("/secrets/new"),
        encryption: at("/encryption"),
        handovers: at("/secrets/handovers"),
        q: q.into(),
        rows,
        elsewhere: elsewhere(),
        pager: Pager::default(),
        empty: empty(q, at("/secrets/new")),
    };
    keep("secrets-empty", "Secrets", "/secrets", &list(vec![], ""));
    keep("secrets-none-found", "Secrets", "/secrets", &list(vec![], "payment"));
    let mail = SecretUse { kind: "channel", name: "mail".into(), page: None, last_used_at: None, ..billing() };
    let secrets = [
        secret("payment-api-key", "stored", vec![]),
        secret("endpoint-signing-00112233aabb", "endpoint.signing", vec![billing()]),
        secret("smtp-password-00112233aabb", "smtp.password", vec![mail]),
        secret(&"long".repeat(15), "stored", vec![]),
    ];
    let rows = secrets.iter().map(|secret| Row::of(secret, NOW, at)).collect();
    keep("secrets-many", "Secrets", "/secrets", &list(rows, ""));
}

#[test]
fn a_secret_is_shown_with_its_versions_and_never_a_value() {
    let versions = [version(3, 2, None), version(2, 40, Some(5)), version(1, 120, Some(-39))];
    let stored = secret("payment-api-key", "stored", vec![]);
    keep("secret-stored", "payment-api-key", "/secrets/{id}", &page(&stored, &versions, NOW, at));
    let managed = NamedSecret {
        remind: RemindAfter::NEVER,
        description: Description::default(),
        ..secret("endpoint-signing-00112233aabb", "endpoint.signing", vec![billing()])
    };
    keep("secret-managed", "endpoint-signing", "/secrets/{id}", &page(&managed, &versions[..1], NOW, at));
}

#[test]
fn the_changes_of_a_secret_say_who_when_what_and_from_where() {
    let change = |seq: u64, kind, member: bool| SecretChange {
        seq,
        kind,
        version: 1,
        actor: if member { Actor { kind: ActorKind::Member, id: [7; 16] } } else { Actor::OPERATOR },
        network: member.then_some(NetworkMark([1, 2, 3, 4])),
        at: NOW.plus_ms(-DAY_MS),
    };
    let changes = [
        change(2, ChangeKind::Rotated, true),
        change(1, ChangeKind::Changed, true),
        change(0, ChangeKind::Created, false),
    ];
    let log =
        |rows| LogPage { back: at("/secrets/sec_1"), name: "payment-api-key".into(), rows, pager: Pager::default() };
    keep("secret-log", "Change log", "/secrets/{id}/log", &log(vec![]));
    let rows = changes.iter().map(|change| log::Row::of(change, NOW)).collect();
    keep("secret-log-many", "Change log", "/secrets/{id}/log", &log(rows));
}
