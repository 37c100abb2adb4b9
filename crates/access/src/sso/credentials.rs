//! The credentials that connections keep themselves, for the one page that tells of every credential: what they are, since when, and
//! when they were used last. Never a value: nothing here opens a seal.

use sealpost_store::{SsoConnectionId, StoreError, Time, Tx};

use super::model::Kind;
use super::{oidc, saml, store};

/// A credential of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionCredential {
    /// Whose it is.
    pub(crate) connection: SsoConnectionId,
    /// What that is called.
    pub(crate) name: String,
    /// What it is: `oidc_client_secret`, `saml_keys`.
    pub(crate) what: &'static str,
    /// Since when it is this one, as far as that is known.
    pub(crate) since: Time,
    /// When somebody came by the connection last.
    pub(crate) last_used_at: Option<Time>,
}

impl Kind {
    /// What its connections keep.
    const fn credential(self) -> &'static str {
        match self {
            Self::Oidc => "oidc_client_secret",
            Self::Saml => "saml_keys",
        }
    }
}

/// What tells one credential of a connection from the next, sealed or public; nothing if it has none.
pub(super) fn mark(kind: Kind, settings: &str) -> Option<String> {
    match kind {
        Kind::Oidc => oidc::credential(settings),
        Kind::Saml => saml::credential(settings),
    }
}

/// The credentials of all connections, oldest connection first.
pub(crate) fn credentials(tx: &mut Tx<'_>) -> Result<Vec<ConnectionCredential>, StoreError> {
    let mut all = Vec::new();
    for connection in store::all(tx)? {
        if mark(connection.kind, &connection.settings).is_none() {
            continue;
        }
        let (since, last_used_at) = store::credential(tx, connection.id)?;
        all.push(ConnectionCredential {
            connection: connection.id,
            what: connection.kind.credential(),
            // From before that was kept.
            since: since.unwrap_or(connection.created_at),
            name: connection.name,
            last_used_at,
        });
    }
    Ok(all)
}
