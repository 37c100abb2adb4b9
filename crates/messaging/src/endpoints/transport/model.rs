//! What may be special about calling one endpoint.

use sealpost_egress::tls::MinTls;
use sealpost_store::{SecretId, Time};

use super::body::BodyForm;
use super::rules::{HeaderName, HeaderText, Rate, Schedule};

/// How an endpoint is called. The default is how all are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::endpoints) struct Transport {
    /// When it is tried again; the `standard` schedule if absent.
    pub(super) retries: Option<Schedule>,
    /// Calls a second at most.
    pub(super) rate: Option<Rate>,
    /// The oldest TLS version its server may speak.
    pub(super) min_tls: MinTls,
    /// As what a body leaves.
    pub(super) body: BodyForm,
    /// Further headers of every call.
    pub(super) headers: Vec<Header>,
    /// Who we are to it, if it wants a certificate.
    pub(super) certificate: Option<ClientCertificate>,
    /// Whose certificates it may show, besides or instead of the public authorities.
    pub(super) authorities: Option<OwnAuthorities>,
    /// When this was last changed.
    pub(super) updated_at: Option<Time>,
}

/// A further header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct Header {
    /// Its name, in lower case.
    pub(super) name: HeaderName,
    /// Its value.
    pub(super) value: Value,
}

/// The value of a further header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) enum Value {
    /// This text.
    Text(HeaderText),
    /// What is stored under this id, after a prefix such as `Bearer `.
    Stored {
        /// What stands before it; may be empty.
        prefix: HeaderText,
        /// Which stored secret.
        secret: SecretId,
    },
}

/// A client's certificate: the chain in PEM form, and where its key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct ClientCertificate {
    /// The chain, ours first.
    pub(super) chain: String,
    /// The stored secret that is the key, in PEM form.
    pub(super) key: SecretId,
}

/// Authorities of the receiver's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct OwnAuthorities {
    /// Their certificates in PEM form.
    pub(super) pem: String,
    /// Whether the public ones are not believed any more.
    pub(super) only: bool,
}

impl Transport {
    /// The stored secrets that are named here.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretId> {
        let headers = self.headers.iter().filter_map(|header| match header.value {
            Value::Stored { secret, .. } => Some(secret),
            Value::Text(_) => None,
        });
        headers.chain(self.certificate.iter().map(|certificate| certificate.key))
    }

    /// When it is tried again, if not by the standard schedule.
    pub(in crate::endpoints) fn into_schedule(self) -> Option<Schedule> {
        self.retries
    }

    /// Whether anything is special.
    pub(super) fn is_standard(&self) -> bool {
        *self == Self { updated_at: self.updated_at, ..Self::default() }
    }
}
