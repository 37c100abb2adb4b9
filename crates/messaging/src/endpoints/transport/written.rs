//! How an endpoint is called, as one value in one form: what revisions keep and what others agree to. Secrets are named, never said.

use sealpost_egress::tls::MinTls;
use sealpost_store::{SecretId, StoreError};
use serde::{Deserialize, Serialize};

use super::api::fingerprint;
use super::body::BodyForm;
use super::model::{ClientCertificate, OwnAuthorities, Transport};
use super::rules::{Rate, Schedule};
use super::store::{self, Kept, wrong};

/// The older of the versions of TLS that may be spoken.
pub(in crate::endpoints) const OLDER: &str = store::word(MinTls::V1_2);

/// How an endpoint is called, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::endpoints) struct Written {
    min_tls: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retries: Option<Vec<u32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    /// Nothing, if it leaves as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    headers: Vec<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<WrittenCertificate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorities: Option<WrittenAuthorities>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCertificate {
    chain: String,
    key: SecretId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAuthorities {
    pem: String,
    only: bool,
}

impl Written {
    /// It, written down.
    pub(in crate::endpoints) fn of(transport: &Transport) -> Self {
        Self {
            min_tls: store::word(transport.min_tls).to_owned(),
            retries: transport.retries.as_ref().map(|schedule| schedule.waits().to_vec()),
            rate: transport.rate.map(|rate| rate.calls().into()),
            body: (transport.body != BodyForm::default()).then(|| transport.body.word().to_owned()),
            headers: store::kept(&transport.headers),
            certificate: transport
                .certificate
                .as_ref()
                .map(|one| WrittenCertificate { chain: one.chain.clone(), key: one.key }),
            authorities: transport
                .authorities
                .as_ref()
                .map(|own| WrittenAuthorities { pem: own.pem.clone(), only: own.only }),
        }
    }

    /// What was written down.
    pub(super) fn read(self) -> Result<Transport, StoreError> {
        let schedule = |waits| Schedule::new(waits).map_err(|_| wrong("retries"));
        Ok(Transport {
            retries: self.retries.map(schedule).transpose()?,
            rate: self.rate.map(|calls| Rate::new(calls).map_err(|_| wrong("rate"))).transpose()?,
            min_tls: store::version_of(&self.min_tls)?,
            body: self
                .body
                .map_or(Ok(BodyForm::default()), |word| BodyForm::read(&word).ok_or_else(|| wrong("body")))?,
            headers: self.headers.into_iter().map(store::header).collect::<Result<_, _>>()?,
            certificate: self.certificate.map(|one| ClientCertificate { chain: one.chain, key: one.key }),
            authorities: self.authorities.map(|own| OwnAuthorities { pem: own.pem, only: own.only }),
            updated_at: None,
        })
    }

    /// The stored secrets that are named here.
    pub(in crate::endpoints) fn secrets(&self) -> impl Iterator<Item = SecretId> {
        let headers = self.headers.iter().filter_map(Kept::secret);
        headers.chain(self.certificate.iter().map(|one| one.key))
    }

    /// The oldest version of TLS its server may speak.
    pub(in crate::endpoints) fn min_tls(&self) -> &str {
        &self.min_tls
    }

    /// Whose certificates are believed besides the public ones, and whether instead of them.
    pub(in crate::endpoints) fn authorities(&self) -> Option<(&str, bool)> {
        self.authorities.as_ref().map(|own| (own.pem.as_str(), own.only))
    }

    /// Which authorities it has, for people.
    pub(in crate::endpoints) fn said_authorities(&self) -> Option<String> {
        let (pem, only) = self.authorities()?;
        let how = if only { "and no public ones" } else { "besides the public ones" };
        Some(format!("SHA-256 {}, {how}", fingerprint(pem).unwrap_or_default()))
    }

    /// Who we are to it, for people.
    pub(in crate::endpoints) fn said_certificate(&self) -> Option<String> {
        let one = self.certificate.as_ref()?;
        Some(format!("SHA-256 {}, key {}", fingerprint(&one.chain).unwrap_or_default(), one.key))
    }

    /// Its further headers, for people.
    pub(in crate::endpoints) fn said_headers(&self) -> Option<String> {
        let all: Vec<String> = self.headers.iter().map(Kept::said).collect();
        (!all.is_empty()).then(|| all.join("\n"))
    }

    /// When it is tried again, for people.
    pub(in crate::endpoints) fn said_retries(&self) -> Option<String> {
        let waits: Vec<String> = self.retries.as_ref()?.iter().map(|wait| format!("{wait} s")).collect();
        Some(if waits.is_empty() { "one attempt and no other".to_owned() } else { waits.join(", ") })
    }

    /// As what its bodies leave, for people, if not as JSON.
    pub(in crate::endpoints) fn said_body(&self) -> Option<String> {
        self.body.as_ref().map(|word| format!("as a {word}"))
    }

    /// How often it is called at most, for people.
    pub(in crate::endpoints) fn said_rate(&self) -> Option<String> {
        self.rate.map(|rate| rate.to_string())
    }
}
