//! How secrets are said.

use sealpost_web::shell::parts::{Shape, State, Tone};

use crate::secrets::{ChangeKind, NamedSecret, Origin, SecretUse, VersionSummary};

/// Something that uses a secret, with its page.
pub(super) struct UseShown {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) href: Option<String>,
}

/// What uses a secret; `at` leads somewhere after `/app/{env}`.
pub(super) fn uses(uses: &[SecretUse], at: impl Fn(&str) -> String) -> Vec<UseShown> {
    let shown =
        |one: &SecretUse| UseShown { kind: one.kind, name: one.name.clone(), href: one.page.as_deref().map(&at) };
    uses.iter().map(shown).collect()
}

/// What tells a version from others.
pub(super) fn fingerprint(version: &VersionSummary) -> String {
    version.fingerprint.map_or_else(|| "not yet known".to_owned(), |mark| mark.to_hex())
}

/// Where a value comes from.
pub(super) const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Generated => "Generated here",
        Origin::Imported => "Brought in",
    }
}

/// What a secret is for.
pub(super) fn purpose(secret: &NamedSecret) -> String {
    if secret.is_stored() { "Whatever refers to it".to_owned() } else { secret.purpose.clone() }
}

/// What a credential is that is kept with what uses it.
pub(super) fn elsewhere(what: &'static str) -> &'static str {
    match what {
        "oidc_client_secret" => "Client secret of OpenID Connect",
        "saml_keys" => "Keys of SAML",
        other => other,
    }
}

/// What was done.
pub(super) fn change(kind: ChangeKind) -> State {
    match kind {
        ChangeKind::Created => State::new("Stored", Shape::Done, Tone::Ok),
        ChangeKind::Changed => State::new("Changed", Shape::Half, Tone::Idle),
        ChangeKind::Rotated => State::new("Rotated", Shape::Done, Tone::Ok),
    }
}
