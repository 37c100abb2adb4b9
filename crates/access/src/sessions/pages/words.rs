//! How sessions are said.

use crate::sessions::{Method, SessionRow};

/// How somebody proved who they are.
pub(super) const fn method(method: Method) -> &'static str {
    match method {
        Method::OperatorLink => "Link made on the host",
        Method::Invitation => "Link of their invitation",
        Method::Passkey => "Passkey",
        Method::RecoveryLink => "Link to recover",
        Method::RecoveryCode => "Recovery code",
        Method::Oidc => "OpenID Connect",
        Method::Saml => "SAML",
        Method::Visit => "Let in from the host",
    }
}

/// In what.
pub(super) fn device(session: &SessionRow) -> String {
    match (session.agent.browser(), session.agent.system()) {
        ("other", "other") => "A browser we don’t know".to_owned(),
        (browser, "other") => browser.to_owned(),
        ("other", system) => format!("A browser on {system}"),
        (browser, system) => format!("{browser} on {system}"),
    }
}
