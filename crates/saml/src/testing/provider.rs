//! An identity provider that signs whatever it is told to.
#![allow(clippy::unwrap_used, reason = "it is a test that fails")]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};

use crate::keys::{Certificate, KeyKind, Lifetime, MadeKey, SigningKey};
use crate::{base64, moment, signature};

const MINUTES_MS: i64 = 60_000;

/// A provider with a key of its own.
pub struct Provider {
    entity_id: String,
    key: SigningKey,
    certificate: Certificate,
}

/// What it says: right, unless a test changes it.
#[derive(Clone)]
pub struct Told {
    /// For whom.
    pub audience: String,
    /// To which address.
    pub acs: String,
    /// In answer to which request; to none, if empty.
    pub request: String,
    /// Whom it is about.
    pub name_id: String,
    /// What kind of name that is; none, if empty.
    pub format: &'static str,
    /// What else it says.
    pub attributes: Vec<(&'static str, Vec<&'static str>)>,
    /// The ID of the assertion.
    pub id: &'static str,
    /// When.
    pub now_ms: i64,
    /// How they were authenticated.
    pub context: &'static str,
    /// When they were.
    pub authenticated_ms: i64,
    /// Whether the response is signed.
    pub response_signed: bool,
    /// Whether the assertion is.
    pub assertion_signed: bool,
    /// To whom the assertion is encrypted.
    pub encrypted_to: Option<Vec<u8>>,
}

impl Told {
    /// Ada, as she is told of to this service provider.
    pub fn new(audience: &str, acs: &str, request: &str, now_ms: i64) -> Self {
        Self {
            audience: audience.into(),
            acs: acs.into(),
            request: request.into(),
            name_id: "ada".into(),
            format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            attributes: vec![("email", vec!["ada@clinic.example"])],
            id: "_a1",
            now_ms,
            context: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            authenticated_ms: now_ms,
            response_signed: false,
            assertion_signed: true,
            encrypted_to: None,
        }
    }
}

impl Provider {
    /// A provider of this name.
    pub fn new(entity_id: &str) -> Self {
        let lifetime = Lifetime { from_ms: 1_700_000_000_000, until_ms: 2_000_000_000_000 };
        let made = MadeKey::new(KeyKind::P256, "A provider (fictional)", [7; 16], lifetime).unwrap();
        let key = SigningKey::from_pkcs8(made.pkcs8()).unwrap();
        Self { entity_id: entity_id.into(), key, certificate: made.certificate().clone() }
    }

    /// What it tells of itself, with `more` on the root: where it takes redirects and forms.
    pub fn metadata(&self, bindings: &[&str], more: &str) -> String {
        let endpoint = |binding: &&str| {
            format!(
                "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" \
                 Location=\"https://idp.example.com/{binding}?a=1&amp;b=2\"/>"
            )
        };
        let endpoints: String = bindings.iter().map(endpoint).collect();
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\"{more}><md:IDPSSODescriptor \
             protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><md:KeyDescriptor use=\"signing\"><ds:KeyInfo \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>\
             </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{endpoints}</md:IDPSSODescriptor></md:EntityDescriptor>",
            self.entity_id,
            base64::encode(self.certificate.der()),
        )
    }

    /// The form field `SAMLResponse`.
    pub fn answer(&self, told: &Told) -> String {
        base64::encode(self.response(told))
    }

    /// The response itself.
    pub fn response(&self, told: &Told) -> String {
        let (issuer, answers) = (&self.entity_id, answering(&told.request));
        let assertion = match &told.encrypted_to {
            Some(certificate) => encrypted(&self.assertion(told), certificate),
            None => self.assertion(told),
        };
        let head = format!(
            "<samlp:Response xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
             xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{}\" ID=\"_r1\"{answers} IssueInstant=\"{}\" \
             Version=\"2.0\"><saml:Issuer>{issuer}</saml:Issuer>",
            told.acs,
            moment::write(told.now_ms),
        );
        let tail = format!(
            "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>{assertion}\
             </samlp:Response>"
        );
        self.signed(&head, &tail, "_r1", told.response_signed)
    }

    fn assertion(&self, told: &Told) -> String {
        let until = moment::write(told.now_ms + 5 * MINUTES_MS);
        let head = format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" IssueInstant=\"{}\" Version=\"2.0\">\
             <saml:Issuer>{}</saml:Issuer>",
            told.id,
            moment::write(told.now_ms),
            self.entity_id,
        );
        let format = if told.format.is_empty() { String::new() } else { format!(" Format=\"{}\"", told.format) };
        let value = |value: &&str| format!("<saml:AttributeValue>{value}</saml:AttributeValue>");
        let attribute = |(name, values): &(&str, Vec<&str>)| {
            let values: String = values.iter().map(value).collect();
            format!("<saml:Attribute Name=\"{name}\">{values}</saml:Attribute>")
        };
        let attributes: String = told.attributes.iter().map(attribute).collect();
        let tail = format!(
            "<saml:Subject><saml:NameID{format}>{}</saml:NameID><saml:SubjectConfirmation \
             Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData{} NotOnOrAfter=\"{until}\" \
             Recipient=\"{}\"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter=\"{until}\">\
             <saml:AudienceRestriction><saml:Audience>{}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{}\"><saml:AuthnContext><saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>\
             </saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>",
            told.name_id,
            answering(&told.request),
            told.acs,
            told.audience,
            moment::write(told.authenticated_ms),
            told.context,
        );
        self.signed(&head, &tail, told.id, told.assertion_signed)
    }

    fn signed(&self, head: &str, tail: &str, id: &str, is_signed: bool) -> String {
        let signature = is_signed.then(|| signature::enveloped(head, tail, id, &self.key).unwrap());
        format!("{head}{}{tail}", signature.unwrap_or_default())
    }
}

fn answering(request: &str) -> String {
    if request.is_empty() { String::new() } else { format!(" InResponseTo=\"{request}\"") }
}

/// An `EncryptedAssertion` for whoever has the key of this certificate.
fn encrypted(plaintext: &str, certificate: &[u8]) -> String {
    let (key, nonce) = ([3; 32], [5; 12]);
    let mut sealed = plaintext.as_bytes().to_vec();
    let sealing = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    sealing.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).unwrap();
    let certificate = Certificate::from_der(certificate).unwrap();
    let public = PublicEncryptingKey::from_der(certificate.key().spki()).unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut wrapped = vec![0; public.ciphertext_size()];
    public.encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut wrapped, None).unwrap();
    format!(
        "<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
         Type=\"http://www.w3.org/2001/04/xmlenc#Element\"><xenc:EncryptionMethod \
         Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
         <xenc:EncryptedKey><xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#rsa-oaep\"><ds:DigestMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" \
         Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/></xenc:EncryptionMethod><xenc:CipherData>\
         <xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData>\
         <xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>",
        base64::encode(wrapped),
        base64::encode([&nonce[..], &sealed].concat())
    )
}
