use crate::testing::{Idp, Story};
use crate::{Rejected, SignatureFlaw, base64};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

fn refusal(idp: &Idp, document: &str) -> &'static str {
    idp.judge(document).map_or_else(Rejected::code, |_| "accepted")
}

/// What changes of a signature's own words lead to. Nothing but the signature's words could tell us to believe less.
#[test]
fn a_signature_says_exactly_what_the_profile_says() {
    let idp = Idp::p256();
    let good = Story::default().told_by(&idp);
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let enveloped = format!("<ds:Transform Algorithm=\"{DSIG}enveloped-signature\"></ds:Transform>");
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>1</ds:XPath></ds:Transform>";
    let digest_method = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>";
    let value = |of: &str| {
        let from = good.find(&format!("<ds:{of}>")).unwrap();
        good[from..from + good[from..].find(&format!("</ds:{of}>")).unwrap() + of.len() + 6].to_owned()
    };
    let (digest, info) = (value("DigestValue"), value("SignedInfo"));
    let reference = &info[info.find("<ds:Reference").unwrap()..info.find("</ds:SignedInfo>").unwrap()];
    let cases = [
        (
            "signature_canonicalization",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        ),
        (
            "signature_canonicalization",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        ),
        ("signature_method", "xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha512"),
        (
            "signature_method",
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        ),
        (
            "signature_method",
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        ),
        (
            "signature_method",
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        ),
        ("signature_key_unsuitable", "xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha384"),
        ("signature_key_unsuitable", "xmldsig-more#ecdsa-sha256", "xmldsig-more#rsa-sha256"),
        ("signature_invalid", exclusive, ""),
        ("signature_invalid", exclusive, xpath),
        ("signature_invalid", "URI=\"#_a1\"", "URI=\"\""),
        ("signature_invalid", "URI=\"#_a1\"", "URI=\"#_r1\""),
        ("signature_invalid", " URI=\"#_a1\"", ""),
        ("signature_invalid", digest_method, &digest_method.replace("xmlenc#sha256", "xmlenc#sha512")),
        ("signature_invalid", &digest, &format!("{digest}{digest}")),
        ("signature_invalid", reference, &format!("{reference}{reference}")),
        ("element_missing", &info, &format!("{info}{info}")),
        ("element_missing", &info, ""),
        ("xml_comment", "<ds:DigestValue>", "<ds:DigestValue>AAAA<!---->"),
        ("value_malformed", "<ds:SignatureValue>", "<ds:SignatureValue>."),
        ("element_unexpected", "</ds:SignatureValue>", "</ds:SignatureValue><ds:Object></ds:Object>"),
        ("attribute_unexpected", "<ds:SignatureValue>", "<ds:SignatureValue x=\"1\">"),
    ];
    for (expected, from, to) in cases {
        assert!(good.contains(from), "{from}");
        assert_eq!(refusal(&idp, &good.replacen(from, to, 1)), expected, "{from} to {to}");
    }
    let swapped = good.replace(exclusive, "|").replace(&enveloped, exclusive).replace('|', &enveloped);
    assert_eq!(refusal(&idp, &swapped), "signature_invalid");
    // What the signature says of its key is not heard.
    let told = good.replace(
        "</ds:SignatureValue>",
        &format!("</ds:SignatureValue><ds:KeyInfo><ds:KeyName>{}</ds:KeyName></ds:KeyInfo>", base64::encode("x")),
    );
    assert_eq!(refusal(&idp, &told), "accepted");
}

