//! The namespaces of the profile.

/// A namespace: one of the list below, or a number that one document gave to one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ns(pub(super) u16);

impl Ns {
    /// Of attributes without a prefix.
    pub(crate) const NONE: Self = Self(u16::MAX);
    pub(crate) const XML: Self = Self(0);
    pub(crate) const ASSERTION: Self = Self(1);
    pub(crate) const PROTOCOL: Self = Self(2);
    pub(crate) const SIGNATURE: Self = Self(3);
    pub(crate) const ENCRYPTION: Self = Self(5);
    pub(crate) const ENCRYPTION11: Self = Self(6);
    pub(crate) const EXCLUSIVE: Self = Self(7);
    pub(crate) const METADATA: Self = Self(12);
    const INSTANCE: Self = Self(9);
    const X500: Self = Self(10);
    const CLAIMS: Self = Self(11);

    /// The namespace of the list with this name.
    pub(super) fn known(uri: &str) -> Option<Self> {
        LIST.iter().position(|entry| entry.uri == uri).map(|at| Self(at as u16))
    }

    /// Its name, unless it is one document's own.
    pub(super) fn uri(self) -> Option<&'static str> {
        LIST.get(usize::from(self.0)).map(|entry| entry.uri)
    }

    /// The number of a document's `nth` own namespace.
    pub(super) fn own(nth: usize) -> Self {
        Self((LIST.len() + nth) as u16)
    }

    pub(super) fn own_number(self) -> Option<usize> {
        usize::from(self.0).checked_sub(LIST.len())
    }

    /// Whether messages have attributes of this namespace.
    pub(super) fn has_attributes(self) -> bool {
        matches!(self, Self::NONE | Self::XML | Self::INSTANCE | Self::X500 | Self::CLAIMS)
    }

    /// Whether `prefix` may stand for this namespace: what everybody calls by one name isn't called by another's.
    pub(super) fn may_be_called(self, prefix: &str) -> bool {
        LIST.iter().position(|entry| entry.customary.contains(&prefix)).is_none_or(|at| at == usize::from(self.0))
    }
}

struct Entry {
    uri: &'static str,
    /// Prefixes that stand for this namespace and for no other.
    customary: &'static [&'static str],
}

const fn entry(uri: &'static str, customary: &'static [&'static str]) -> Entry {
    Entry { uri, customary }
}

/// All that is known. Messages may use these and no others.
const LIST: [Entry; 13] = [
    entry("http://www.w3.org/XML/1998/namespace", &["xml"]),
    entry("urn:oasis:names:tc:SAML:2.0:assertion", &["saml", "saml2"]),
    entry("urn:oasis:names:tc:SAML:2.0:protocol", &["samlp", "saml2p"]),
    entry("http://www.w3.org/2000/09/xmldsig#", &["ds", "dsig"]),
    entry("http://www.w3.org/2009/xmldsig11#", &["ds11", "dsig11"]),
    entry("http://www.w3.org/2001/04/xmlenc#", &["xenc"]),
    entry("http://www.w3.org/2009/xmlenc11#", &["xenc11"]),
    entry("http://www.w3.org/2001/10/xml-exc-c14n#", &["ec"]),
    entry("http://www.w3.org/2001/XMLSchema", &["xs", "xsd"]),
    entry("http://www.w3.org/2001/XMLSchema-instance", &["xsi"]),
    // Attributes that directories (Shibboleth, Keycloak) and AD FS put on SAML attributes.
    entry("urn:oasis:names:tc:SAML:2.0:profiles:attribute:X500", &["x500"]),
    entry("http://schemas.xmlsoap.org/ws/2009/09/identity/claims", &[]),
    entry("urn:oasis:names:tc:SAML:2.0:metadata", &["md"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_names_its_own_entry() {
        let names = [
            (Ns::XML, "XML/1998"),
            (Ns::ASSERTION, ":assertion"),
            (Ns::PROTOCOL, ":protocol"),
            (Ns::SIGNATURE, "09/xmldsig#"),
            (Ns::ENCRYPTION, "04/xmlenc#"),
            (Ns::ENCRYPTION11, "xmlenc11#"),
            (Ns::EXCLUSIVE, "exc-c14n#"),
            (Ns::INSTANCE, "XMLSchema-instance"),
            (Ns::X500, "X500"),
            (Ns::CLAIMS, "identity/claims"),
            (Ns::METADATA, ":metadata"),
        ];
        for (namespace, part) in names {
            assert!(namespace.uri().unwrap().contains(part), "{part}");
            assert_eq!(Ns::known(namespace.uri().unwrap()), Some(namespace));
        }
        assert_eq!(Ns::own(3).own_number(), Some(3));
        assert_eq!(Ns::METADATA.own_number(), None);
    }

    #[test]
    fn a_customary_prefix_means_one_thing() {
        assert!(Ns::ASSERTION.may_be_called("saml") && Ns::ASSERTION.may_be_called("ns1"));
        assert!(!Ns::PROTOCOL.may_be_called("saml") && !Ns::own(0).may_be_called("ds"));
    }
}
