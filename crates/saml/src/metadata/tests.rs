use super::*;
use crate::base64;
use crate::testing::{Idp, metadata, service_provider};
use crate::xml::{Document, METADATA, Ns};

fn refusal(text: &str) -> &'static str {
    IdentityProvider::from_metadata(text.as_bytes()).map_or_else(MetadataFlaw::code, |_| "accepted")
}

#[test]
fn what_a_provider_tells_of_itself_is_read() {
    let (one, two) = (Idp::p256(), Idp::p384());
    let text =
        metadata(&[&one.certificate, &two.certificate, &one.certificate], " validUntil=\"2031-01-01T00:00:00Z\"");
    let provider = IdentityProvider::from_metadata(text.as_bytes()).unwrap();
    assert_eq!(provider.entity_id(), "https://idp.example.com/metadata");
    assert_eq!(
        provider.certificates().iter().map(|c| c.der()).collect::<Vec<_>>(),
        [&one.certificate[..], &two.certificate]
    );
    assert_eq!(provider.redirect_url(), Some("https://idp.example.com/sso"));
    assert_eq!(provider.post_url(), Some("https://idp.example.com/sso/post"));
    assert_eq!(provider.valid_until_ms(), Some(1_924_992_000_000));
    assert!(!provider.wants_signed_requests());
    let wanting = text.replace("<md:IDPSSODescriptor", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\"");
    assert!(IdentityProvider::from_metadata(wanting.as_bytes()).unwrap().wants_signed_requests());
}

#[test]
fn what_is_kept_of_metadata_is_all_that_counts_of_it() {
    let (one, two) = (Idp::p256(), Idp::rsa());
    let whole = metadata(&[&one.certificate, &two.certificate], " validUntil=\"2031-01-01T00:00:00Z\"");
    let whole = whole
        .replace("<md:IDPSSODescriptor", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\"")
        .replace("/sso\"", "/sso?a=1&amp;b=2\"")
        .replace("</md:EntityDescriptor>", "<x xmlns=\"urn:x\">much more</x></md:EntityDescriptor>");
    for text in
        [whole.clone(), whole.replace("bindings:HTTP-Redirect", "x"), whole.replace(" validUntil", " validFrom")]
    {
        let provider = IdentityProvider::from_metadata(text.as_bytes()).unwrap();
        let kept = provider.to_metadata();
        let again = IdentityProvider::from_metadata(kept.as_bytes()).unwrap();
        assert_eq!(again.to_metadata(), kept);
        assert_eq!(again.entity_id(), provider.entity_id());
        assert_eq!(again.keys(), provider.keys());
        assert_eq!((again.redirect_url(), again.post_url()), (provider.redirect_url(), provider.post_url()));
        assert_eq!(again.valid_until_ms(), provider.valid_until_ms());
        assert!(again.wants_signed_requests() && !kept.contains("much more"));
    }
}

#[test]
fn a_list_with_one_provider_in_it_is_that_provider() {
    let idp = Idp::p256();
    let list = |more: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" validUntil=\"2030-01-01T00:00:00Z\">\
             <x:Thing xmlns:x=\"urn:anything\" x:y=\"z\"/>{}{more}</md:EntitiesDescriptor>",
            metadata(&[&idp.certificate], " validUntil=\"2031-01-01T00:00:00Z\"")
        )
    };
    let provider = IdentityProvider::from_metadata(list("").as_bytes()).unwrap();
    assert_eq!(provider.valid_until_ms(), Some(1_893_456_000_000));
    assert_eq!(refusal(&list(&metadata(&[&idp.certificate], ""))), "metadata_several_identity_providers");
}

#[test]
fn what_can_not_be_used_is_refused() {
    let idp = Idp::p256();
    let good = metadata(&[&idp.certificate], "");
    let key = base64::encode(&idp.certificate);
    let cases = [
        ("accepted", good.replace(" use=\"signing\"", "")),
        ("metadata_no_signing_certificate", good.replace("signing", "encryption")),
        ("metadata_certificate_malformed", good.replace(&key, "AAAA")),
        ("value_malformed", good.replace(&key, "not base64!")),
        ("metadata_no_identity_provider", good.replace("IDPSSODescriptor", "SPSSODescriptor")),
        ("metadata_no_identity_provider", good.replace("SAML:2.0:protocol", "SAML:1.1:protocol")),
        ("metadata_no_endpoint", good.replace("bindings:HTTP-", "bindings:SOAP-")),
        ("metadata_endpoint_not_https", good.replace("https://idp.example.com/sso\"", "http://idp.example.com/sso\"")),
        ("metadata_endpoint_not_https", good.replace("https://idp.example.com/sso\"", "javascript:alert(1)\"")),
        ("attribute_missing", good.replace(" entityID=", " entityId=")),
        ("value_malformed", good.replace("https://idp.example.com/metadata", "")),
        ("value_malformed", good.replace("idp.example.com/metadata", &"x".repeat(1024))),
        ("value_malformed", metadata(&[&idp.certificate], " validUntil=\"tomorrow\"")),
        ("root_unexpected", good.replace("EntityDescriptor", "Other")),
        ("xml_comment", good.replace("<md:IDP", "<!-- --><md:IDP")),
        ("xml_document_type", format!("<!DOCTYPE x>{good}")),
        ("xml_too_large", format!("{good}{}", " ".repeat(1024 * 1024))),
    ];
    for (expected, text) in cases {
        assert_eq!(refusal(&text), expected, "{text}");
    }
    let keys: Vec<Idp> = (0..9).map(|_| Idp::p256()).collect();
    let many: Vec<&[u8]> = keys.iter().map(|idp| &*idp.certificate).collect();
    assert_eq!(refusal(&metadata(&many, "")), "metadata_too_many_certificates");
}

