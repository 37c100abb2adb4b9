use super::*;
use crate::testing::{Idp, NOW_MS, request_id, service_provider};
use crate::xml::{Document, MESSAGE, Ns};

fn request(id: &RequestId) -> AuthnRequest<'_> {
    AuthnRequest { id, issued_ms: NOW_MS, force_authn: false, authn_context: &[], name_id_format: None }
}

/// The value of a parameter, and whatever stands before it.
fn parameter<'a>(url: &'a str, name: &str) -> (&'a str, String) {
    let (before, rest) = url.split_once(&format!("{name}=")).unwrap();
    let value = rest.split('&').next().unwrap();
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digits = |rest: &mut std::str::Bytes<'_>| String::from_utf8(rest.take(2).collect()).unwrap();
        bytes.push(match byte {
            b'%' => u8::from_str_radix(&digits(&mut rest), 16).unwrap(),
            b'+' => b' ',
            _ => byte,
        });
    }
    (before, String::from_utf8(bytes).unwrap())
}

/// What `deflated` wrote, read by the format's own rules.
fn inflated(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let length = usize::from(u16::from_le_bytes([bytes[1], bytes[2]]));
        assert_eq!(length as u16, !u16::from_le_bytes([bytes[3], bytes[4]]));
        out.extend_from_slice(&bytes[5..5 + length]);
        if bytes[0] == 1 {
            assert_eq!(bytes.len(), 5 + length);
            return out;
        }
        assert_eq!(bytes[0], 0);
        bytes = &bytes[5 + length..];
    }
}

#[test]
fn a_redirect_carries_a_request_and_a_signature_of_the_query() {
    for idp in [Idp::p256(), Idp::p384(), Idp::rsa()] {
        let (us, id) = (service_provider(None), request_id());
        let url = request(&id).redirect(&us, &idp.provider, &idp.key, Some("a b&c=ü")).unwrap();
        assert!(url.starts_with("https://idp.example.com/sso?SAMLRequest=") && url.len() < 2_000, "{}", url.len());
        let xml = inflated(&base64::decode(&parameter(&url, "SAMLRequest").1, "").unwrap());
        let document = Document::read(&xml, &MESSAGE).unwrap();
        assert!(document.root().is(Ns::PROTOCOL, "AuthnRequest"));
        assert_eq!(document.root().attribute("ID"), Some("_0707070707070707070707070707070707070707"));
        assert_eq!(document.root().attribute("IssueInstant"), Some("2026-01-15T09:30:00Z"));
        assert_eq!(document.root().attribute("Destination"), Some("https://idp.example.com/sso"));
        assert_eq!(document.root().attribute("AssertionConsumerServiceURL"), Some(&*us.acs_url));
        assert_eq!(document.root().attribute("ForceAuthn"), None);
        assert_eq!(parameter(&url, "RelayState").1, "a b&c=ü");
        assert_eq!(parameter(&url, "SigAlg").1, idp.key.method().uri());
        let (before, signature) = parameter(&url, "&Signature");
        let query = before.split_once('?').unwrap().1;
        let signature = base64::decode(&signature, "").unwrap();
        assert_eq!(idp.certificate().key().verifies(idp.key.method(), query.as_bytes(), &signature), Some(true));
    }
}

#[test]
fn a_form_carries_a_request_that_is_signed_inside() {
    for idp in [Idp::p256(), Idp::p384(), Idp::rsa()] {
        let (us, id) = (service_provider(None), request_id());
        let request = AuthnRequest {
            force_authn: true,
            authn_context: &["urn:a", "urn:b"],
            name_id_format: Some("urn:f"),
            ..request(&id)
        };
        let form = request.post(&us, &idp.provider, &idp.key, None).unwrap();
        assert_eq!((&*form.action, form.relay_state), ("https://idp.example.com/sso/post", None));
        let xml = base64::decode(&form.saml_request, "").unwrap();
        let document = Document::read(&xml, &MESSAGE).unwrap();
        let names: Vec<_> = document.root().children().map(|child| child.local()).collect();
        assert_eq!(names, ["Issuer", "Signature", "NameIDPolicy", "RequestedAuthnContext"]);
        let signature = document.root().children().nth(1).unwrap();
        let signed = crate::signature::verify(document.root(), signature, idp.provider.keys()).unwrap();
        assert_eq!(signed.root().attribute("ForceAuthn"), Some("true"));
        assert_eq!(signed.root().attribute("Destination"), Some("https://idp.example.com/sso/post"));
        let contexts = signed.elements().filter(|one| one.local() == "AuthnContextClassRef");
        assert_eq!(contexts.map(|one| one.text().unwrap()).collect::<Vec<_>>(), ["urn:a", "urn:b"]);
    }
}

#[test]
fn what_can_not_be_asked_is_said() {
    let (idp, us, id) = (Idp::p256(), service_provider(None), request_id());
    let long = "x".repeat(81);
    assert_eq!(request(&id).redirect(&us, &idp.provider, &idp.key, Some(&long)), Err(RequestError::RelayState));
    assert_eq!(request(&id).post(&us, &idp.provider, &idp.key, Some(&long)), Err(RequestError::RelayState));
    let mut strange = service_provider(None);
    strange.entity_id = "\u{1}".into();
    assert_eq!(request(&id).post(&strange, &idp.provider, &idp.key, None), Err(RequestError::Signing));
}

#[test]
fn an_id_is_a_name() {
    assert_eq!(RequestId::parse("_0a"), Some(RequestId("_0a".into())));
    assert_eq!(RequestId::from_random([0xab; 20]).as_str().len(), 41);
    for other in ["", "0a", "a b", "a:b", "é", &"a".repeat(129)] {
        assert_eq!(RequestId::parse(other), None);
    }
}

#[test]
fn a_long_request_is_stored_in_blocks() {
    let text: String = (0..200_000).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
    assert_eq!(inflated(&deflated(&text)), text.as_bytes());
}
