use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize};

use crate::keys::{Certificate, DecryptionKey, SigningKey};
use crate::metadata::{IdentityProvider, ServiceProvider};
use crate::moment;
use crate::request::RequestId;
use crate::response::{Expectations, Unspent, verify};
use crate::{Rejected, base64, signature};

/// 2026-01-15T09:30:00Z.
pub(crate) const NOW_MS: i64 = 1_768_469_400_000;
const IDP: &str = "https://idp.example.com/metadata";
const SP: &str = "https://sealpost.example/saml/7f3c";
const ACS: &str = "https://sealpost.example/saml/7f3c/acs";

pub(crate) fn request_id() -> RequestId {
    RequestId::from_random([7; 20])
}

/// Us, with a key to decrypt with if there is one.
pub(crate) fn service_provider(key: Option<&KeyPair>) -> ServiceProvider {
    let decryption_keys = key.map(|key| DecryptionKey::from_pkcs8(&key.serialize_der()).unwrap()).into_iter().collect();
    ServiceProvider { entity_id: SP.into(), acs_url: ACS.into(), decryption_keys }
}

/// An identity provider with its private key.
pub(crate) struct Idp {
    pub(crate) pair: KeyPair,
    pub(crate) key: SigningKey,
    pub(crate) certificate: Vec<u8>,
    pub(crate) provider: IdentityProvider,
}

impl Idp {
    pub(crate) fn p256() -> Self {
        Self::with(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())
    }

    pub(crate) fn p384() -> Self {
        Self::with(KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap())
    }

    pub(crate) fn rsa() -> Self {
        Self::with(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
    }

    fn with(pair: KeyPair) -> Self {
        let certificate = CertificateParams::new(vec![]).unwrap().self_signed(&pair).unwrap().der().to_vec();
        let key = SigningKey::from_pkcs8(&pair.serialize_der()).unwrap();
        let provider = IdentityProvider::from_metadata(metadata(&[&certificate], "").as_bytes()).unwrap();
        Self { pair, key, certificate, provider }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_der(&self.certificate).unwrap()
    }

    /// What `verify` makes of a document, if nothing is out of the ordinary.
    pub(crate) fn judge(&self, document: &str) -> Result<Unspent, Rejected> {
        let (us, request) = (service_provider(None), request_id());
        verify(document.as_bytes(), &Expectations::new(NOW_MS, &us, &self.provider, &request))
    }
}

/// Metadata with these certificates, and with `more` on its root.
pub(crate) fn metadata(certificates: &[&[u8]], more: &str) -> String {
    let key = |certificate: &&[u8]| {
        format!(
            "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
             <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
            base64::encode(certificate)
        )
    };
    let keys: String = certificates.iter().map(key).collect();
    format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{IDP}\"{more}>\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{keys}\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://idp.example.com/sso\"/>\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"https://idp.example.com/sso/post\"/></md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

/// Everything a response says, right unless a test changes it, and which parts of it are signed.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) version: String,
    pub(crate) issuer: String,
    pub(crate) assertion_issuer: String,
    pub(crate) destination: String,
    pub(crate) in_response_to: String,
    pub(crate) confirmed_request: String,
    pub(crate) status: String,
    pub(crate) name_id: String,
    pub(crate) method: String,
    pub(crate) recipient: String,
    pub(crate) audiences: String,
    pub(crate) issued_ms: i64,
    pub(crate) not_before_ms: i64,
    pub(crate) not_on_or_after_ms: i64,
    pub(crate) confirmed_until_ms: i64,
    pub(crate) authn_instant_ms: i64,
    pub(crate) context: String,
    pub(crate) attributes: String,
    /// Whether the response is signed as well.
    pub(crate) response_signed: bool,
    pub(crate) assertion_signed: bool,
}

impl Default for Story {
    fn default() -> Self {
        let request = request_id().as_str().to_owned();
        Self {
            version: "2.0".into(),
            issuer: IDP.into(),
            assertion_issuer: IDP.into(),
            destination: ACS.into(),
            in_response_to: request.clone(),
            confirmed_request: request,
            status: "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>".into(),
            name_id: "<saml:NameID>ada@example.com</saml:NameID>".into(),
            method: "urn:oasis:names:tc:SAML:2.0:cm:bearer".into(),
            recipient: ACS.into(),
            audiences: format!("<saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction>"),
            issued_ms: NOW_MS,
            not_before_ms: NOW_MS - 300_000,
            not_on_or_after_ms: NOW_MS + 300_000,
            confirmed_until_ms: NOW_MS + 300_000,
            authn_instant_ms: NOW_MS - 5_000,
            context: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".into(),
            attributes: "<saml:AttributeStatement><saml:Attribute Name=\"groups\"><saml:AttributeValue>staff</saml:AttributeValue>\
                 <saml:AttributeValue>on-call</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
                .into(),
            response_signed: false,
            assertion_signed: true,
        }
    }
}

impl Story {
    /// The assertion, signed if it is to be.
    pub(crate) fn assertion(&self, idp: &Idp) -> String {
        let at = moment_text;
        let head = format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_a1\" IssueInstant=\"{}\" \
             Version=\"{}\"><saml:Issuer>{}</saml:Issuer>",
            at(self.issued_ms),
            self.version,
            self.assertion_issuer
        );
        let tail = format!(
            "<saml:Subject>{}<saml:SubjectConfirmation Method=\"{}\"><saml:SubjectConfirmationData{} \
             NotOnOrAfter=\"{}\" Recipient=\"{}\"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"{}\" \
             NotOnOrAfter=\"{}\">{}</saml:Conditions><saml:AuthnStatement AuthnInstant=\"{}\" SessionIndex=\"_s1\">\
             <saml:AuthnContext><saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef></saml:AuthnContext>\
             </saml:AuthnStatement>{}</saml:Assertion>",
            self.name_id,
            self.method,
            answering(&self.confirmed_request),
            at(self.confirmed_until_ms),
            self.recipient,
            at(self.not_before_ms),
            at(self.not_on_or_after_ms),
            self.audiences,
            at(self.authn_instant_ms),
            self.context,
            self.attributes
        );
        signed(&head, &tail, "_a1", self.assertion_signed.then_some(idp))
    }

