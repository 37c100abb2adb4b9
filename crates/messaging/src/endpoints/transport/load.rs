//! What is special about an endpoint, ready to be used: certificates read, secrets opened.

use http::{HeaderName, HeaderValue};
use sealpost_access::secrets::{self, STORED};
use sealpost_egress::client::Client;
use sealpost_egress::tls::{Authorities, Certificates, Identity, MinTls, Terms, TermsError};
use sealpost_seal::SecretText;
use sealpost_store::{EndpointId, OrgKeys, SecretId, StoreError, Tx};

use super::body::BodyForm;
use super::model::{ClientCertificate, Header, OwnAuthorities, Transport, Value};
use super::rules::{HeaderText, Rate, Schedule};
use super::store;

/// How an endpoint is called, ready to be used.
#[derive(Default)]
pub(in crate::endpoints) struct Applied {
    /// When it is tried again.
    pub(in crate::endpoints) retries: Option<Schedule>,
    /// Calls a second.
    pub(in crate::endpoints) rate: Option<Rate>,
    /// As what its bodies leave.
    pub(in crate::endpoints) body: BodyForm,
    /// What goes into the call; nothing if a secret that is named doesn't fit any more, and then it isn't called.
    pub(in crate::endpoints) speech: Option<Speech>,
}

/// How it is spoken with. Has no `Debug`: headers may be secret.
#[derive(Default)]
pub(in crate::endpoints) struct Speech {
    /// From which TLS version on.
    pub(in crate::endpoints) min_tls: MinTls,
    /// As whom, believing whom.
    pub(in crate::endpoints) terms: Option<Terms>,
    /// Further headers.
    pub(in crate::endpoints) headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why it can't be spoken so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unspeakable {
    /// Its certificates or key.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// The secret of this header, counted from 0, doesn't fit into one.
    #[error("a secret doesn't fit into a header")]
    Header(usize),
    /// A named secret is gone.
    #[error("a secret is gone")]
    Gone,
}

/// How this endpoint is called now.
pub(in crate::endpoints) fn load(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    client: &Client,
    endpoint: EndpointId,
) -> Result<Applied, StoreError> {
    let transport = store::find(tx, endpoint)?;
    let speech = match speech(tx, keys, client, &transport)? {
        Ok(speech) => Some(speech),
        Err(error) => {
            tracing::warn!(endpoint = %endpoint, error = %error, "endpoint.transport_unusable");
            None
        }
    };
    Ok(Applied { retries: transport.retries, rate: transport.rate, body: transport.body, speech })
}

/// What goes into calls. Two kinds of errors: ours, and what is wrong with what is set.
pub(super) fn speech(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    client: &Client,
    transport: &Transport,
) -> Result<Result<Speech, Unspeakable>, StoreError> {
    let key = match &transport.certificate {
        Some(certificate) => match newest(tx, keys, certificate.key)? {
            Some(key) => Some((certificate, key)),
            None => return Ok(Err(Unspeakable::Gone)),
        },
        None => None,
    };
    let terms = match terms(client, transport.authorities.as_ref(), key.as_ref().map(|(one, key)| (*one, key))) {
        Ok(terms) => terms,
        Err(error) => return Ok(Err(error.into())),
    };
    let mut headers = Vec::with_capacity(transport.headers.len());
    for (at, header) in transport.headers.iter().enumerate() {
        let Some(value) = value(tx, keys, header)? else { return Ok(Err(Unspeakable::Gone)) };
        let Some(value) = value else { return Ok(Err(Unspeakable::Header(at))) };
        headers.push((header.name.to_http(), value));
    }
    Ok(Ok(Speech { min_tls: transport.min_tls, terms, headers }))
}

fn terms(
    client: &Client,
    authorities: Option<&OwnAuthorities>,
    certificate: Option<(&ClientCertificate, &SecretText)>,
) -> Result<Option<Terms>, TermsError> {
    if authorities.is_none() && certificate.is_none() {
        return Ok(None);
    }
    let authorities = authorities
        .map(|own| {
            let these = Certificates::parse(&own.pem)?;
            Ok(if own.only { Authorities::Only(these) } else { Authorities::Besides(these) })
        })
        .transpose()?;
    let identity = certificate.map(|(one, key)| Identity::new(Certificates::parse(&one.chain)?, key)).transpose()?;
    client.terms(authorities.as_ref(), identity.as_ref()).map(Some)
}

/// The value of a header: nothing if its secret is gone, nothing in it if that doesn't fit.
fn value(tx: &mut Tx<'_>, keys: &OrgKeys, header: &Header) -> Result<Option<Option<HeaderValue>>, StoreError> {
    Ok(match &header.value {
        Value::Text(text) => Some(HeaderValue::from_str(text.as_str()).ok()),
        Value::Stored { prefix, secret } => newest(tx, keys, *secret)?.map(|secret| joined(prefix, &secret)),
    })
}

/// The secret after its prefix, marked so that no log shows it.
fn joined(prefix: &HeaderText, secret: &SecretText) -> Option<HeaderValue> {
    let whole = zeroize::Zeroizing::new(format!("{}{}", prefix.as_str(), secret.expose()));
    // Anew by the rule of all values: a secret may hold anything.
    let mut value = HeaderValue::from_str(HeaderText::fits(&whole).then_some(&whole)?).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn newest(tx: &mut Tx<'_>, keys: &OrgKeys, secret: SecretId) -> Result<Option<SecretText>, StoreError> {
    Ok(secrets::usable(tx, keys, secret, STORED)?.into_iter().next().map(|version| version.value))
}
