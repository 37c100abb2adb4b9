//! What an identity provider tells of itself (SAML Metadata §2.3, §2.4.3).

use std::fmt;

use super::MetadataFlaw;
use super::private_key;
use crate::address;
use crate::base64;
use crate::keys::{Certificate, PublicKey};
use crate::moment;
use crate::xml::{Document, Element, METADATA, Ns, ShapeFlaw, Writer};

/// Certificates a provider may have at once: two while it rotates, and some patience.
const CERTIFICATES: usize = 8;
/// SAML Core §8.3.6.
const LONGEST_ENTITY_ID: usize = 1024;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
pub(crate) const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// An identity provider, as its metadata describes it. The metadata itself is what is trusted: it comes from an administrator, or
/// from an address an administrator gave, over TLS. A signature on it is not looked at.
#[derive(Clone)]
pub struct IdentityProvider {
    entity_id: String,
    certificates: Vec<Certificate>,
    keys: Vec<PublicKey>,
    redirect: Option<String>,
    post: Option<String>,
    wants_signed_requests: bool,
    valid_until_ms: Option<i64>,
}

impl IdentityProvider {
    /// Reads metadata: one `EntityDescriptor`, or a list with one identity provider in it, of at most 1 MiB.
    pub fn from_metadata(bytes: &[u8]) -> Result<Self, MetadataFlaw> {
        if private_key::in_file(bytes) {
            return Err(MetadataFlaw::PrivateKey);
        }
        let document = Document::read(bytes, &METADATA)?;
        if private_key::in_document(&document) {
            return Err(MetadataFlaw::PrivateKey);
        }
        Self::read(role(&document)?)
    }

    fn read(role: Element<'_>) -> Result<Self, MetadataFlaw> {
        let entity = role.parent().filter(|parent| parent.is(Ns::METADATA, "EntityDescriptor"));
        let entity_id = entity.ok_or(ShapeFlaw::ElementMissing("EntityDescriptor"))?.required("entityID")?;
        if !address::is_identifier(entity_id, LONGEST_ENTITY_ID) {
            return Err(ShapeFlaw::Value("entityID").into());
        }
        let certificates = certificates(role)?;
        let (redirect, post) = (endpoint(role, REDIRECT)?, endpoint(role, POST)?);
        if redirect.is_none() && post.is_none() {
            return Err(MetadataFlaw::NoEndpoint);
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            keys: certificates.iter().map(|certificate| certificate.key().clone()).collect(),
            certificates,
            redirect,
            post,
            wants_signed_requests: matches!(role.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
            valid_until_ms: valid_until(role)?,
        })
    }

    /// What of its metadata counts here, as metadata: what [`Self::from_metadata`] makes the same of. It is to be kept instead of
    /// what came, which may be long, and says much that nobody reads.
    pub fn to_metadata(&self) -> String {
        let valid_until = self.valid_until_ms.map(moment::write).unwrap_or_default();
        let mut writer = Writer::new();
        let entity = [("entityID", &*self.entity_id), ("validUntil", &*valid_until)];
        writer.begin(
            "md:EntityDescriptor",
            &[&[("xmlns:ds", DSIG), ("xmlns:md", "urn:oasis:names:tc:SAML:2.0:metadata")], &entity[..]].concat(),
        );
        let wants = if self.wants_signed_requests { "true" } else { "" };
        writer.begin(
            "md:IDPSSODescriptor",
            &[("WantAuthnRequestsSigned", wants), ("protocolSupportEnumeration", PROTOCOL)],
        );
        for certificate in &self.certificates {
            writer.begin("md:KeyDescriptor", &[("use", "signing")]).begin("ds:KeyInfo", &[]).begin("ds:X509Data", &[]);
            writer.leaf("ds:X509Certificate", &[], &base64::encode(certificate.der())).end().end().end();
        }
        for (binding, location) in [(REDIRECT, &self.redirect), (POST, &self.post)] {
            if let Some(location) = location {
                writer.leaf("md:SingleSignOnService", &[("Binding", binding), ("Location", location)], "");
            }
        }
        writer.finish()
    }