    /// The response around an assertion, signed if it is to be.
    pub(crate) fn around(&self, assertion: &str, idp: &Idp) -> String {
        let head = format!(
            "<samlp:Response xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
             xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{}\" ID=\"_r1\"{} \
             IssueInstant=\"{}\" Version=\"{}\"><saml:Issuer>{}</saml:Issuer>",
            self.destination,
            answering(&self.in_response_to),
            moment_text(self.issued_ms),
            self.version,
            self.issuer
        );
        let tail = format!("<samlp:Status>{}</samlp:Status>{assertion}</samlp:Response>", self.status);
        signed(&head, &tail, "_r1", self.response_signed.then_some(idp))
    }

    /// The whole response.
    pub(crate) fn told_by(&self, idp: &Idp) -> String {
        self.around(&self.assertion(idp), idp)
    }
}

/// The attribute that names a request, if one is named.
fn answering(request: &str) -> String {
    if request.is_empty() { String::new() } else { format!(" InResponseTo=\"{request}\"") }
}

fn signed(head: &str, tail: &str, id: &str, idp: Option<&Idp>) -> String {
    let signature = idp.map(|idp| signature::enveloped(head, tail, id, &idp.key).unwrap());
    format!("{head}{}{tail}", signature.unwrap_or_default())
}

fn moment_text(ms: i64) -> String {
    let whole = moment::write(ms);
    // Edges of clocks are tried to the millisecond.
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), ms.rem_euclid(1000))
}

/// Somebody to encrypt to.
pub(crate) static RECIPIENT: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());

/// An `EncryptedAssertion` of this plaintext, by these methods.
pub(crate) fn encrypted(plaintext: &str, content: &str, transport: &str) -> String {
    let (algorithm, key) =
        if content.ends_with("aes128-gcm") { (&AES_128_GCM, vec![3; 16]) } else { (&AES_256_GCM, vec![3; 32]) };
    let nonce = [5; 12];
    let mut sealed = plaintext.as_bytes().to_vec();
    let sealing = LessSafeKey::new(UnboundKey::new(algorithm, &key).unwrap());
    sealing.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).unwrap();
    let sha256 = transport.contains("mgf1sha256");
    let oaep = if sha256 { &OAEP_SHA256_MGF1SHA256 } else { &OAEP_SHA1_MGF1SHA1 };
    let public = PublicEncryptingKey::from_der(&rcgen::PublicKeyData::subject_public_key_info(&*RECIPIENT)).unwrap();
    let mut wrapped = vec![0; 256];
    OaepPublicEncryptingKey::new(public).unwrap().encrypt(oaep, &key, &mut wrapped, None).unwrap();
    format!(
        "<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
         Type=\"http://www.w3.org/2001/04/xmlenc#Element\"><xenc:EncryptionMethod Algorithm=\"{content}\"/>\
         <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey>{transport}<xenc:CipherData>\
         <xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData>\
         <xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>",
        base64::encode(wrapped),
        base64::encode([&nonce[..], &sealed].concat())
    )
}
