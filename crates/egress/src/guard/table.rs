//! The special-purpose blocks, first match wins.
//!
//! Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (all blocks, globally reachable or
//! not), the multicast and reserved blocks of the IANA address space registries, and the documented
//! metadata addresses of Amazon (EC2, ECS, EKS), Google, Azure, Oracle, Alibaba, Tencent, Scaleway and OpenStack.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::AddressClass::{
    self, Benchmarking, Broadcast, Documentation, EmbeddedIpv4, LinkLocal, Loopback, Metadata, Multicast, Private,
    Protocol, Reserved, Shared, Unspecified,
};

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

const fn v6(head: [u16; 4], tail: [u16; 4]) -> Ipv6Addr {
    Ipv6Addr::new(head[0], head[1], head[2], head[3], tail[0], tail[1], tail[2], tail[3])
}

const ZERO: [u16; 4] = [0; 4];

/// `(first address, prefix length, class)`.
pub(super) const IPV4: &[(Ipv4Addr, u32, AddressClass)] = &[
    (v4(169, 254, 169, 254), 32, Metadata),
    (v4(169, 254, 170, 2), 32, Metadata),
    (v4(169, 254, 170, 23), 32, Metadata),
    (v4(169, 254, 42, 42), 32, Metadata),
    (v4(169, 254, 0, 23), 32, Metadata),
    (v4(168, 63, 129, 16), 32, Metadata),
    (v4(100, 100, 100, 200), 32, Metadata),
    (v4(192, 0, 0, 192), 32, Metadata),
    (v4(255, 255, 255, 255), 32, Broadcast),
    (v4(0, 0, 0, 0), 8, Unspecified),
    (v4(10, 0, 0, 0), 8, Private),
    (v4(100, 64, 0, 0), 10, Shared),
    (v4(127, 0, 0, 0), 8, Loopback),
    (v4(169, 254, 0, 0), 16, LinkLocal),
    (v4(172, 16, 0, 0), 12, Private),
    (v4(192, 0, 0, 0), 24, Protocol),
    (v4(192, 0, 2, 0), 24, Documentation),
    (v4(192, 31, 196, 0), 24, Protocol),
    (v4(192, 52, 193, 0), 24, Protocol),
    (v4(192, 88, 99, 0), 24, Protocol),
    (v4(192, 168, 0, 0), 16, Private),
    (v4(192, 175, 48, 0), 24, Protocol),
    (v4(198, 18, 0, 0), 15, Benchmarking),
    (v4(198, 51, 100, 0), 24, Documentation),
    (v4(203, 0, 113, 0), 24, Documentation),
    (v4(224, 0, 0, 0), 4, Multicast),
    (v4(240, 0, 0, 0), 4, Reserved),
];

/// `(first address, prefix length, class)`. What is outside `2000::/3` and not listed is reserved.
pub(super) const IPV6: &[(Ipv6Addr, u32, AddressClass)] = &[
    (v6([0xfd00, 0xec2, 0, 0], [0, 0, 0, 0x254]), 128, Metadata),
    (v6([0xfd00, 0xec2, 0, 0], [0, 0, 0, 0x23]), 128, Metadata),
    (v6([0xfd20, 0xce, 0, 0], [0, 0, 0, 0x254]), 128, Metadata),
    (v6([0xfd00, 0xc1, 0, 0], [0, 0, 0xa9fe, 0xa9fe]), 128, Metadata),
    (v6([0xfd00, 0x42, 0, 0], [0, 0, 0, 0x42]), 128, Metadata),
    (v6([0xfe80, 0, 0, 0], [0, 0, 0xa9fe, 0xa9fe]), 128, Metadata),
    (v6(ZERO, ZERO), 128, Unspecified),
    (v6(ZERO, [0, 0, 0, 1]), 128, Loopback),
    // IPv4-compatible (RFC 4291 §2.5.5.1), IPv4-mapped (§2.5.5.2), SIIT (RFC 2765 §2.1).
    (v6(ZERO, ZERO), 96, EmbeddedIpv4),
    (v6(ZERO, [0, 0xffff, 0, 0]), 96, EmbeddedIpv4),
    (v6(ZERO, [0xffff, 0, 0, 0]), 96, EmbeddedIpv4),
    // NAT64: well-known (RFC 6052) and local use (RFC 8215).
    (v6([0x64, 0xff9b, 0, 0], ZERO), 96, EmbeddedIpv4),
    (v6([0x64, 0xff9b, 1, 0], ZERO), 48, EmbeddedIpv4),
    // Teredo (RFC 4380) and 6to4 (RFC 3056).
    (v6([0x2001, 0, 0, 0], ZERO), 32, EmbeddedIpv4),
    (v6([0x2002, 0, 0, 0], ZERO), 16, EmbeddedIpv4),
    (v6([0x100, 0, 0, 0], ZERO), 64, Reserved),
    (v6([0x2001, 2, 0, 0], ZERO), 48, Benchmarking),
    // The rest of the IETF protocol assignments: ORCHID, AMT, AS112, port control anycast.
    (v6([0x2001, 0, 0, 0], ZERO), 23, Protocol),
    (v6([0x2001, 0xdb8, 0, 0], ZERO), 32, Documentation),
    (v6([0x2620, 0x4f, 0x8000, 0], ZERO), 48, Protocol),
    (v6([0x3fff, 0, 0, 0], ZERO), 20, Documentation),
    (v6([0x5f00, 0, 0, 0], ZERO), 16, Protocol),
    (v6([0xfc00, 0, 0, 0], ZERO), 7, Private),
    (v6([0xfe80, 0, 0, 0], ZERO), 10, LinkLocal),
    (v6([0xfec0, 0, 0, 0], ZERO), 10, Private),
    (v6([0xff00, 0, 0, 0], ZERO), 8, Multicast),
];
