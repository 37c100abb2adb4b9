//! SAML: documents that everybody can send to a public address.

use sealpost_saml::__judging::{canonical, is_metadata_document};
use sealpost_saml::{Expectations, IdentityProvider, RequestId, ServiceProvider, verify};

/// What pysaml2 tells of itself, and what it signed with keys that nobody has any more.
pub const METADATA: &[u8] = include_bytes!("../../crates/saml/tests/data/pysaml2/idp.xml");
/// Responses of it.
pub const RESPONSES: [(&str, &[u8]); 3] = [
    ("assertion_signed", include_bytes!("../../crates/saml/tests/data/pysaml2/assertion_signed.xml")),
    ("both_signed", include_bytes!("../../crates/saml/tests/data/pysaml2/both_signed.xml")),
    ("p256", include_bytes!("../../crates/saml/tests/data/pysaml2/p256.xml")),
];
/// Whom they are about.
const NAME: &str = "ada@example.com";
/// When they were written.
const WRITTEN_MS: i64 = 1_795_809_520_000;

/// The strict reader: what it takes has no markup it shouldn't, and one canonical form.
pub fn saml_xml(data: &[u8]) {
    let Ok(Some(form)) = canonical(data, 0, &["xs"]) else { return };
    let text = std::str::from_utf8(data).expect("UTF-8 only");
    let declared = text.strip_prefix("<?xml").unwrap_or(text);
    assert!(!text.contains("<!") && !declared.contains("<?"), "forbidden markup is read");
    assert!(!form.is_empty(), "nothing is left");
    // A form too long for a message is not read again.
    if form.len() <= 256 * 1024 {
        assert_eq!(canonical(form.as_bytes(), 0, &["xs"]), Ok(Some(form)), "the form has another form");
    }
    assert_eq!(is_metadata_document(data), Ok(()), "a message that can't be metadata");
}

/// Nobody can sign but the provider: whatever is accepted says what the provider said.
pub fn saml_response(data: &[u8]) {
    let idp = IdentityProvider::from_metadata(METADATA).expect("its own metadata");
    let us = ServiceProvider {
        entity_id: "https://sealpost.example/saml/7f3c".to_owned(),
        acs_url: "https://sealpost.example/saml/7f3c/acs".to_owned(),
        decryption_keys: Vec::new(),
    };
    let request = RequestId::parse("_0f1e2d3c4b5a69788796a5b4c3d2e1f001122334").expect("a name");
    if let Ok(unspent) = verify(data, &Expectations::new(WRITTEN_MS, &us, &idp, &request)) {
        let accepted = unspent.spend(true).expect("the first use");
        assert_eq!(accepted.name_id().value().expose(), NAME, "somebody else is signed in");
        assert_eq!(accepted.issuer(), "https://idp.example.com/metadata");
    }
}

/// Metadata that somebody uploads.
pub fn saml_metadata(data: &[u8]) {
    if let Ok(idp) = IdentityProvider::from_metadata(data) {
        assert!(!idp.certificates().is_empty() && !idp.entity_id().is_empty());
        let addresses = [idp.redirect_url(), idp.post_url()];
        assert!(
            addresses.iter().flatten().all(|url| url.starts_with("https://")) && addresses.iter().any(Option::is_some)
        );
    }
}
