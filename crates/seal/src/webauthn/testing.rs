//! A passkey in software, for tests: does what it is told, wrong things too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::Encoder;

use super::RelyingParty;
use crate::key::sha256;
use crate::rng::{Rng, array};
use crate::signing::Ed25519Key;

/// Flags of an authenticator that has asked for a finger: user present, user verified (§6.1).
pub const VERIFIED: u8 = 0x05;

/// One credential and what holds it.
pub struct Authenticator {
    key: Ed25519Key,
    /// The credential's id.
    pub credential_id: [u8; 32],
    /// What it counts; it counts on with each assertion unless it stands at nought.
    pub counter: u32,
    /// What it says about its user and about backups.
    pub flags: u8,
    /// Whether the browser says that the page was in another site's frame.
    pub framed: bool,
}

/// What goes to the server when a credential was made.
pub struct Made {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `attestationObject`.
    pub attestation: Vec<u8>,
}

/// What goes to the server when one was used.
pub struct Used {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `signature`.
    pub signature: Vec<u8>,
}

impl Authenticator {
    /// A fresh credential, bound to its device, that doesn't count.
    pub fn new(rng: &dyn Rng) -> Self {
        Self { key: Ed25519Key::generate(rng), credential_id: array(rng), counter: 0, flags: VERIFIED, framed: false }
    }

    /// Makes the credential known.
    pub fn register(&self, party: RelyingParty<'_>, challenge: &[u8]) -> Made {
        let mut data = self.data(party, self.flags | 0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&32_u16.to_be_bytes());
        data.extend_from_slice(&self.credential_id);
        data.extend_from_slice(&self.public_key());
        let mut attestation = Encoder::new(Vec::new());
        let encoded = attestation
            .map(3)
            .and_then(|e| e.str("fmt")?.str("none")?.str("attStmt")?.map(0)?.str("authData")?.bytes(&data));
        assert!(encoded.is_ok());
        Made {
            client_data: self.client_data("webauthn.create", party, challenge),
            attestation: attestation.into_writer(),
        }
    }

    /// Uses the credential.
    pub fn assert(&mut self, party: RelyingParty<'_>, challenge: &[u8]) -> Used {
        if self.counter > 0 {
            self.counter += 1;
        }
        let (client_data, data) = (self.client_data("webauthn.get", party, challenge), self.data(party, self.flags));
        let signature = self.key.sign(&[&data[..], &sha256(&[&client_data])].concat()).to_vec();
        Used { client_data, authenticator_data: data, signature }
    }

    fn data(&self, party: RelyingParty<'_>, flags: u8) -> Vec<u8> {
        let mut data = sha256(&[party.id.as_bytes()]).to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn public_key(&self) -> Vec<u8> {
        let mut key = Encoder::new(Vec::new());
        let encoded = key
            .map(4)
            .and_then(|e| e.i64(1)?.i64(1)?.i64(3)?.i64(-8)?.i64(-1)?.i64(6)?.i64(-2)?.bytes(&self.key.public()));
        assert!(encoded.is_ok());
        key.into_writer()
    }

    fn client_data(&self, kind: &str, party: RelyingParty<'_>, challenge: &[u8]) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let (origin, framed) = (party.origin, self.framed);
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":{framed}}}"#)
            .into_bytes()
    }
}