    /// Its name, which issuers have to be.
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// The certificates of its signing keys.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Where to send a browser by HTTP-Redirect.
    pub fn redirect_url(&self) -> Option<&str> {
        self.redirect.as_deref()
    }

    /// Where to send a browser by HTTP-POST.
    pub fn post_url(&self) -> Option<&str> {
        self.post.as_deref()
    }

    /// Whether it asks for signed requests. Ours are always signed.
    pub fn wants_signed_requests(&self) -> bool {
        self.wants_signed_requests
    }

    /// From when on its metadata must not be used any more, if it says so.
    pub fn valid_until_ms(&self) -> Option<i64> {
        self.valid_until_ms
    }

    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// The one role of an identity provider that there is.
fn role(document: &Document) -> Result<Element<'_>, MetadataFlaw> {
    if !["EntityDescriptor", "EntitiesDescriptor"].iter().any(|name| document.root().is(Ns::METADATA, name)) {
        return Err(ShapeFlaw::Root("EntityDescriptor").into());
    }
    let speaks = |role: &Element<'_>| {
        let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
        role.is(Ns::METADATA, "IDPSSODescriptor") && protocols.split_ascii_whitespace().any(|one| one == PROTOCOL)
    };
    let mut roles = document.elements().filter(speaks);
    let role = roles.next().ok_or(MetadataFlaw::NoIdentityProvider)?;
    if roles.next().is_some() { Err(MetadataFlaw::SeveralIdentityProviders) } else { Ok(role) }
}

fn certificates(role: Element<'_>) -> Result<Vec<Certificate>, MetadataFlaw> {
    let mut certificates: Vec<Certificate> = Vec::new();
    let descriptors = role.children().filter(|child| child.is(Ns::METADATA, "KeyDescriptor"));
    for descriptor in
        descriptors.filter(|descriptor| descriptor.attribute("use").is_none_or(|r#use| r#use == "signing"))
    {
        for text in leaves(descriptor) {
            if certificates.len() == CERTIFICATES {
                return Err(MetadataFlaw::TooManyCertificates);
            }
            let der = base64::decode(text.said("X509Certificate")?, "X509Certificate")?;
            if certificates.iter().all(|known| known.der() != der) {
                certificates.push(Certificate::from_der(&der)?);
            }
        }
    }
    if certificates.is_empty() { Err(MetadataFlaw::NoSigningCertificate) } else { Ok(certificates) }
}

/// The first certificate of each `X509Data`: those after it are its issuers, whom nobody asked to sign assertions.
fn leaves<'d>(descriptor: Element<'d>) -> impl Iterator<Item = Element<'d>> {
    let named = |name: &'static str| move |one: &Element<'d>| one.is(Ns::SIGNATURE, name);
    let infos = descriptor.children().filter(named("KeyInfo"));
    let data = infos.flat_map(move |info| info.children().filter(named("X509Data")));
    data.filter_map(move |data| data.children().find(named("X509Certificate")))
}

/// The first address of this binding.
fn endpoint(role: Element<'_>, binding: &str) -> Result<Option<String>, MetadataFlaw> {
    let of_binding =
        |one: &Element<'_>| one.is(Ns::METADATA, "SingleSignOnService") && one.attribute("Binding") == Some(binding);
    let Some(endpoint) = role.children().find(of_binding) else { return Ok(None) };
    let location = endpoint.required("Location")?;
    if address::is_https(location) { Ok(Some(location.to_owned())) } else { Err(MetadataFlaw::Endpoint) }
}

/// The earliest end that the role and what stands around it name (SAML Metadata §2.3.2).
fn valid_until(role: Element<'_>) -> Result<Option<i64>, ShapeFlaw> {
    let around = std::iter::successors(Some(role), Element::parent);
    let ends = around.filter_map(|one| one.attribute("validUntil"));
    let ends: Vec<i64> = ends.map(|end| moment::read(end, "validUntil")).collect::<Result<_, _>>()?;
    Ok(ends.into_iter().min())
}
