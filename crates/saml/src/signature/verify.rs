//! Verifying an enveloped signature, and answering what it covers and nothing else.

use super::SignatureFlaw;
use super::algorithms::{Digest, ENVELOPED, EXCLUSIVE, Method};
use crate::base64;
use crate::keys::PublicKey;
use crate::refusal::Rejected;
use crate::xml::{Choice, Document, Element, MESSAGE, Ns, ShapeFlaw, canonical};

/// Prefixes that a list of them may have.
const PREFIXES: usize = 16;

/// Verifies the signature that stands inside `signed` and covers it; answers a fresh document, read from the very bytes that
/// were digested. What the signature doesn't cover isn't in it.
pub(crate) fn verify(signed: Element<'_>, signature: Element<'_>, keys: &[PublicKey]) -> Result<Document, Rejected> {
    let info = signed_info(signature, keys)?;
    let reference = Reference::read(info.root())?;
    if signed.attribute("ID").is_none_or(|id| reference.uri.strip_prefix('#') != Some(id)) {
        return Err(SignatureFlaw::Reference.into());
    }
    let bytes = in_canonical_form(signed, Some(signature), reference.inclusive)?;
    if reference.digest.of(bytes.as_bytes()).as_ref() != reference.value {
        return Err(SignatureFlaw::Digest.into());
    }
    Ok(Document::read(bytes.as_bytes(), &MESSAGE)?)
}

/// What the signature's owner signed, read from the very bytes that were verified.
fn signed_info(signature: Element<'_>, keys: &[PublicKey]) -> Result<Document, Rejected> {
    signature.only(&["Id"])?;
    let mut parts = signature.sequence()?;
    let info = parts.one(Ns::SIGNATURE, "SignedInfo")?;
    let value = parts.one(Ns::SIGNATURE, "SignatureValue")?;
    // Whose key it is, is known from the metadata; what the document says of it is ignored.
    parts.maybe(Ns::SIGNATURE, "KeyInfo");
    parts.end()?;
    let method = info.sequence()?.one(Ns::SIGNATURE, "CanonicalizationMethod")?;
    let bytes = in_canonical_form(info, None, inclusive(method)?)?;
    value.only(&["Id"])?;
    let value = base64::decode(value.said("SignatureValue")?, "SignatureValue")?;
    let info = Document::read(bytes.as_bytes(), &MESSAGE)?;
    by_one_of(keys, signature_method(info.root())?, bytes.as_bytes(), &value)?;
    Ok(info)
}

fn by_one_of(keys: &[PublicKey], method: Method, message: &[u8], signature: &[u8]) -> Result<(), SignatureFlaw> {
    let mut verdicts = keys.iter().filter_map(|key| key.verifies(method, message, signature)).peekable();
    if verdicts.peek().is_none() {
        return Err(SignatureFlaw::KeyUnsuitable);
    }
    if verdicts.any(|verified| verified) { Ok(()) } else { Err(SignatureFlaw::Value) }
}

fn signature_method(info: Element<'_>) -> Result<Method, Rejected> {
    let mut parts = info.sequence()?;
    parts.one(Ns::SIGNATURE, "CanonicalizationMethod")?;
    let method = parts.one(Ns::SIGNATURE, "SignatureMethod")?;
    Method::named(algorithm(method, Bare)?).ok_or(Rejected::Signature(SignatureFlaw::Method))
}

/// The one reference of a signature: what was digested, how, and to what.
struct Reference<'d> {
    uri: &'d str,
    inclusive: Vec<&'d str>,
    digest: Digest,
    value: Vec<u8>,
}

impl<'d> Reference<'d> {
    fn read(info: Element<'d>) -> Result<Self, Rejected> {
        info.only(&["Id"])?;
        let mut parts = info.sequence()?;
        parts.one(Ns::SIGNATURE, "CanonicalizationMethod")?;
        parts.one(Ns::SIGNATURE, "SignatureMethod")?;
        let reference = parts.one(Ns::SIGNATURE, "Reference")?;
        parts.end()?;
        reference.only(&["URI"])?;
        let uri = reference.required("URI")?;
        let mut parts = reference.sequence()?;
        let inclusive = transforms(parts.one(Ns::SIGNATURE, "Transforms")?)?;
        let digest = algorithm(parts.one(Ns::SIGNATURE, "DigestMethod")?, Bare)?;
        let digest = Digest::named(digest).ok_or(SignatureFlaw::DigestMethod)?;
        let value = parts.one(Ns::SIGNATURE, "DigestValue")?;
        parts.end()?;
        value.only(&[])?;
        Ok(Self { uri, inclusive, digest, value: base64::decode(value.said("DigestValue")?, "DigestValue")? })
    }
}

/// Exactly two, in this order: leave out the signature, write the rest in canonical form.
fn transforms(transforms: Element<'_>) -> Result<Vec<&str>, Rejected> {
    transforms.only(&[])?;
    let mut parts = transforms.sequence()?;
    let [enveloped, exclusive] = [parts.one(Ns::SIGNATURE, "Transform")?, parts.one(Ns::SIGNATURE, "Transform")?];
    parts.end().map_err(|_| SignatureFlaw::Transforms)?;
    if algorithm(enveloped, Bare).map_err(|_| SignatureFlaw::Transforms)? != ENVELOPED {
        return Err(SignatureFlaw::Transforms.into());
    }
    inclusive(exclusive).map_err(|flaw| match flaw {
        Rejected::Signature(_) => SignatureFlaw::Transforms.into(),
        other => other,
    })
}

/// The prefixes that a canonicalisation carries along, if it is the one of the profile.
fn inclusive(method: Element<'_>) -> Result<Vec<&str>, Rejected> {
    if algorithm(method, WithParameters)? != EXCLUSIVE {
        return Err(SignatureFlaw::Canonicalization.into());
    }
    let mut parts = method.sequence()?;
    let Some(list) = parts.maybe(Ns::EXCLUSIVE, "InclusiveNamespaces") else {
        parts.end()?;
        return Ok(Vec::new());
    };
    parts.end()?;
    list.only(&["PrefixList"])?;
    list.nothing()?;
    let prefixes: Vec<&str> = list.required("PrefixList")?.split_ascii_whitespace().collect();
    if prefixes.len() > PREFIXES { Err(ShapeFlaw::Value("PrefixList").into()) } else { Ok(prefixes) }
}

/// Whether an algorithm's element may have something inside.
#[derive(PartialEq)]
enum Parameters {
    Bare,
    WithParameters,
}
use Parameters::{Bare, WithParameters};

fn algorithm(element: Element<'_>, parameters: Parameters) -> Result<&str, ShapeFlaw> {
    element.only(&["Algorithm"])?;
    if parameters == Bare {
        element.nothing()?;
    }
    element.required("Algorithm")
}

fn in_canonical_form(
    apex: Element<'_>,
    without: Option<Element<'_>>,
    inclusive: Vec<&str>,
) -> Result<String, Rejected> {
    let bytes = canonical(apex, &Choice { without, inclusive, most: MESSAGE.bytes })?;
    // A canonical form that came out empty has been signed by whoever signed any empty form.
    if bytes.is_empty() { Err(SignatureFlaw::Void.into()) } else { Ok(bytes) }
}
