//! The two ceremonies.

use minicbor::Decoder;

use super::authenticator_data::AuthenticatorData;
use super::cose::{Algorithm, PublicKey};
use super::{Refused, client_data};
use crate::key::sha256;

/// The most bytes of an attestation object: those with certificates have some kilobytes, and nothing is read of them.
const MAX_ATTESTATION: usize = 32 * 1024;

/// Who we are.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// The relying party's id: the host of the origin.
    pub id: &'a str,
    /// Where our pages are: `https://`, a host, and a port unless it is 443.
    pub origin: &'a str,
}

/// A credential that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id, which the authenticator chose.
    pub credential_id: Vec<u8>,
    /// Its public key in COSE: [`PublicKey::from_cose`].
    pub public_key: Vec<u8>,
    /// Which algorithm that is for.
    pub algorithm: Algorithm,
    /// How often it has signed, if it counts.
    pub counter: u32,
    /// Whether it can be copied to other devices. A credential that can't is bound to one.
    pub backup_eligible: bool,
    /// Whether it has been.
    pub backed_up: bool,
    /// The model of the authenticator, if it says.
    pub aaguid: [u8; 16],
}

/// What is known of a credential.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its public key in COSE.
    pub public_key: &'a [u8],
    /// What it counted last.
    pub counter: u32,
    /// Whether it can be copied to other devices.
    pub backup_eligible: bool,
}

/// What an authenticator answers, and the browser with it.
#[derive(Clone, Copy, Debug)]
pub struct Assertion<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`.
    pub signature: &'a [u8],
}

/// Somebody has the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// What it counts now.
    pub counter: u32,
    /// Whether it has been copied to other devices.
    pub backed_up: bool,
    /// It counts, and not on from where it was: two devices may hold it that should be one (§6.1.1).
    pub regressed: bool,
}

/// Reads a new credential (§7.1). `attestation` is the attestation object.
pub fn register(
    party: RelyingParty<'_>,
    challenge: &[u8],
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Registered, Refused> {
    client_data::check(client_data, "webauthn.create", challenge, party)?;
    let data = AuthenticatorData::parse(authenticator_data(attestation)?)?;
    data.check(party)?;
    let credential = data.credential.as_ref().ok_or(Refused::Malformed)?;
    let algorithm = PublicKey::from_cose(credential.public_key)?.algorithm();
    Ok(Registered {
        credential_id: credential.id.to_vec(),
        public_key: credential.public_key.to_vec(),
        algorithm,
        counter: data.counter,
        backup_eligible: data.backup_eligible(),
        backed_up: data.backed_up(),
        aaguid: credential.aaguid,
    })
}

/// Decides whether somebody has a credential (§7.2). Whose it is, and that the user handle says the same, is the caller's to check.
pub fn authenticate(
    party: RelyingParty<'_>,
    challenge: &[u8],
    known: Known<'_>,
    assertion: Assertion<'_>,
) -> Result<Asserted, Refused> {
    client_data::check(assertion.client_data, "webauthn.get", challenge, party)?;
    let data = AuthenticatorData::parse(assertion.authenticator_data)?;
    data.check(party)?;
    // A credential is made once, and never changes from one that can be copied to one that can't.
    if data.credential.is_some() {
        return Err(Refused::Malformed);
    }
    if data.backup_eligible() != known.backup_eligible {
        return Err(Refused::Backup);
    }
    let signed = [assertion.authenticator_data, &sha256(&[assertion.client_data])].concat();
    if !PublicKey::from_cose(known.public_key)?.verifies(&signed, assertion.signature) {
        return Err(Refused::Signature);
    }
    let counts = data.counter != 0 || known.counter != 0;
    Ok(Asserted {
        counter: data.counter,
        backed_up: data.backed_up(),
        regressed: counts && data.counter <= known.counter,
    })
}

/// Decides long afterwards, with nothing but what was kept, whether a credential has answered this challenge: as [`authenticate`], but for
/// what only whoever holds the credential's record knows (what it counted, and whether it could be copied).
pub fn recheck(
    party: RelyingParty<'_>,
    challenge: &[u8],
    public_key: &[u8],
    assertion: Assertion<'_>,
) -> Result<(), Refused> {
    let backup_eligible = AuthenticatorData::parse(assertion.authenticator_data)?.backup_eligible();
    authenticate(party, challenge, Known { public_key, counter: 0, backup_eligible }, assertion).map(drop)
}

/// `authData` of an attestation object (§6.5): a map of three, in any order; the statement is skipped.
fn authenticator_data(attestation: &[u8]) -> Result<&[u8], Refused> {
    if attestation.len() > MAX_ATTESTATION {
        return Err(Refused::Malformed);
    }
    let malformed = |_| Refused::Malformed;
    let mut decoder = Decoder::new(attestation);
    if decoder.map().map_err(malformed)? != Some(3) {
        return Err(Refused::Malformed);
    }
    let mut found = [None; 3];
    for _ in 0..3 {
        let (slot, value): (usize, &[u8]) = match decoder.str().map_err(malformed)? {
            "fmt" => (0, decoder.str().map_err(malformed)?.as_bytes()),
            "attStmt" => {
                decoder.skip().map_err(malformed)?;
                (1, &[])
            }
            "authData" => (2, decoder.bytes().map_err(malformed)?),
            _ => return Err(Refused::Malformed),
        };
        if found[slot].replace(value).is_some() {
            return Err(Refused::Malformed);
        }
    }
    if decoder.position() != attestation.len() {
        return Err(Refused::Malformed);
    }
    found[2].ok_or(Refused::Malformed)
}
