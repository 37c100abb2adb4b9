use super::*;
use crate::refusal::Status;
use crate::testing::{Idp, NOW_MS, RECIPIENT, Story, encrypted, request_id, service_provider};
use crate::xml::XmlFlaw;

fn told(change: impl FnOnce(&mut Story)) -> Story {
    let mut story = Story::default();
    change(&mut story);
    story
}

fn code(result: Result<Unspent, Rejected>) -> &'static str {
    result.map_or_else(Rejected::code, |_| "accepted")
}

#[test]
fn what_was_signed_is_told_once() {
    let idp = Idp::p256();
    for response_signed in [false, true] {
        let story = Story { response_signed, ..Story::default() };
        let unspent = idp.judge(&story.told_by(&idp)).unwrap();
        assert_eq!(unspent.assertion_id(), "_a1");
        assert_eq!(unspent.issuer(), idp.provider.entity_id());
        assert_eq!(unspent.remember_until_ms(), NOW_MS + 300_000 + SKEW_MS);
        let accepted = unspent.spend(true).unwrap();
        assert_eq!(accepted.name_id().value().expose(), "ada@example.com");
        assert_eq!(accepted.name_id().format(), None);
        assert_eq!(accepted.attributes().all("groups").map(Clear::expose).collect::<Vec<_>>(), ["staff", "on-call"]);
        assert_eq!(accepted.session_index().map(Clear::expose), Some("_s1"));
        assert_eq!(accepted.not_on_or_after_ms(), NOW_MS + 300_000);
        assert_eq!(accepted.authn_instant_ms(), NOW_MS - 5_000);
        assert!(accepted.authn_context().ends_with("PasswordProtectedTransport"));
        let again = idp.judge(&story.told_by(&idp)).unwrap().spend(false);
        assert_eq!(again.unwrap_err(), Rejected::Replayed);
    }
}

#[test]
fn every_kind_of_key_signs() {
    for idp in [Idp::p256(), Idp::p384(), Idp::rsa()] {
        assert_eq!(code(idp.judge(&Story::default().told_by(&idp))), "accepted");
        let other = Idp::p256();
        assert_ne!(code(other.judge(&Story::default().told_by(&idp))), "accepted");
    }
}

