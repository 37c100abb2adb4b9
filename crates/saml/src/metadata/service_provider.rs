//! What we are to an identity provider, and how we tell it (SAML Metadata §2.4.4).

use super::POST;
use crate::base64;
use crate::encryption::{AES_128_GCM_URI, AES_256_GCM_URI, MGF1_SHA256_URI, OAEP_SHA1_URI, OAEP_URI};
use crate::keys::{Certificate, DecryptionKey};
use crate::signature::SHA256_URI;
use crate::xml::Writer;

/// A service provider: what assertions have to be made for.
#[derive(Debug)]
pub struct ServiceProvider {
    /// Its name, which the audience has to be.
    pub entity_id: String,
    /// Where responses are sent to, by HTTP-POST.
    pub acs_url: String,
    /// What encrypted assertions are opened with: several while keys are replaced, none if assertions are not to be encrypted.
    pub decryption_keys: Vec<DecryptionKey>,
}

impl ServiceProvider {
    /// The metadata to give to an identity provider, with the certificates of all keys in use.
    pub fn metadata(&self, signing: &[Certificate], encryption: &[Certificate]) -> String {
        let mut writer = Writer::new();
        writer.begin(
            "md:EntityDescriptor",
            &[
                ("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#"),
                ("xmlns:md", "urn:oasis:names:tc:SAML:2.0:metadata"),
                ("xmlns:xenc11", "http://www.w3.org/2009/xmlenc11#"),
                ("entityID", &self.entity_id),
            ],
        );
        writer.begin(
            "md:SPSSODescriptor",
            &[
                ("AuthnRequestsSigned", "true"),
                ("WantAssertionsSigned", "true"),
                ("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol"),
            ],
        );
        for certificate in signing {
            key(&mut writer, "signing", certificate);
            writer.end();
        }
        for certificate in encryption {
            key(&mut writer, "encryption", certificate);
            methods(&mut writer);
            writer.end();
        }
        let acs = [("Binding", POST), ("Location", &*self.acs_url), ("index", "0"), ("isDefault", "true")];
        writer.leaf("md:AssertionConsumerService", &acs, "");
        writer.finish()
    }
}

fn key(writer: &mut Writer, r#use: &str, certificate: &Certificate) {
    writer.begin("md:KeyDescriptor", &[("use", r#use)]).begin("ds:KeyInfo", &[]).begin("ds:X509Data", &[]);
    writer.leaf("ds:X509Certificate", &[], &base64::encode(certificate.der())).end().end();
}

/// What we open, the best first.
fn methods(writer: &mut Writer) {
    for content in [AES_256_GCM_URI, AES_128_GCM_URI] {
        writer.leaf("md:EncryptionMethod", &[("Algorithm", content)], "");
    }
    writer.begin("md:EncryptionMethod", &[("Algorithm", OAEP_URI)]);
    writer.leaf("ds:DigestMethod", &[("Algorithm", SHA256_URI)], "");
    writer.leaf("xenc11:MGF", &[("Algorithm", MGF1_SHA256_URI)], "").end();
    writer.leaf("md:EncryptionMethod", &[("Algorithm", OAEP_SHA1_URI)], "");
}
