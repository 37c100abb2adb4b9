//! Signing documents of our own.

use aws_lc_rs::error::Unspecified;

use super::algorithms::{Digest, ENVELOPED, EXCLUSIVE, SHA256_URI};
use crate::base64;
use crate::keys::SigningKey;
use crate::xml::{Choice, Document, Element, MESSAGE, Writer, XmlFlaw, canonical};

const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// A document can't be signed: it isn't of the profile itself, or the key failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document can't be signed")]
pub(crate) struct CantSign;

impl From<XmlFlaw> for CantSign {
    fn from(_: XmlFlaw) -> Self {
        Self
    }
}

impl From<Unspecified> for CantSign {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// The enveloped signature of the element `head` + `tail` whose ID is `id`, to be put between them.
pub(crate) fn enveloped(head: &str, tail: &str, id: &str, key: &SigningKey) -> Result<String, CantSign> {
    let digested = in_canonical_form(Document::read(format!("{head}{tail}").as_bytes(), &MESSAGE)?.root())?;
    let digest = base64::encode(Digest::Sha256.of(digested.as_bytes()));
    let unsigned = signature(id, key, &digest, "");
    let unsigned = Document::read(unsigned.as_bytes(), &MESSAGE)?;
    let info = unsigned.root().children().next().ok_or(CantSign)?;
    let value = key.sign(in_canonical_form(info)?.as_bytes())?;
    Ok(signature(id, key, &digest, &base64::encode(value)))
}

fn in_canonical_form(apex: Element<'_>) -> Result<String, XmlFlaw> {
    canonical(apex, &Choice { without: None, inclusive: Vec::new(), most: MESSAGE.bytes })
}

fn signature(id: &str, key: &SigningKey, digest: &str, value: &str) -> String {
    let algorithm = |uri| [("Algorithm", uri)];
    let mut writer = Writer::new();
    writer.begin("ds:Signature", &[("xmlns:ds", SIGNATURE)]).begin("ds:SignedInfo", &[]);
    writer.leaf("ds:CanonicalizationMethod", &algorithm(EXCLUSIVE), "");
    writer.leaf("ds:SignatureMethod", &algorithm(key.method().uri()), "");
    writer.begin("ds:Reference", &[("URI", &format!("#{id}"))]).begin("ds:Transforms", &[]);
    writer.leaf("ds:Transform", &algorithm(ENVELOPED), "").leaf("ds:Transform", &algorithm(EXCLUSIVE), "").end();
    writer.leaf("ds:DigestMethod", &algorithm(SHA256_URI), "").leaf("ds:DigestValue", &[], digest);
    writer.end().end().leaf("ds:SignatureValue", &[], value);
    writer.finish()
}
