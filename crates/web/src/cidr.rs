//! Networks that something is admitted from (RFC 4632, RFC 4291 §2.3).

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::{BODY_INVALID, Refusal};

/// The most networks of one list.
const MAX_NETWORKS: usize = 32;
/// IPv4 networks are compared inside `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
const V4_BITS: u8 = 96;

/// A network: an address with only network bits set, and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// The text is no network: not an address and a prefix length, or host bits are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a network in CIDR notation, without host bits")]
pub struct BadCidr;

impl Cidr {
    /// Whether `peer` is in this network. An IPv4 address mapped into IPv6 is the IPv4 address.
    pub fn contains(self, peer: IpAddr) -> bool {
        let (network, length) = bits(self.address, self.prefix);
        let (peer, _) = bits(peer.to_canonical(), 0);
        self.address.is_ipv4() == is_v4_mapped(peer) && masked(peer, length) == network
    }

    /// Its first address.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// How many bits of an address say whether it is in it.
    pub fn prefix(self) -> u8 {
        self.prefix
    }
}

impl FromStr for Cidr {
    type Err = BadCidr;

    /// `192.0.2.0/24`, `2001:db8::/32`, or an address alone.
    fn from_str(text: &str) -> Result<Self, BadCidr> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadCidr)?;
        if address.to_canonical() != address {
            return Err(BadCidr);
        }
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) => digits.parse().ok().filter(|p: &u8| p.to_string() == digits).ok_or(BadCidr)?,
        };
        let (all, length) = bits(address, prefix);
        if prefix > longest || masked(all, length) != all {
            return Err(BadCidr);
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The networks that a key, a role or an organisation is tied to; none means anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cidrs(Vec<Cidr>);

impl Cidrs {
    /// Up to 32 networks.
    pub fn new(networks: Vec<Cidr>) -> Result<Self, BadCidr> {
        if networks.len() > MAX_NETWORKS { Err(BadCidr) } else { Ok(Self(networks)) }
    }

    /// From a field of a form: with spaces, commas or line breaks between. `at` says where in it, if something is wrong.
    pub fn from_field(text: Option<&str>, at: &'static str) -> Result<Self, Refusal> {
        let wrong = |code| Refusal::of(&BODY_INVALID).at(at, code);
        let networks = text.unwrap_or_default().split([' ', ',', '\n', '\r']).filter(|one| !one.is_empty());
        let networks = networks.map(str::parse).collect::<Result<Vec<_>, _>>().map_err(|_| wrong("not_cidr"))?;
        Self::new(networks).map_err(|_| wrong("too_many"))
    }

    /// Whether what is tied to these may be used from `peer`.
    pub fn admit(&self, peer: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|network| network.contains(peer))
    }

    /// The networks.
    pub fn as_slice(&self) -> &[Cidr] {
        &self.0
    }

    /// As stored: separated by spaces.
    pub fn to_text(&self) -> String {
        let networks: Vec<_> = self.0.iter().map(Cidr::to_string).collect();
        networks.join(" ")
    }

    /// From what is stored. Text that can't be read is an error, never "anywhere".
    pub fn from_text(text: &str) -> Result<Self, BadCidr> {
        text.split(' ').filter(|network| !network.is_empty()).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// An address as 128 bits, and how many of them a prefix of its family's counts.
fn bits(address: IpAddr, prefix: u8) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), V4_BITS.saturating_add(prefix)),
        IpAddr::V6(v6) => (v6.to_bits(), prefix),
    }
}

fn is_v4_mapped(bits: u128) -> bool {
    Ipv6Addr::from_bits(bits).to_ipv4_mapped().is_some()
}

fn masked(bits: u128, length: u8) -> u128 {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(length))).unwrap_or(0);
    bits & mask
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("not_cidr"))
    }
}

impl Serialize for Cidr {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cidrs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(|_| D::Error::custom("too_many"))
    }
}

impl JsonSchema for Cidrs {
    fn schema_name() -> Cow<'static, str> {
        "Networks".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "maxItems": 32, "items": { "type": "string", "examples": ["192.0.2.0/24"] } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, peer: &str) -> bool {
        network.parse::<Cidr>().unwrap().contains(peer.parse().unwrap())
    }

    #[test]
    fn a_network_contains_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("2001:db8::1/128", "2001:db8::1", "2001:db8::2"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn families_do_not_mix_but_a_mapped_address_is_its_ipv4_address() {
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(contains("0.0.0.0/0", "203.0.113.9") && contains("::/0", "2001:db8::1"));
        assert!(!contains("::/0", "192.0.2.1"));
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
    }

    #[test]
    fn text_that_is_ambiguous_is_refused() {
        for bad in [
            "",
            "/",
            "192.0.2.0/33",
            "192.0.2.1/24",
            "192.0.2.0/+24",
            "192.0.2.0/024",
            "192.0.2.0/ 24",
            "192.0.2",
            "192.0.02.0/24",
            "2001:db8::1/32",
            "2001:db8::/129",
            "::ffff:192.0.2.0/120",
            "example.com",
            "192.0.2.0/24/24",
            "fe80::1%eth0",
        ] {
            assert_eq!(bad.parse::<Cidr>(), Err(BadCidr), "{bad}");
        }
    }

    #[test]
    fn stored_networks_are_read_back_and_damage_is_not_read_as_anywhere() {
        let networks = Cidrs::new(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]).unwrap();
        assert_eq!(Cidrs::from_text(&networks.to_text()), Ok(networks));
        assert_eq!(Cidrs::from_text(""), Ok(Cidrs::default()));
        assert!(Cidrs::from_text("192.0.2.0/24 damaged").is_err());
        assert!(Cidrs::new(vec!["192.0.2.0/24".parse().unwrap(); 33]).is_err());
    }
}
