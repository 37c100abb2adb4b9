//! Use cases of how endpoints are called.

use sealpost_access::secrets::{self, SecretRef};
use sealpost_egress::client::Client;
use sealpost_egress::tls::{Certificates, MinTls, TermsError};
use sealpost_store::{EndpointId, Leaf, OrgKeys, Recorded, SecretId, StoreError, Tx};
use sealpost_web::{Failure, Refusal};

use super::body::BodyForm;
use super::load::{Unspeakable, speech};
use super::model::{ClientCertificate, Header, OwnAuthorities, Transport, Value};
use super::rules::{self, BadHeader, HeaderName, HeaderText, Rate, Schedule};
use super::store;
use super::written::Written;
use crate::endpoints::codes::TRANSPORT_INVALID;
use crate::endpoints::pace;
use crate::endpoints::policy::{self, Policy};
use crate::endpoints::service::changed;
use crate::versions::{Expected, Promoted};

/// Most further headers.
const MOST_HEADERS: usize = 16;
/// The longest text of certificates, in bytes.
const LONGEST_PEM: usize = 64 * 1024;

/// How somebody wants an endpoint to be called, checked as far as its words go: secrets are still named.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) retries: Option<Schedule>,
    pub(super) rate: Option<Rate>,
    pub(super) min_tls: MinTls,
    pub(super) body: BodyForm,
    pub(super) headers: Vec<(HeaderName, WantedValue)>,
    pub(super) certificate: Option<(String, SecretRef)>,
    pub(super) authorities: Option<OwnAuthorities>,
}

/// The value of a header, as it is asked for.
pub(super) enum WantedValue {
    /// This text.
    Text(HeaderText),
    /// A stored secret after a prefix.
    Stored(HeaderText, SecretRef),
}

/// A header as it is brought in.
pub(super) struct GivenHeader {
    pub(super) name: String,
    /// The whole value, or what stands before the secret.
    pub(super) value: String,
    pub(super) secret: Option<SecretRef>,
}

impl Wanted {
    /// Whether it names a stored secret.
    pub(super) fn refers(&self) -> bool {
        self.certificate.is_some() || self.headers.iter().any(|(_, value)| matches!(value, WantedValue::Stored(..)))
    }

    /// Waits between attempts, in seconds; `standard` where nothing is said.
    pub(super) fn retried(mut self, waits: Option<Vec<u32>>) -> Result<Self, Refusal> {
        let read = |waits| Schedule::new(waits).map_err(|_| wrong("/retries", "schedule_invalid"));
        self.retries = waits.map(read).transpose()?;
        Ok(self)
    }

    /// So many calls a second.
    pub(super) fn at_most(mut self, calls: Option<u32>) -> Result<Self, Refusal> {
        let read = |calls| Rate::new(calls).map_err(|_| wrong("/rate_per_second", "out_of_range"));
        self.rate = calls.map(read).transpose()?;
        Ok(self)
    }

    /// From this version of TLS on.
    pub(super) fn speaking(mut self, min: MinTls, acknowledged: bool) -> Result<Self, Refusal> {
        if !rules::may_speak(min, acknowledged) {
            return Err(wrong("/acknowledge_tls_1_2", "acknowledgement_missing"));
        }
        self.min_tls = min;
        Ok(self)
    }

    /// With bodies of this form.
    pub(super) fn written(mut self, body: BodyForm) -> Self {
        self.body = body;
        self
    }

    /// With these headers, each once.
    pub(super) fn with_headers(mut self, given: Vec<GivenHeader>) -> Result<Self, Refusal> {
        if given.len() > MOST_HEADERS {
            return Err(wrong("/headers", "too_many"));
        }
        for (at, header) in given.into_iter().enumerate() {
            let (name, value) = read_header(header).map_err(|bad| wrong_header(at, bad))?;
            if self.headers.iter().any(|(known, _)| *known == name) {
                return Err(wrong(format!("/headers/{at}/name"), "given_twice"));
            }
            self.headers.push((name, value));
        }
        Ok(self)
    }

    /// As whoever this certificate is of.
    pub(super) fn shown_as(mut self, certificate: Option<(String, SecretRef)>) -> Result<Self, Refusal> {
        if let Some((chain, _)) = &certificate {
            readable(chain, "/client_certificate/chain")?;
        }
        self.certificate = certificate;
        Ok(self)
    }

    /// Believing these, besides or instead of the public ones.
    pub(super) fn believing(mut self, authorities: Option<OwnAuthorities>) -> Result<Self, Refusal> {
        if let Some(own) = &authorities {
            readable(&own.pem, "/authorities/pem")?;
        }
        self.authorities = authorities;
        Ok(self)
    }
}

fn readable(pem: &str, place: &'static str) -> Result<(), Refusal> {
    if pem.len() > LONGEST_PEM || pem.contains("PRIVATE KEY") || Certificates::parse(pem).is_err() {
        return Err(wrong(place, "certificates_invalid"));
    }
    Ok(())
}

fn read_header(given: GivenHeader) -> Result<(HeaderName, WantedValue), BadHeader> {
    let name = HeaderName::parse(&given.name)?;
    let value = match given.secret {
        Some(secret) => WantedValue::Stored(HeaderText::prefix(&given.value)?, secret),
        None if name.is_secret() => return Err(BadHeader::SecretOnly),
        None => WantedValue::Text(HeaderText::value(&given.value)?),
    };
    Ok((name, value))
}

