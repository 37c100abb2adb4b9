//! Verifies what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a).

use std::collections::{HashSet, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Seconds that clocks may differ, and that a message may have been under way.
const TOLERANCE: u64 = 300;
/// In one header: more are noise.
const MOST_SIGNATURES: usize = 16;

/// Nobody with one of the keys sent this, or not now. Answer 400, and say no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// A key is none: it begins with `whsec_` or `whpk_`, and is at least 24 bytes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadKey;

/// A key of an endpoint.
pub enum Key {
    /// `whsec_…`
    Secret(Vec<u8>),
    /// `whpk_…`
    Public(Box<VerifyingKey>),
}

impl std::str::FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| BadKey);
        if let Some(secret) = text.strip_prefix("whsec_") {
            return decoded(secret).and_then(|key| if key.len() < 24 { Err(BadKey) } else { Ok(Self::Secret(key)) });
        }
        let public = decoded(text.strip_prefix("whpk_").ok_or(BadKey)?)?;
        let public = VerifyingKey::from_bytes(&public.try_into().map_err(|_| BadKey)?).map_err(|_| BadKey)?;
        Ok(Self::Public(Box::new(public)))
    }
}

impl Key {
    fn holds(&self, version: &str, signed: [&[u8]; 5], text: &str) -> bool {
        let Ok(given) = STANDARD.decode(text) else { return false };
        match (self, version) {
            (Self::Secret(key), "v1") => {
                let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
                signed.iter().for_each(|part| mac.update(part));
                mac.verify_slice(&given).is_ok()
            }
            (Self::Public(key), "v1a") => Signature::from_slice(&given)
                .is_ok_and(|signature| key.verify_strict(&signed.concat(), &signature).is_ok()),
            _ => false,
        }
    }
}

/// The id of the message. `headers` in any case; `body` the bytes as they came, before anybody parsed them; more than one key while
/// a secret is being rotated; `now` in Unix seconds.
pub fn verify<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    body: &[u8],
    keys: &[Key],
    now: u64,
) -> Result<&'h str, Refused> {
    let mut found = [None; 3];
    for (name, value) in headers {
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        if let Some(at) = names.iter().position(|wanted| name.eq_ignore_ascii_case(wanted))
            && found[at].replace(value).is_some()
        {
            return Err(Refused);
        }
    }
    let [Some(id), Some(at), Some(signatures)] = found else { return Err(Refused) };
    let digits = !id.is_empty() && at.len() <= 12 && at.bytes().all(|byte| byte.is_ascii_digit());
    let sent = at.parse::<u64>().ok().filter(|_| digits).ok_or(Refused)?;
    if now.abs_diff(sent) > TOLERANCE {
        return Err(Refused);
    }
    let signed = [id.as_bytes(), b".", at.as_bytes(), b".", body];
    let by_us = signatures
        .split(' ')
        .take(MOST_SIGNATURES)
        .filter_map(|one| one.split_once(','))
        .any(|(version, text)| keys.iter().any(|key| key.holds(version, signed, text)));
    if by_us { Ok(id) } else { Err(Refused) }
}

/// Ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes from whoever
/// recorded it: do each once. In memory; several processes want a unique column in their database instead.
pub struct Processed {
    known: HashSet<String>,
    order: VecDeque<String>,
    most: usize,
}

impl Processed {
    /// Remembers the last `most` ids.
    pub fn new(most: usize) -> Self {
        Self { known: HashSet::new(), order: VecDeque::new(), most }
    }

    /// Whether it is new.
    pub fn add(&mut self, id: &str) -> bool {
        if !self.known.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}
