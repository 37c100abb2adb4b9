//! What signs a call, and how anybody can do it again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_seal::signature::{
    Encoding, KeyEncoding, MESSAGE_SIGNATURES, NotSignable, Outgoing, Profile, SignedMessage, SignedRequest,
    SigningKey, explain as explain_one, sign, sign_message,
};

use super::model::{Dialect, Signer, Usable};
use crate::endpoints::call::Telling;
use crate::endpoints::model::Ready;

/// One signature of a call: never a secret, nor anything it could be found out from.
pub struct Explained {
    /// In which profile.
    pub profile: &'static str,
    /// In which header.
    pub header: String,
    /// The signature, as it stands there.
    pub signature: String,
    /// `hmac-sha256` or `ed25519`.
    pub algorithm: &'static str,
    /// Which key: the fingerprint of the secret, or the thumbprint of the public key.
    pub key: String,
    /// How the secret's text becomes the key; nothing for a public key.
    pub key_encoding: Option<KeyEncoding>,
    /// The exact bytes that are signed.
    pub signed: Vec<u8>,
    /// A line for a shell that computes it again, or checks it. It takes the secret from `SECRET`.
    pub shell: String,
}

/// The headers that sign `telling` in every profile of the endpoint; the first of a name wins.
pub(in crate::endpoints) fn headers(
    ready: &Ready,
    telling: &Telling<'_>,
) -> Result<Vec<(String, String)>, NotSignable> {
    let outgoing = outgoing(telling)?;
    let mut headers: Vec<(String, String)> = Vec::with_capacity(8);
    for signer in &ready.signers {
        for (name, value) in signed(signer, ready, telling, &outgoing)? {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                headers.push((name, value));
            }
        }
    }
    Ok(headers)
}

fn outgoing<'a>(telling: &'a Telling<'_>) -> Result<Outgoing<'a>, NotSignable> {
    Outgoing::new(telling.id, telling.at.unix_seconds(), telling.kind, &telling.body)
}

fn signed(
    signer: &Signer,
    ready: &Ready,
    telling: &Telling<'_>,
    outgoing: &Outgoing<'_>,
) -> Result<Vec<(String, String)>, NotSignable> {
    let mut keys = signer.keys();
    keys.push(SigningKey::Ed25519(&ready.key));
    match &signer.dialect {
        Dialect::Known(profile) => sign(profile, &keys, outgoing),
        Dialect::Custom(custom) => custom.with(|profile| sign(profile, &keys, outgoing)),
        Dialect::Message => {
            let SignedMessage { headers, .. } = message(ready, telling)?;
            Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        }
    }
}

fn message(ready: &Ready, telling: &Telling<'_>) -> Result<SignedMessage, NotSignable> {
    let target = ready.target.target_uri();
    let request =
        SignedRequest { method: "POST", target_uri: &target, content_type: telling.media_type, body: &telling.body };
    sign_message(&ready.key, &request, telling.at.unix_seconds(), &nonce(telling))
}

/// Another one for each attempt of each delivery, and the same if the very same attempt is signed twice: a receiver that has seen it
/// has seen this request. It needn't be secret (RFC 9421 §7.2.2 asks for uniqueness).
fn nonce(telling: &Telling<'_>) -> String {
    format!("{}-{}-{}", telling.id, telling.attempt, telling.at.unix_ms())
}

/// Every signature of the call, one by one.
pub(in crate::endpoints) fn explain(ready: &Ready, telling: &Telling<'_>) -> Result<Vec<Explained>, NotSignable> {
    let outgoing = outgoing(telling)?;
    let mut all = Vec::new();
    for signer in &ready.signers {
        match &signer.dialect {
            Dialect::Known(profile) => all.extend(of_profile(profile, signer, ready, &outgoing)),
            Dialect::Custom(custom) => {
                all.extend(
                    custom
                        .with(|profile| of_profile(profile, signer, ready, &outgoing))
                        .into_iter()
                        .map(|explained| Explained { profile: signer.dialect.name(), ..explained }),
                );
            }
            Dialect::Message => all.push(of_message(ready, message(ready, telling)?)),
        }
    }
    Ok(all)
}

fn of_profile(profile: &Profile<'_>, signer: &Signer, ready: &Ready, outgoing: &Outgoing<'_>) -> Vec<Explained> {
    let slots = if profile.has_one_slot() { 1 } else { usize::MAX };
    let name = signer.dialect.name();
    let by_secrets = signer.secrets.iter().take(slots).filter_map(|usable| {
        let (signed, signature) = explain_one(profile, &SigningKey::Secret(&usable.secret), outgoing)?;
        Some(Explained {
            profile: name,
            header: profile.header.to_owned(),
            signature,
            algorithm: "hmac-sha256",
            key: usable.fingerprint.clone().unwrap_or_default(),
            key_encoding: Some(usable.secret.encoding()),
            shell: recompute(&signed, usable, profile.encoding),
            signed,
        })
    });
    let by_key = explain_one(profile, &SigningKey::Ed25519(&ready.key), outgoing).map(|(signed, signature)| {
        let bare =
            profile.ed25519_prefix.and_then(|prefix| signature.strip_prefix(prefix)).unwrap_or_default().to_owned();
        Explained {
            profile: name,
            header: profile.header.to_owned(),
            algorithm: "ed25519",
            key: ready.key.public().thumbprint(),
            key_encoding: None,
            shell: check(&signed, &bare, ready),
            signature,
            signed,
        }
    });
    by_secrets.chain(by_key).collect()
}

fn of_message(ready: &Ready, message: SignedMessage) -> Explained {
    let [_, _, (header, signature)] = message.headers;
    let bare = signature.split(':').nth(1).unwrap_or_default().to_owned();
    let signed = message.base.into_bytes();
    Explained {
        profile: MESSAGE_SIGNATURES,
        header: header.to_owned(),
        signature,
        algorithm: "ed25519",
        key: ready.key.public().thumbprint(),
        key_encoding: None,
        shell: check(&signed, &bare, ready),
        signed,
    }
}

/// Prints the signature again, without its prefix. The signed bytes travel in base64, which no shell touches.
fn recompute(signed: &[u8], usable: &Usable, encoding: Encoding) -> String {
    let key = match usable.secret.encoding() {
        KeyEncoding::Text => "printf %s \"$SECRET\" | od -An -v -tx1 | tr -d ' \\n'",
        KeyEncoding::Base64 => "printf %s \"${SECRET#whsec_}\" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n'",
        KeyEncoding::Hex => "printf %s \"${SECRET#whsec_}\"",
    };
    let out = match encoding {
        Encoding::Hex => "-r | cut -d' ' -f1",
        Encoding::Base64 => "-binary | openssl base64 -A",
    };
    format!(
        "printf %s '{}' | openssl base64 -d -A | openssl dgst -sha256 -mac HMAC -macopt hexkey:\"$({key})\" {out}",
        STANDARD.encode(signed)
    )
}

/// Says whether the signature is by the endpoint's key: nobody but us can compute it.
fn check(signed: &[u8], signature: &str, ready: &Ready) -> String {
    let write = |text: String, file: &str| format!("printf %s '{text}' | openssl base64 -d -A > {file}");
    [
        "cd \"$(mktemp -d)\"".to_owned(),
        write(STANDARD.encode(signed), "signed"),
        write(signature.to_owned(), "signature"),
        write(STANDARD.encode(ready.key.public().to_spki_der()), "key"),
        "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in signed -sigfile signature".to_owned(),
    ]
    .join(" && ")
}