#[test]
fn only_the_first_certificate_of_a_chain_signs_assertions() {
    let (leaf, issuer) = (Idp::p256(), Idp::p256());
    let chained = format!(
        "</ds:X509Certificate><ds:X509Certificate>{}</ds:X509Certificate>",
        base64::encode(&issuer.certificate)
    );
    let text = metadata(&[&leaf.certificate], "").replace("</ds:X509Certificate>", &chained);
    let provider = IdentityProvider::from_metadata(text.as_bytes()).unwrap();
    assert_eq!(provider.certificates().len(), 1);
    assert_eq!(provider.certificates()[0].der(), leaf.certificate);
}

#[test]
fn a_private_key_is_noticed_wherever_it_is() {
    let (idp, rsa) = (Idp::p256(), Idp::rsa());
    let good = metadata(&[&idp.certificate], "");
    let certificate = base64::encode(&idp.certificate);
    let pem = rsa.pair.serialize_pem();
    let inside = |value: &str| {
        good.replace("</md:IDPSSODescriptor>", &format!("<x xmlns=\"urn:x\">{value}</x></md:IDPSSODescriptor>"))
    };
    let pkcs1 = "<ds:KeyValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus>\
                 <ds:Exponent>AQAB</ds:Exponent><ds:D>AQAB</ds:D></ds:RSAKeyValue></ds:KeyValue>";
    let encrypted = [
        &[0x30, 0x22, 0x30, 0x0d, 0x06, 0x09][..],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d],
        &[0x05, 0x00, 0x04, 0x11],
        &[7; 17],
    ]
    .concat();
    let cases = [
        pem.clone(),
        format!("{good}{pem}"),
        inside(&pem),
        inside(&base64::encode(rsa.pair.serialize_der())),
        inside(&base64::encode(idp.pair.serialize_der())),
        inside(&base64::encode(encrypted)),
        good.replace(
            "<md:IDPSSODescriptor",
            &format!("<md:IDPSSODescriptor x=\"{}\"", base64::encode(idp.pair.serialize_der())),
        ),
        good.replace(&certificate, &base64::encode(rsa.pair.serialize_der())),
        inside(pkcs1),
        inside("<RSAKeyPair/>"),
    ];
    for text in cases {
        assert_eq!(refusal(&text), "metadata_private_key", "{text}");
    }
    assert_eq!(IdentityProvider::from_metadata(&rsa.pair.serialize_der()).err(), Some(MetadataFlaw::PrivateKey));
    // Public keys and certificates are what belongs there.
    let public = pkcs1.replace("<ds:D>AQAB</ds:D>", "");
    assert_eq!(refusal(&inside(&public)), "accepted");
    assert_eq!(refusal(&inside(&base64::encode(rcgen::PublicKeyData::subject_public_key_info(&rsa.pair)))), "accepted");
    assert_eq!(refusal(&inside("our PRIVATE KEY is elsewhere")), "accepted");
}

#[test]
fn what_we_tell_of_ourselves_is_what_the_reader_reads() {
    let (signing, encryption) = (Idp::p256().certificate(), Idp::rsa().certificate());
    let mut us = service_provider(None);
    us.entity_id = "https://sealpost.example/saml?a=1&b=\"2\"".into();
    let text = us.metadata(std::slice::from_ref(&signing), std::slice::from_ref(&encryption));
    let document = Document::read(text.as_bytes(), &METADATA).unwrap();
    assert_eq!(document.root().attribute("entityID"), Some(&*us.entity_id));
    let role = document.root().children().next().unwrap();
    assert!(role.is(Ns::METADATA, "SPSSODescriptor"));
    assert_eq!(role.attribute("WantAssertionsSigned"), Some("true"));
    assert_eq!(role.attribute("AuthnRequestsSigned"), Some("true"));
    let certificates = document.elements().filter(|one| one.is(Ns::SIGNATURE, "X509Certificate"));
    let certificates: Vec<_> = certificates.map(|one| base64::decode(one.text().unwrap(), "").unwrap()).collect();
    assert_eq!(certificates, [signing.der(), encryption.der()]);
    let uses = document.elements().filter_map(|one| one.attribute("use"));
    assert_eq!(uses.collect::<Vec<_>>(), ["signing", "encryption"]);
    let acs = role.children().last().unwrap();
    assert_eq!((acs.attribute("Binding"), acs.attribute("Location")), (Some(POST), Some(&*us.acs_url)));
    assert!(!us.metadata(&[signing], &[]).contains("EncryptionMethod"));
}