#[test]
fn what_it_says_has_to_be_right() {
    let idp = Idp::p256();
    let cases: &[(&str, fn(&mut Story))] = &[
        ("issuer_mismatch", |s| s.issuer = "https://idp.example.org/metadata".into()),
        ("issuer_mismatch", |s| s.assertion_issuer = "https://idp.example.org/metadata".into()),
        ("issuer_mismatch", |s| s.assertion_issuer = "https://idp.example.com/metadata ".into()),
        // The о is Cyrillic.
        ("issuer_mismatch", |s| s.assertion_issuer = "https://idp.example.cоm/metadata".into()),
        ("value_malformed", |s| s.issuer = String::new()),
        ("destination_mismatch", |s| s.destination = "https://sealpost.example/saml/0000/acs".into()),
        ("recipient_mismatch", |s| s.recipient = "https://sealpost.example/saml/0000/acs".into()),
        ("in_response_to_mismatch", |s| s.in_response_to = "_0".into()),
        ("in_response_to_mismatch", |s| s.in_response_to = String::new()),
        ("in_response_to_mismatch", |s| s.confirmed_request = "_0".into()),
        ("audience_mismatch", |s| s.audiences = s.audiences.replace("7f3c", "0000")),
        ("element_missing", |s| s.audiences = String::new()),
        ("audience_mismatch", |s| s.audiences = s.audiences.clone() + &s.audiences.replace("7f3c", "0000")),
        ("audience_mismatch", |s| s.audiences = "<saml:AudienceRestriction/>".into()),
        ("element_unexpected", |s| s.audiences.push_str("<saml:Condition/>")),
        ("version_unsupported", |s| s.version = "1.1".into()),
        ("confirmation_unsupported", |s| s.method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches".into()),
        ("name_id_unusable", |s| s.name_id = "<saml:NameID></saml:NameID>".into()),
        ("name_id_unusable", |s| s.name_id = "<saml:NameID> ada@example.com</saml:NameID>".into()),
        ("name_id_unusable", |s| s.name_id = "<saml:NameID>ada\u{202e}@example.com</saml:NameID>".into()),
        ("name_id_unusable", |s| s.name_id = "<saml:NameID>ada\u{200b}@example.com</saml:NameID>".into()),
        ("name_id_unusable", |s| s.name_id = "<saml:NameID SPNameQualifier=\"urn:x\">ada</saml:NameID>".into()),
        ("content_mixed", |s| s.name_id = "<saml:NameID>ada<saml:NameID/>@example.com</saml:NameID>".into()),
        ("element_missing", |s| s.name_id = String::new()),
        ("element_missing", |s| s.name_id = "<saml:EncryptedID/>".into()),
        ("element_missing", |s| s.name_id.push_str("<saml:NameID>eve@example.com</saml:NameID>")),
        ("status_not_success", |s| s.status = s.status.replace("Success", "Responder")),
        ("element_missing", |s| s.status = String::new()),
        ("value_malformed", |s| s.context = String::new()),
        ("element_unexpected", |s| s.attributes.push_str("<saml:AuthzDecisionStatement/>")),
        ("element_unexpected", |s| {
            s.attributes = "<saml:AttributeStatement><saml:Other/></saml:AttributeStatement>".into()
        }),
        ("attribute_missing", |s| {
            s.attributes = "<saml:AttributeStatement><saml:Attribute/></saml:AttributeStatement>".into()
        }),
        ("assertion_unsigned", |s| s.assertion_signed = false),
        ("assertion_unsigned", |s| (s.assertion_signed, s.response_signed) = (false, true)),
    ];
    for (expected, change) in cases {
        for response_signed in [false, true] {
            let story = told(|story| {
                story.response_signed = response_signed;
                change(story);
            });
            assert_eq!(code(idp.judge(&story.told_by(&idp))), *expected, "{}", story.told_by(&idp));
        }
    }
}

#[test]
fn time_has_edges_and_a_minute_of_patience() {
    let idp = Idp::p256();
    let edge = SKEW_MS;
    let cases: &[(&str, fn(&mut Story, i64), i64)] = &[
        ("accepted", |s, at| s.not_on_or_after_ms = at, NOW_MS - edge + 1),
        ("expired", |s, at| s.not_on_or_after_ms = at, NOW_MS - edge),
        ("accepted", |s, at| s.confirmed_until_ms = at, NOW_MS - edge + 1),
        ("expired", |s, at| s.confirmed_until_ms = at, NOW_MS - edge),
        ("accepted", |s, at| s.not_before_ms = at, NOW_MS + edge),
        ("not_yet_valid", |s, at| s.not_before_ms = at, NOW_MS + edge + 1),
        ("accepted", |s, at| s.issued_ms = at, NOW_MS + edge),
        ("not_yet_valid", |s, at| s.issued_ms = at, NOW_MS + edge + 1),
        ("accepted", |s, at| s.authn_instant_ms = at, NOW_MS + edge),
        ("not_yet_valid", |s, at| s.authn_instant_ms = at, NOW_MS + edge + 1),
    ];
    for (expected, change, at) in cases {
        let story = told(|story| change(story, *at));
        assert_eq!(code(idp.judge(&story.told_by(&idp))), *expected, "{at}");
    }
}

#[test]
fn what_is_asked_for_has_to_be_given() {
    let (idp, us, request) = (Idp::p256(), service_provider(None), request_id());
    let story = Story::default().told_by(&idp);
    let usual = Expectations::new(NOW_MS, &us, &idp.provider, &request);
    let judge = |expected: &Expectations<'_>| code(verify(story.as_bytes(), expected));
    assert_eq!(judge(&Expectations { response_signed: true, ..usual.clone() }), "response_unsigned");
    assert_eq!(judge(&Expectations { answers: Answers::Nothing, ..usual.clone() }), "in_response_to_mismatch");
    let context: &[&str] = &["urn:oasis:names:tc:SAML:2.0:ac:classes:X509"];
    assert_eq!(judge(&Expectations { authn_context: context, ..usual.clone() }), "authn_context_mismatch");
    let context: &[&str] = &[context[0], "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"];
    assert_eq!(judge(&Expectations { authn_context: context, ..usual.clone() }), "accepted");
    let since = |at| Expectations { authenticated_since_ms: Some(at), ..usual.clone() };
    assert_eq!(judge(&since(NOW_MS - 5_000 + SKEW_MS)), "accepted");
    assert_eq!(judge(&since(NOW_MS - 5_000 + SKEW_MS + 1)), "authn_instant_too_old");
}

#[test]
fn whoever_begins_at_the_provider_is_let_in_only_where_that_is_allowed() {
    let (idp, us, request) = (Idp::p256(), service_provider(None), request_id());
    let unasked = told(|s| (s.in_response_to, s.confirmed_request) = (String::new(), String::new()));
    let unasked = unasked.told_by(&idp);
    let usual = Expectations::new(NOW_MS, &us, &idp.provider, &request);
    assert_eq!(code(verify(unasked.as_bytes(), &usual)), "in_response_to_mismatch");
    let allowed = Expectations { answers: Answers::Nothing, ..usual };
    assert_eq!(code(verify(unasked.as_bytes(), &allowed)), "accepted");
    // What was stolen from one browser is no answer without a request.
    assert_eq!(code(verify(Story::default().told_by(&idp).as_bytes(), &allowed)), "in_response_to_mismatch");
}

#[test]
fn a_provider_that_says_no_is_understood_without_a_signature() {
    let idp = Idp::p256();
    let cases = [
        ("Requester", "NoAuthnContext", Status::NoAuthnContext),
        ("Responder", "AuthnFailed", Status::AuthnFailed),
        ("Requester", "InvalidNameIDPolicy", Status::InvalidNameIdPolicy),
        ("Responder", "Whatever", Status::Other),
    ];
    for (outer, inner, expected) in cases {
        let name = "urn:oasis:names:tc:SAML:2.0:status:";
        let story = told(|s| {
            s.status = format!(
                "<samlp:StatusCode Value=\"{name}{outer}\"><samlp:StatusCode Value=\"{name}{inner}\"/></samlp:StatusCode>\
                 <samlp:StatusMessage>no</samlp:StatusMessage>"
            );
        });
        assert_eq!(idp.judge(&story.around("", &idp)).unwrap_err(), Rejected::Status(expected));
    }
}

/// All that can be had from what was accepted.
fn everything(unspent: Unspent) -> String {
    let accepted = unspent.spend(true).unwrap();
    let attributes: Vec<_> = accepted.attributes().all("groups").map(Clear::expose).collect();
    let name = (accepted.name_id().value().expose(), accepted.name_id().format());
    format!("{accepted:?} {name:?} {attributes:?} {:?}", accepted.session_index().map(Clear::expose))
}

#[test]
fn a_changed_byte_is_refused_or_says_nothing_new() {
    let idp = Idp::p256();
    let good = Story { response_signed: true, ..Story::default() }.told_by(&idp);
    let told = everything(idp.judge(&good).unwrap());
    let (us, request) = (service_provider(None), request_id());
    let expected = Expectations::new(NOW_MS, &us, &idp.provider, &request);
    let mut accepted = 0;
    for at in 0..good.len() {
        for change in [1, 32] {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= change;
            if let Ok(unspent) = verify(&bytes, &expected) {
                // White space in a tag, and a declaration that nobody needs, are not signed.
                assert_eq!(everything(unspent), told, "{at}");
                accepted += 1;
            }
        }
    }
    assert!(accepted < good.len() / 50, "{accepted} of {}", good.len() * 2);
}

/// A good response, its assertion, the assertion's signature, and an assertion of somebody else's making.
struct Wrapping {
    response: String,
    assertion: String,
    signature: String,
    evil: String,
}

impl Wrapping {
    fn new(idp: &Idp) -> Self {
        let assertion = Story::default().assertion(idp);
        let (from, to) = (assertion.find("<ds:Signature").unwrap(), assertion.find("</ds:Signature>").unwrap() + 15);
        let signature = assertion[from..to].to_owned();
        let evil = assertion.replace(&signature, "").replace("ada@", "eve@").replace("_a1", "_evil");
        assert!(!evil.contains("Signature"));
        Self { response: Story::default().around("@", idp), assertion, signature, evil }
    }

    fn with(&self, assertion: &str) -> String {
        self.response.replace('@', assertion)
    }

    fn unsigned(&self) -> String {
        self.assertion.replace(&self.signature, "")
    }
}

/// Puts `inside` right after the issuer of an assertion, where a signature belongs.
fn after_issuer(assertion: &str, inside: &str) -> String {
    assertion.replacen("</saml:Issuer>", &format!("</saml:Issuer>{inside}"), 1)
}

#[test]
fn a_signature_wrapped_in_another_document_vouches_for_nothing() {
    let idp = Idp::p256();
    let w = Wrapping::new(&idp);
    let signed_evil = after_issuer(&w.evil, &w.signature);
    let with_object = |object: &str| {
        w.signature.replace("</ds:Signature>", &format!("<ds:Object>{object}</ds:Object></ds:Signature>"))
    };
    let cases = [
        ("XSW3: evil before the signed one", w.with(&format!("{}{}", w.evil, w.assertion))),
        ("XSW3: evil after the signed one", w.with(&format!("{}{}", w.assertion, w.evil))),
        (
            "XSW4: signed one inside the evil one",
            w.with(&w.evil.replace("</saml:Assertion>", &format!("{}</saml:Assertion>", w.assertion))),
        ),
        ("XSW5: evil with the signature, original at the end", w.with(&format!("{signed_evil}{}", w.unsigned()))),
        (
            "XSW6: original inside the signature",
            w.with(&after_issuer(
                &w.evil,
                &w.signature.replace("</ds:Signature>", &format!("{}</ds:Signature>", w.unsigned())),
            )),
        ),
        (
            "XSW7: evil under Extensions",
            w.response
                .replace("<samlp:Status>", &format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", w.evil))
                .replace('@', &w.assertion),
        ),
        ("XSW8: original under Object", w.with(&after_issuer(&w.evil, &with_object(&w.unsigned())))),
        (
            "original in KeyInfo",
            w.with(&after_issuer(
                &w.evil,
                &w.signature
                    .replace("</ds:Signature>", &format!("<ds:KeyInfo>{}</ds:KeyInfo></ds:Signature>", w.unsigned())),
            )),
        ),
        (
            "original in Advice",
            w.with(&signed_evil.replace(
                "</saml:Conditions>",
                &format!("</saml:Conditions><saml:Advice>{}</saml:Advice>", w.unsigned()),
            )),
        ),
        ("same ID twice", w.with(&format!("{}{}", w.assertion, w.evil.replace("_evil", "_a1")))),
        ("signature of another assertion", w.with(&signed_evil)),
        (
            "signature of the assertion on the response",
            w.with(&w.unsigned()).replacen("</saml:Issuer>", &format!("</saml:Issuer>{}", w.signature), 1),
        ),
        ("signature beside the assertion", w.with(&format!("{}{}", w.signature, w.unsigned()))),
        (
            "assertion in StatusDetail",
            w.with(&w.evil).replace(
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{}</samlp:StatusDetail></samlp:Status>", w.assertion),
            ),
        ),
        ("two signatures", w.with(&after_issuer(&w.assertion, &w.signature))),
    ];
    for (what, document) in cases {
        assert_ne!(code(idp.judge(&document)), "accepted", "{what}");
        assert!(document.contains("eve@") || document.contains("ada@"), "{what}");
    }
    assert_eq!(code(idp.judge(&w.with(&w.assertion))), "accepted");
}

#[test]
fn a_response_wrapped_in_another_vouches_for_nothing() {
    let idp = Idp::p256();
    let good = Story { response_signed: true, assertion_signed: false, ..Story::default() }.told_by(&idp);
    let (from, to) = (good.find("<ds:Signature").unwrap(), good.find("</ds:Signature>").unwrap() + 15);
    let signature = &good[from..to];
    let original = good.replace(signature, "");
    let evil = original.replace("ada@", "eve@").replace("_r1", "_evil");
    let holding =
        |object: &str| signature.replace("</ds:Signature>", &format!("<ds:Object>{object}</ds:Object></ds:Signature>"));
    let cases = [
        ("XSW1", evil.replacen("</saml:Issuer>", &format!("</saml:Issuer>{}", holding(&original)), 1)),
        ("XSW2", evil.replacen("</saml:Issuer>", &format!("</saml:Issuer>{original}{signature}"), 1)),
        ("original first", evil.replacen("<saml:Issuer>", &format!("{good}<saml:Issuer>"), 1)),
        ("original at the end", evil.replace("</samlp:Response>", &format!("{good}</samlp:Response>"))),
        ("two roots", format!("{good}{evil}")),
    ];
    for (what, document) in cases {
        assert_ne!(code(idp.judge(&document)), "accepted", "{what}");
    }
}

#[test]
fn nothing_hides_another_response_or_status_where_nobody_reads() {
    let (idp, us, request) = (Idp::p256(), service_provider(Some(&RECIPIENT)), request_id());
    let declared = "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
    let status = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
    let good = Story::default();
    for hidden in [
        format!("<samlp:Status {declared}>{status}</samlp:Status>"),
        format!("<samlp:Response {declared} ID=\"_r9\" Version=\"2.0\"/>"),
    ] {
        let in_detail = told(|s| s.status.push_str(&format!("<samlp:StatusDetail>{hidden}</samlp:StatusDetail>")));
        assert_eq!(code(idp.judge(&in_detail.told_by(&idp))), "response_count", "{hidden}");
        let end = "</ds:SignatureValue>";
        let in_key_info = good.told_by(&idp).replace(end, &format!("{end}<ds:KeyInfo>{hidden}</ds:KeyInfo>"));
        assert_eq!(code(idp.judge(&in_key_info)), "response_count", "{hidden}");
        // The provider itself may have signed it: it is no less ambiguous.
        let in_condition = told(|s| s.audiences.push_str(&format!("<saml:OneTimeUse>{hidden}</saml:OneTimeUse>")));
        assert_eq!(code(idp.judge(&in_condition.told_by(&idp))), "response_count", "{hidden}");
        let expected = Expectations::new(NOW_MS, &us, &idp.provider, &request);
        let sealed = encrypted(
            &in_condition.assertion(&idp),
            "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>",
        );
        assert_eq!(code(verify(good.around(&sealed, &idp).as_bytes(), &expected)), "response_count", "{hidden}");
    }
    let status = format!("<samlp:Status>{status}</samlp:Status>");
    let twice = good.told_by(&idp).replace(&status, &format!("{status}{status}"));
    assert_eq!(code(idp.judge(&twice)), "element_unexpected");
}

#[test]
fn where_assertions_have_to_be_encrypted_a_clear_one_is_refused() {
    let (idp, us, request) = (Idp::p256(), service_provider(Some(&RECIPIENT)), request_id());
    let expected =
        Expectations { assertion_encrypted: true, ..Expectations::new(NOW_MS, &us, &idp.provider, &request) };
    let story = Story::default();
    assert_eq!(code(verify(story.told_by(&idp).as_bytes(), &expected)), "encryption_missing");
    let sealed = encrypted(
        &story.assertion(&idp),
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>",
    );
    assert_eq!(code(verify(story.around(&sealed, &idp).as_bytes(), &expected)), "accepted");
}

#[test]
fn comments_have_no_place_to_cut_a_name() {
    let idp = Idp::p256();
    let story = told(|s| s.name_id = s.name_id.replace("ada@example.com", "ada@example.com.evil.example"));
    let cut = story.told_by(&idp).replace("ada@example.com", "ada@example.com<!---->");
    assert_eq!(idp.judge(&cut).unwrap_err(), Rejected::Xml(XmlFlaw::Comment));
}

#[test]
fn an_assertion_for_our_eyes_is_opened_and_judged_like_any_other() {
    let (idp, us, request) = (Idp::p256(), service_provider(Some(&RECIPIENT)), request_id());
    let expected = Expectations::new(NOW_MS, &us, &idp.provider, &request);
    let judge = |assertion: &str, content: &str, transport: &str| {
        let story = Story::default().around(&encrypted(assertion, content, transport), &idp);
        code(verify(story.as_bytes(), &expected))
    };
    let (aes128, aes256) = ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2009/xmlenc11#aes256-gcm");
    let sha1 = "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>";
    let named = "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\">\
                 <ds:DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/></xenc:EncryptionMethod>";
    let sha256 = "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#rsa-oaep\">\
                  <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><xenc11:MGF \
                  xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/>\
                  </xenc:EncryptionMethod>";
    let good = Story::default().assertion(&idp);
    for content in [aes128, aes256] {
        for transport in [sha1, named, sha256] {
            assert_eq!(judge(&good, content, transport), "accepted", "{content} {transport}");
        }
    }
    let refused = [
        ("assertion_unsigned", Story { assertion_signed: false, ..Story::default() }.assertion(&idp)),
        ("signature_digest", good.replace("ada@", "eve@")),
        ("xml_comment", good.replace("ada@", "ada<!---->@")),
        ("xml_outside_root", format!("{good}{good}")),
        (
            "assertion_count",
            good.replace(
                "</saml:Conditions>",
                &format!(
                    "</saml:Conditions><saml:Advice>{}</saml:Advice>",
                    good.replace("_a1", "_a2").replace("_s1", "_s2")
                ),
            ),
        ),
        ("root_unexpected", "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">x</saml:Issuer>".into()),
        ("xml_syntax", String::new()),
        ("xml_prefix_undeclared", "<samlp:Response/>".into()),
    ];
    for (expected, plaintext) in refused {
        assert_eq!(judge(&plaintext, aes256, sha256), expected);
    }
    let methods = [
        (aes256.replace("aes256-gcm", "aes192-gcm"), sha256.to_owned()),
        ("http://www.w3.org/2001/04/xmlenc#aes256-cbc".into(), sha256.to_owned()),
        (aes256.into(), sha1.replace("rsa-oaep-mgf1p", "rsa-1_5")),
        (aes256.into(), sha256.replace("mgf1sha256", "mgf1sha1")),
        (aes256.into(), sha256.replace("xmlenc#sha256", "xmlenc#sha512")),
    ];
    for (content, transport) in methods {
        assert_eq!(judge(&good, &content, &transport), "encryption_method", "{content} {transport}");
    }
    // A key of the wrong length, a key that was changed and a content that was changed look the same.
    let whole = Story::default().around(&encrypted(&good, aes256, sha256), &idp);
    let changed = |from: &str, to: &str| code(verify(whole.replace(from, to).as_bytes(), &expected));
    assert_eq!(changed("aes256-gcm", "aes128-gcm"), "encryption_closed");
    for (at, value) in whole.match_indices("<xenc:CipherValue>") {
        let mut broken = whole.clone();
        let first = at + value.len();
        let other = if &whole[first..=first] == "B" { "C" } else { "B" };
        broken.replace_range(first..=first, other);
        assert_eq!(code(verify(broken.as_bytes(), &expected)), "encryption_closed");
    }
    assert_eq!(code(idp.judge(&whole)), "encryption_unexpected");
}

#[test]
fn the_form_field_is_base64_of_a_response() {
    let (idp, us, request) = (Idp::p256(), service_provider(None), request_id());
    let expected = Expectations::new(NOW_MS, &us, &idp.provider, &request);
    let field = crate::base64::encode(Story::default().told_by(&idp));
    assert_eq!(code(verify_form(&field, &expected)), "accepted");
    let lines: String =
        field.as_bytes().chunks(76).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect();
    assert_eq!(code(verify_form(&lines, &expected)), "accepted");
    assert_eq!(code(verify_form("PHg-", &expected)), "form_malformed");
    assert_eq!(code(verify_form(&field.replace('A', "."), &expected)), "form_malformed");
    assert_eq!(code(verify_form(&"A".repeat(400_000), &expected)), "form_malformed");
    assert_eq!(code(verify_form(&"A".repeat(360_000), &expected)), "xml_too_large");
    // Nothing that comes in is inflated: a bomb is not XML.
    assert_eq!(code(verify_form("eJztwTEBAAAAwqD1T20JT6AAAAAAAAAA", &expected)), "xml_not_utf8");
}

#[test]
fn a_provider_whose_metadata_has_expired_signs_nobody_in() {
    let idp = Idp::p256();
    let metadata = crate::testing::metadata(&[&idp.certificate], " validUntil=\"2026-01-15T09:28:00Z\"");
    let provider = crate::metadata::IdentityProvider::from_metadata(metadata.as_bytes()).unwrap();
    let (us, request) = (service_provider(None), request_id());
    let story = Story::default().told_by(&idp);
    let judge = |now| code(verify(story.as_bytes(), &Expectations::new(now, &us, &provider, &request)));
    assert_eq!(judge(NOW_MS), "metadata_expired");
    assert_eq!(judge(NOW_MS - 60_001), "not_yet_valid");
}

#[test]
fn nothing_personal_can_be_printed() {
    let idp = Idp::p256();
    let unspent = idp.judge(&Story::default().told_by(&idp)).unwrap();
    let printed = format!("{unspent:?}");
    assert!(printed.contains("xxxxx") && !printed.contains("ada@") && !printed.contains("staff"), "{printed}");
    let accepted = unspent.spend(true).unwrap();
    assert!(!format!("{accepted:?} {:?}", accepted.attributes()).contains("ada@"));
}
