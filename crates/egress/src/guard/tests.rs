use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::{AddressClass, Cidr, CidrError, Policy, Refusal, classify};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn public_addresses_are_public() {
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2000::",
        "2001:200::",
        "2001:db7::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700:4700::1111",
        "2a00:1450:4001:830::200e",
        "3ffe:ffff::1",
        "3fff:1000::",
        "2a00::5efd:1.2.3.4",
    ] {
        assert_eq!(classify(ip(text)), AddressClass::Public, "{text}");
    }
}

#[test]
fn special_addresses_are_named() {
    use AddressClass::*;
    for (text, class) in [
        ("0.0.0.0", Unspecified),
        ("0.255.255.255", Unspecified),
        ("10.0.0.1", Private),
        ("100.64.0.0", Shared),
        ("100.127.255.255", Shared),
        ("100.100.100.200", Metadata),
        ("127.0.0.1", Loopback),
        ("127.255.255.255", Loopback),
        ("169.254.0.1", LinkLocal),
        ("169.254.169.254", Metadata),
        ("168.63.129.16", Metadata),
        ("172.16.0.1", Private),
        ("172.31.255.255", Private),
        ("192.0.0.1", Protocol),
        ("192.0.0.9", Protocol),
        ("192.0.0.192", Metadata),
        ("192.0.2.1", Documentation),
        ("192.31.196.1", Protocol),
        ("192.52.193.1", Protocol),
        ("192.88.99.1", Protocol),
        ("192.168.1.1", Private),
        ("192.175.48.1", Protocol),
        ("198.18.0.1", Benchmarking),
        ("198.19.255.255", Benchmarking),
        ("198.51.100.1", Documentation),
        ("203.0.113.1", Documentation),
        ("224.0.0.1", Multicast),
        ("239.255.255.255", Multicast),
        ("240.0.0.1", Reserved),
        ("255.255.255.255", Broadcast),
        ("::", Unspecified),
        ("::1", Loopback),
        ("::127.0.0.1", EmbeddedIpv4),
        ("::8.8.8.8", EmbeddedIpv4),
        ("::ffff:127.0.0.1", EmbeddedIpv4),
        ("::ffff:8.8.8.8", EmbeddedIpv4),
        ("::ffff:0:127.0.0.1", EmbeddedIpv4),
        ("64:ff9b::7f00:1", EmbeddedIpv4),
        ("64:ff9b:1::7f00:1", EmbeddedIpv4),
        ("64:ff9b:1:ffff::1", EmbeddedIpv4),
        ("100::1", Reserved),
        ("200::1", Reserved),
        ("2001::1", EmbeddedIpv4),
        ("2001:0:7f00:1::", EmbeddedIpv4),
        ("2001:2::1", Benchmarking),
        ("2001:1::1", Protocol),
        ("2001:10::1", Protocol),
        ("2001:20::1", Protocol),
        ("2001:1ff:ffff::1", Protocol),
        ("2001:db8::1", Documentation),
        ("2002:7f00:1::", EmbeddedIpv4),
        ("2002:808:808::1", EmbeddedIpv4),
        ("2620:4f:8000::1", Protocol),
        ("3fff::1", Documentation),
        ("3fff:fff::1", Documentation),
        ("5f00::1", Protocol),
        ("4000::1", Reserved),
        ("8000::1", Reserved),
        ("fc00::1", Private),
        ("fd00:ec2::254", Metadata),
        ("fd20:ce::254", Metadata),
        ("fe80::1", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Private),
        ("ff02::1", Multicast),
        ("2a00::5efe:10.0.0.1", EmbeddedIpv4),
        ("2a00::200:5efe:10.0.0.1", EmbeddedIpv4),
    ] {
        assert_eq!(classify(ip(text)), class, "{text}");
    }
}

/// Written from the registries' ranges by octets and segments, without the table.
fn independently_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => independently_public_v4(v4.octets()),
        IpAddr::V6(v6) => independently_public_v6(v6.segments()),
    }
}

