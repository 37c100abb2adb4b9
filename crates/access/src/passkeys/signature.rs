//! What a passkey has signed, as it is kept: everything it takes to check it later, by whoever has it.

use sealpost_seal::key::sha256;
use sealpost_seal::webauthn::{self, Assertion, Refused, RelyingParty};
use sealpost_store::{Ctx, Tx};
use sealpost_web::Failure;
use serde::{Deserialize, Serialize};

use super::api::body::Base64;
use super::challenge::{What, what_is_signed};
use super::model::Answer;
use super::service::{self, Passkeys, believe_signature};

/// What a passkey has signed: the assertion (WebAuthn §7.2), and by which credential, at which relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasskeySignature")]
pub struct Signature {
    /// The relying party's id.
    relying_party: String,
    /// Where the page was.
    origin: String,
    /// The credential's id.
    credential_id: Base64,
    /// The credential's public key in COSE.
    public_key: Base64,
    /// `clientDataJSON`: its challenge ends with the 32 bytes that were signed.
    client_data: Base64,
    /// `authenticatorData`
    authenticator_data: Base64,
    /// `signature`
    signature: Base64,
}

/// Why something was not signed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoesNotHold {
    /// It is about something else.
    #[error("something else was signed")]
    SomethingElse,
    /// It is no answer of this credential's, at this relying party, by somebody whom the device has verified.
    #[error("the passkey has not signed it: {0}")]
    Passkey(#[from] Refused),
}

impl Signature {
    /// Checks that this was signed, with nothing but what stands here.
    pub fn verify(&self, what: &What) -> Result<(), DoesNotHold> {
        let challenge = webauthn::answered(&self.client_data.0)?;
        if what_is_signed(&challenge) != Some(*what) {
            return Err(DoesNotHold::SomethingElse);
        }
        let party = RelyingParty { id: &self.relying_party, origin: &self.origin };
        let assertion = Assertion {
            client_data: &self.client_data.0,
            authenticator_data: &self.authenticator_data.0,
            signature: &self.signature.0,
        };
        Ok(webauthn::recheck(party, &challenge, &self.public_key.0, assertion)?)
    }

    /// What tells the credential from others: SHA-256 of its public key, in hexadecimal digits.
    pub fn key(&self) -> String {
        fingerprint(&self.public_key.0)
    }

    /// Where the page was on which it was signed.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// What tells a credential from others: SHA-256 of its public key in COSE.
pub(super) fn fingerprint(public_key: &[u8]) -> String {
    sha256(&[public_key]).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A signature by whoever acts, to be believed in a transaction.
pub struct Judged {
    judged: service::Judged,
    /// As it is kept.
    pub signature: Signature,
}

impl Judged {
    /// It is believed. As often as it is said, since it says one thing: whoever keeps what was signed sees to it that it counts once.
    pub fn believe(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        believe_signature(tx, &self.judged)
    }
}

impl Passkeys {
    /// Judges whether whoever acts has signed this, lately and in this session; the challenge may have been answered as a proof, too.
    pub async fn signature(&self, ctx: &Ctx, whom: &str, what: &What, answer: Answer) -> Result<Judged, Failure> {
        let judged = self.judge_own(ctx, whom, &answer).await?;
        if what_is_signed(&judged.challenge) != Some(*what) {
            return Err(service::refused());
        }
        let RelyingParty { id, origin } = self.party();
        let signature = Signature {
            relying_party: id.to_owned(),
            origin: origin.to_owned(),
            credential_id: Base64(answer.credential_id),
            public_key: Base64(judged.passkey.public_key.clone()),
            client_data: Base64(answer.client_data),
            authenticator_data: Base64(answer.authenticator_data),
            signature: Base64(answer.signature),
        };
        Ok(Judged { judged, signature })
    }
}
