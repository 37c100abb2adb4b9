//! Which addresses may be called: default deny.
//!
//! [`classify`] names what an address is; [`Policy`] decides what may be called. An address is public
//! only if it is outside every special-purpose block of the IANA registries, outside the metadata
//! services of the clouds, and (IPv6) inside the global unicast block `2000::/3`. No form of IPv6
//! address that carries an IPv4 address is public, whatever the IPv4 address is: a translator on the
//! way would connect to something that nobody has checked.

mod cidr;
mod embedded;
mod policy;
mod port;
mod table;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use cidr::{Cidr, CidrError};
pub use embedded::{Form, embedded};
pub use policy::{Policy, Refusal};
pub use port::{AgreedPort, OtherPort};

/// What an address is for, as far as calling it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// Globally reachable unicast: the only class that may be called without further permission.
    Public,
    /// The instance metadata or wire server of a cloud. Never permitted, by any policy.
    Metadata,
    /// `0.0.0.0/8` and `::` ("this host").
    Unspecified,
    /// `127.0.0.0/8` and `::1`.
    Loopback,
    /// RFC 1918, RFC 4193 unique local and the deprecated site-local block.
    Private,
    /// `100.64.0.0/10`, carrier-grade NAT (RFC 6598).
    Shared,
    /// `169.254.0.0/16` and `fe80::/10`.
    LinkLocal,
    /// Multicast.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// Documentation prefixes.
    Documentation,
    /// Benchmarking prefixes (RFC 2544, RFC 5180).
    Benchmarking,
    /// Blocks assigned to a protocol: IETF assignments, AS112, AMT, 6to4 relays, ORCHID, SRv6.
    Protocol,
    /// An IPv6 form that carries an IPv4 address: mapped, compatible, SIIT, NAT64, 6to4, Teredo, ISATAP.
    EmbeddedIpv4,
    /// Reserved or not allocated for global unicast.
    Reserved,
}

/// Names what `address` is. Anything not known to be public is not public.
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    let bits = address.to_bits();
    table::IPV4
        .iter()
        .find(|(base, prefix, _)| (bits ^ base.to_bits()).leading_zeros() >= *prefix)
        .map_or(AddressClass::Public, |(_, _, class)| *class)
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    let bits = address.to_bits();
    if let Some((_, _, class)) =
        table::IPV6.iter().find(|(base, prefix, _)| (bits ^ base.to_bits()).leading_zeros() >= *prefix)
    {
        return *class;
    }
    // The table has the blocks; an interface identifier stands behind any prefix.
    if embedded(address).is_some() {
        return AddressClass::EmbeddedIpv4;
    }
    if address.segments()[0] & 0xe000 == 0x2000 { AddressClass::Public } else { AddressClass::Reserved }
}

impl AddressClass {
    /// A stable word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Metadata => "metadata",
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Shared => "shared",
            Self::LinkLocal => "link_local",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Protocol => "protocol",
            Self::EmbeddedIpv4 => "embedded_ipv4",
            Self::Reserved => "reserved",
        }
    }
}