fn independently_public_v4(octets: [u8; 4]) -> bool {
    !matches!(
        octets,
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [168, 63, 129, 16]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [192, 31, 196, _]
            | [192, 52, 193, _]
            | [192, 88, 99, _]
            | [192, 175, 48, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

fn independently_public_v6(s: [u16; 8]) -> bool {
    let global = (0x2000..=0x3fff).contains(&s[0]);
    let protocol = s[0] == 0x2001 && s[1] < 0x0200;
    let documentation = (s[0] == 0x2001 && s[1] == 0x0db8) || (s[0] == 0x3fff && s[1] < 0x1000);
    let six_to_four = s[0] == 0x2002;
    let as112 = s[0] == 0x2620 && s[1] == 0x4f && s[2] == 0x8000;
    let isatap = (s[4] == 0 || s[4] == 0x200) && s[5] == 0x5efe;
    global && !protocol && !documentation && !six_to_four && !as112 && !isatap
}

/// Addresses near the edges of blocks, where classifiers disagree if they ever do.
fn any_address() -> impl Strategy<Value = IpAddr> {
    let v4_edges = prop::sample::select(super::table::IPV4.to_vec());
    let v6_edges = prop::sample::select(super::table::IPV6.to_vec());
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
        (0u128..1 << 125).prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits | 1 << 125))),
        (v4_edges, any::<u32>(), -2i64..=2).prop_map(|((base, prefix, _), noise, step)| {
            let inside = noise.checked_shr(prefix).unwrap_or(0);
            let bits = (base.to_bits() | inside).wrapping_add(step as u32);
            IpAddr::V4(Ipv4Addr::from_bits(bits))
        }),
        (v6_edges, any::<u128>(), -2i128..=2).prop_map(|((base, prefix, _), noise, step)| {
            let inside = noise.checked_shr(prefix).unwrap_or(0);
            let bits = (base.to_bits() | inside).wrapping_add(step as u128);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }),
        (any::<u64>(), any::<u32>(), any::<bool>()).prop_map(|(head, v4, universal)| {
            let middle = if universal { 0x0200_5efe } else { 0x5efe_u128 };
            let bits = u128::from(head) << 64 | middle << 32 | u128::from(v4);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn two_classifiers_agree_on_what_is_public(address in any_address()) {
        prop_assert_eq!(classify(address) == AddressClass::Public, independently_public(address));
    }
}

#[test]
fn one_bad_answer_refuses_the_name() {
    let policy = Policy::strict();
    assert_eq!(policy.permit(&[ip("8.8.8.8"), ip("2a00::1")]), Ok(()));
    assert_eq!(policy.permit(&[ip("8.8.8.8"), ip("10.0.0.1")]), Err(Refusal::NotPublic(AddressClass::Private)));
    assert_eq!(policy.permit(&[]), Err(Refusal::NoAddress));
}

#[test]
fn loopback_opens_nothing_but_loopback() {
    let policy = Policy::strict().with_loopback();
    assert_eq!(policy.permit(&[ip("127.0.0.1"), ip("::1")]), Ok(()));
    assert!(policy.permit(&[ip("10.0.0.1")]).is_err());
    assert!(policy.permit(&[ip("::ffff:127.0.0.1")]).is_err());
}

#[test]
fn an_allowed_block_never_opens_metadata_or_embedded_forms() {
    let policy = Policy::strict().with_allowed("169.254.0.0/16".parse().unwrap()).with_allowed("::/0".parse().unwrap());
    assert_eq!(policy.permit(&[ip("169.254.7.7")]), Ok(()));
    assert_eq!(policy.permit(&[ip("fd00::1")]), Ok(()));
    for text in ["169.254.169.254", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a00:1"] {
        assert!(policy.permit(&[ip(text)]).is_err(), "{text}");
    }
}

#[test]
fn own_addresses_are_refused_even_when_public_or_allowed() {
    let policy = Policy::strict()
        .with_allowed("10.0.0.0/8".parse().unwrap())
        .with_refused(Cidr::from(ip("8.8.4.4")))
        .with_refused(Cidr::from(ip("10.0.0.5")));
    assert_eq!(policy.permit(&[ip("8.8.4.4")]), Err(Refusal::OwnAddress));
    assert_eq!(policy.permit(&[ip("10.0.0.5")]), Err(Refusal::OwnAddress));
    assert_eq!(policy.permit(&[ip("10.0.0.6")]), Ok(()));
}

#[test]
fn a_prefix_that_is_translated_can_not_be_allowed() {
    let block: Cidr = "2a00:64::/96".parse().unwrap();
    let policy = Policy::strict().with_allowed("2a00::/16".parse().unwrap()).with_translated(block);
    let refused = Err(Refusal::NotPublic(AddressClass::EmbeddedIpv4));
    assert_eq!(policy.permit(&[ip("2a00:64::10.0.0.1")]), refused);
    assert_eq!(policy.permit(&[ip("2a00:64::8.8.8.8")]), refused);
    assert_eq!(policy.permit(&[ip("2a00:65::1")]), Ok(()));
}

#[test]
fn blocks_are_read_strictly() {
    assert!("10.0.0.0/8".parse::<Cidr>().unwrap().contains(ip("10.255.0.1")));
    assert!(!"10.0.0.0/8".parse::<Cidr>().unwrap().contains(ip("11.0.0.0")));
    assert!(!"0.0.0.0/0".parse::<Cidr>().unwrap().contains(ip("::1")));
    assert_eq!("10.0.0.1/8".parse::<Cidr>(), Err(CidrError::HostBits));
    assert_eq!("10.0.0.0/33".parse::<Cidr>(), Err(CidrError::Prefix));
    assert_eq!("10.0.0.0".parse::<Cidr>(), Err(CidrError::Prefix));
    assert_eq!("ten/8".parse::<Cidr>(), Err(CidrError::Address));
}