/// The same, signed by the right key: an identity provider that wants something else is not heard either.
#[test]
fn what_a_provider_signs_has_to_be_what_the_profile_says() {
    let idp = Idp::p256();
    let good = Story::default().told_by(&idp);
    let signed_anew = |from: &str, to: &str| {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        resigned(&idp, &changed)
    };
    assert_eq!(refusal(&idp, &resigned(&idp, &good)), "accepted");
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let cases = [
        ("element_missing", exclusive, ""),
        (
            "signature_transforms",
            exclusive,
            "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\"></ds:Transform>",
        ),
        (
            "signature_transforms",
            exclusive,
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>",
        ),
        (
            "signature_transforms",
            exclusive,
            "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"></ds:Transform>",
        ),
        ("signature_transforms", exclusive, &format!("{exclusive}{exclusive}")),
        ("signature_transforms", "xmldsig#enveloped-signature", "xmldsig#base64"),
        ("signature_reference", "URI=\"#_a1\"", "URI=\"\""),
        ("signature_reference", "URI=\"#_a1\"", "URI=\"#_r1\""),
        ("signature_reference", "URI=\"#_a1\"", "URI=\"#_absent\""),
        ("signature_reference", "URI=\"#_a1\"", "URI=\"_a1\""),
        ("signature_reference", "URI=\"#_a1\"", "URI=\"#xpointer(id('_a1'))\""),
        ("attribute_missing", " URI=\"#_a1\"", ""),
        ("attribute_unexpected", "URI=\"#_a1\"", "Type=\"x\" URI=\"#_a1\""),
        (
            "signature_digest_method",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2000/09/xmldsig#sha1",
        ),
        (
            "signature_digest_method",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2001/04/xmldsig-more#sha384",
        ),
        ("element_unexpected", "</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>"),
        ("signature_digest", "<ds:DigestValue>", "<ds:DigestValue>AAAA"),
        ("value_malformed", "<ds:DigestValue>", "<ds:DigestValue>="),
        // The empty string's digest vouches for an empty canonical form, and for nothing else.
        ("signature_digest", "<ds:DigestValue>", "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ];
    for (expected, from, to) in cases {
        let document = if to.len() > 50 && to.starts_with("<ds:DigestValue>") {
            let from = good.find("<ds:DigestValue>").unwrap();
            let whole = &good[from..good.find("</ds:DigestValue>").unwrap()];
            signed_anew(whole, to)
        } else {
            signed_anew(from, to)
        };
        assert_eq!(refusal(&idp, &document), expected, "{from} to {to}");
    }
    let reference = {
        let from = good.find("<ds:Reference").unwrap();
        good[from..good.find("</ds:SignedInfo>").unwrap()].to_owned()
    };
    assert_eq!(refusal(&idp, &signed_anew(&reference, &format!("{reference}{reference}"))), "element_unexpected");
}

/// Signs whatever the first `SignedInfo` of a document says.
fn resigned(idp: &Idp, document: &str) -> String {
    let (from, to) = (document.find("<ds:SignedInfo>").unwrap(), document.find("</ds:SignedInfo>").unwrap() + 16);
    let canonical = document[from..to].replacen("<ds:SignedInfo>", &format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\">"), 1);
    let value = base64::encode(idp.key.sign(canonical.as_bytes()).unwrap());
    let (from, to) = (document.find("<ds:SignatureValue>").unwrap(), document.find("</ds:SignatureValue>").unwrap());
    format!("{}<ds:SignatureValue>{value}{}", &document[..from], &document[to..])
}

#[test]
fn prefixes_that_are_carried_along_are_part_of_what_is_signed() {
    let idp = Idp::p256();
    let xs = " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";
    let list = "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\"></ec:InclusiveNamespaces>";
    let good = Story::default().told_by(&idp);
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let carried = good.replacen(exclusive, &exclusive.replace("></ds", &format!(">{list}</ds")), 1);
    // Nothing is declared that could be carried along.
    assert_eq!(refusal(&idp, &resigned(&idp, &carried)), "accepted");
    let declared = carried.replacen("<saml:Assertion", &format!("<saml:Assertion{xs}"), 1);
    assert_eq!(refusal(&idp, &resigned(&idp, &declared)), "signature_digest");
    let unheard = good.replacen("<saml:Assertion", &format!("<saml:Assertion{xs}"), 1);
    assert_eq!(refusal(&idp, &unheard), "accepted");
    let many = carried.replace("PrefixList=\"xs\"", &format!("PrefixList=\"{}\"", "x ".repeat(17)));
    assert_eq!(refusal(&idp, &resigned(&idp, &many)), "value_malformed");
    let inside = carried.replace("</ec:InclusiveNamespaces>", "<ds:X></ds:X></ec:InclusiveNamespaces>");
    assert_eq!(refusal(&idp, &resigned(&idp, &inside)), "element_unexpected");
}

/// The response's canonical form drops what nobody uses, and the assertion's signature may want it.
#[test]
fn a_response_signed_without_the_prefixes_of_its_assertion_holds() {
    let idp = Idp::p256();
    let (head, tail) = (
        "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" ID=\"_a1\"",
        "</saml:Assertion>",
    );
    let unsigned = Story { assertion_signed: false, ..Story::default() }.assertion(&idp);
    let inside = unsigned.split_once(" ID=\"_a1\"").unwrap().1.strip_suffix(tail).unwrap();
    let (issuer, rest) = inside.split_once("</saml:Issuer>").unwrap();
    let (head, tail) = (format!("{head}{issuer}</saml:Issuer>"), format!("{rest}{tail}"));
    let document = crate::xml::Document::read(format!("{head}{tail}").as_bytes(), &crate::xml::MESSAGE).unwrap();
    let choice = crate::xml::Choice { without: None, inclusive: vec!["xs"], most: usize::MAX };
    let form = crate::xml::canonical(document.root(), &choice).unwrap();
    assert!(form.contains("XMLSchema"));
    let digest = base64::encode(super::algorithms::Digest::Sha256.of(form.as_bytes()));
    let list = format!(
        "><ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"xs\"></ec:InclusiveNamespaces></ds:Transform></ds:Transforms>"
    );
    let signature = super::enveloped(&head, &tail, "_a1", &idp.key).unwrap();
    let from = signature.find("<ds:DigestValue>").unwrap() + 16;
    let signature =
        signature.replace(&signature[from..from + 44], &digest).replace("></ds:Transform></ds:Transforms>", &list);
    let assertion = resigned(&idp, &format!("{head}{signature}{tail}"));
    for response_signed in [false, true] {
        let story = Story { response_signed, ..Story::default() };
        assert_eq!(refusal(&idp, &story.around(&assertion, &idp)), "accepted");
    }
}

#[test]
fn sha_512_counts_too() {
    let idp = Idp::rsa();
    let good = Story::default().told_by(&idp);
    let (from, to) = (good.find("<ds:SignedInfo>").unwrap(), good.find("</ds:SignedInfo>").unwrap() + 16);
    let canonical = good[from..to].replace("rsa-sha256", "rsa-sha512").replacen(
        "<ds:SignedInfo>",
        &format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\">"),
        1,
    );
    let pair = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(&idp.pair.serialize_der()).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, canonical.as_bytes());
    let mut value = vec![0; 256];
    pair.sign_digest(&aws_lc_rs::signature::RSA_PKCS1_SHA512, &digest, &mut value).unwrap();
    let (from, to) = (good.find("<ds:SignatureValue>").unwrap(), good.find("</ds:SignatureValue>").unwrap());
    let signed = format!("{}<ds:SignatureValue>{}{}", &good[..from], base64::encode(value), &good[to..]);
    assert_eq!(refusal(&idp, &signed.replace("rsa-sha256", "rsa-sha512")), "accepted");
    assert_eq!(refusal(&idp, &signed), SignatureFlaw::Value.code());
}
