//! The pages of signing in by a service, before and after there is one.

use sealpost_store::SsoConnectionId;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{self, Known};
use super::show;
use crate::roles::{RoleRef, Standard};
use crate::sso::model::{Connection, Domain, GroupRole, Kind};

fn connection() -> Connection {
    Connection {
        id: SsoConnectionId::from_bytes([7; 16]),
        kind: Kind::Saml,
        name: "Company sign-in".into(),
        settings: "{}".into(),
        enabled: true,
        newcomers: Some(RoleRef::Standard(Standard::Viewer)),
        groups: vec![GroupRole { group: "front-desk".into(), role: RoleRef::Standard(Standard::Agent) }],
        version: 3,
        refused: Some((NOW.plus_ms(-60_000), "audience_mismatch".into())),
        created_at: NOW.plus_ms(-86_400_000),
        updated_at: NOW,
    }
}

fn domain(name: &str, verified: bool) -> Domain {
    Domain {
        name: name.into(),
        connection: connection().id,
        proof: "0123456789abcdef0123456789abcdef01234567".into(),
        verified_at: verified.then_some(NOW),
        created_at: NOW,
    }
}

#[test]
fn services_are_shown_with_what_is_missing_and_who_was_refused() {
    let at = |path: &str| format!("/app/test{path}");
    keep("sso-none", "Sign-in", "/sso", &list::page(Known::default(), true, at));
    let known = Known {
        connections: vec![connection()],
        domains: vec![domain("clinic.example", true), domain("praxis.example", false)],
        required: false,
        missing: vec!["used_connection", "owner_passkey"],
    };
    keep("sso", "Sign-in", "/sso", &list::page(known, true, at));
    let url = "https://sealpost.example.com";
    keep("sso-connection", "Company sign-in", "/sso/{id}", &show::page(&connection(), url, true, NOW, at));
}