fn wrong_header(at: usize, bad: BadHeader) -> Refusal {
    match bad {
        BadHeader::Name => wrong(format!("/headers/{at}/name"), "header_invalid"),
        BadHeader::Reserved => wrong(format!("/headers/{at}/name"), "header_reserved"),
        BadHeader::Value => wrong(format!("/headers/{at}/value"), "value_unsuitable"),
        BadHeader::SecretOnly => wrong(format!("/headers/{at}/value"), "secret_only"),
    }
}

/// How an endpoint is called.
pub(in crate::endpoints) fn find(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Transport, StoreError> {
    store::find(tx, endpoint)
}

/// From now on this endpoint is called so, or others are asked, where that protects less than before. What can't work is refused here and not found out at night: the key is held against its
/// certificate, and every secret against the header it is for.
pub(super) fn put(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    client: &Client,
    id: EndpointId,
    wanted: Wanted,
    expected: &Expected,
) -> Result<Recorded<Promoted<Transport>>, Failure> {
    let mut endpoint = crate::endpoints::find(tx, id)?;
    policy::expect(&endpoint, expected)?;
    let before = policy::of(tx, &endpoint)?;
    let mut headers = Vec::with_capacity(wanted.headers.len());
    for (at, (name, value)) in wanted.headers.into_iter().enumerate() {
        let value = match value {
            WantedValue::Text(text) => Value::Text(text),
            WantedValue::Stored(prefix, named) => {
                Value::Stored { prefix, secret: stored(tx, &named, || format!("/headers/{at}/secret"))? }
            }
        };
        headers.push(Header { name, value });
    }
    let certificate = match wanted.certificate {
        Some((chain, key)) => {
            let key = stored(tx, &key, || "/client_certificate/key".into())?;
            Some(ClientCertificate { chain, key })
        }
        None => None,
    };
    let transport = Transport {
        retries: wanted.retries,
        rate: wanted.rate,
        min_tls: wanted.min_tls,
        body: wanted.body,
        headers,
        certificate,
        authorities: wanted.authorities,
        updated_at: None,
    };
    speech(tx, keys, client, &transport)?.map_err(unspeakable)?;
    let after = Policy { transport: Written::of(&transport), ..before.clone() };
    if let Some(asked) = policy::gate(tx, keys, &endpoint, (&before, after), false, None)? {
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    keep(tx, id, &transport)?;
    changed(tx, id);
    let transport = store::find(tx, id)?;
    let leaf = policy::keep(tx, keys, &mut endpoint, &before, None, Leaf::of("endpoint.change_transport"))?;
    Ok(tx.record(leaf, Promoted::InForce(transport)))
}

/// From now on an endpoint is called as it was written down. Whether it can be is asked whenever it is.
pub(in crate::endpoints) fn become_of(tx: &mut Tx<'_>, id: EndpointId, written: Written) -> Result<(), StoreError> {
    keep(tx, id, &written.read()?)
}

/// Whoever gets another rate begins anew with it.
fn keep(tx: &mut Tx<'_>, id: EndpointId, transport: &Transport) -> Result<(), StoreError> {
    if store::find(tx, id)?.rate != transport.rate {
        pace::forget(tx, id)?;
    }
    store::put(tx, id, transport)
}

/// The stored secret that is meant, held until this is done.
fn stored(tx: &mut Tx<'_>, wanted: &SecretRef, place: impl Fn() -> String) -> Result<SecretId, Failure> {
    Ok(secrets::refer(tx, wanted)?.ok_or_else(|| wrong(place(), "secret_unknown"))?)
}

fn unspeakable(error: Unspeakable) -> Refusal {
    match error {
        Unspeakable::Terms(TermsError::Certificates) => wrong("/client_certificate/chain", "certificates_invalid"),
        Unspeakable::Terms(TermsError::Key) => wrong("/client_certificate/key", "key_invalid"),
        Unspeakable::Terms(TermsError::Mismatch) => wrong("/client_certificate/key", "key_mismatch"),
        Unspeakable::Terms(TermsError::Authority) => wrong("/authorities/pem", "certificates_invalid"),
        Unspeakable::Header(at) => wrong(format!("/headers/{at}/secret"), "value_unsuitable"),
        Unspeakable::Gone => wrong("/headers", "secret_unknown"),
    }
}

/// The endpoint goes, and what was special about it too.
pub(in crate::endpoints) fn forget(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    pace::forget(tx, endpoint)?;
    store::delete(tx, endpoint)
}

/// The stored secrets that calls to this endpoint take.
pub(in crate::endpoints) fn secrets_of(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Vec<SecretId>, StoreError> {
    Ok(store::find(tx, endpoint)?.secrets().collect())
}

/// Whether an endpoint may be led to another place: one that is told stored secrets only by who may name them. The new place would learn
/// them. `may_refer` is what the caller may.
pub(in crate::endpoints) fn may_lead(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    url: Option<&str>,
    may_refer: Result<(), Refusal>,
) -> Result<(), Failure> {
    let (Some(url), Err(refusal)) = (url, may_refer) else { return Ok(()) };
    let stays = crate::endpoints::find(tx, endpoint)?.url == url;
    if stays || secrets_of(tx, endpoint)?.is_empty() { Ok(()) } else { Err(refusal.into()) }
}

fn wrong(place: impl Into<String>, code: &'static str) -> Refusal {
    Refusal::of(&TRANSPORT_INVALID).at(place, code)
}
