//! IPv6 forms that carry an IPv4 address.
//!
//! None of them is ever called, so nothing depends on what they carry; whoever asks why an address is refused is told.

use std::net::{Ipv4Addr, Ipv6Addr};

/// How an IPv6 address carries an IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `::a.b.c.d` (RFC 4291 §2.5.5.1).
    Compatible,
    /// `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
    Mapped,
    /// `::ffff:0:a.b.c.d`, stateless translation (RFC 2765 §2.1).
    Siit,
    /// `64:ff9b::a.b.c.d` (RFC 6052 §2.1), and its block for local use (RFC 8215).
    Nat64,
    /// `2002:aabb:ccdd::` (RFC 3056 §2).
    SixToFour,
    /// `2001:0:…`, the client's address inverted at its end (RFC 4380 §4).
    Teredo,
    /// An interface identifier `::0:5efe:a.b.c.d` (RFC 5214 §6.1), with the universal bit either way.
    Isatap,
}

/// The IPv4 address that `address` carries, and how.
pub fn embedded(address: Ipv6Addr) -> Option<(Form, Ipv4Addr)> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let last = of(g, h);
    match [a, b, c, d, e, f] {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0] if address.to_bits() > 1 => Some((Form::Compatible, last)),
        [0, 0, 0, 0, 0, 0xffff] => Some((Form::Mapped, last)),
        [0, 0, 0, 0, 0xffff, 0] => Some((Form::Siit, last)),
        [0x64, 0xff9b, 0, 0, 0, 0] | [0x64, 0xff9b, 1, ..] => Some((Form::Nat64, last)),
        [0x2002, high, low, ..] => Some((Form::SixToFour, of(high, low))),
        [0x2001, 0, ..] => Some((Form::Teredo, of(!g, !h))),
        [.., universal, 0x5efe] if universal & !0x0200 == 0 => Some((Form::Isatap, last)),
        _ => None,
    }
}

fn of(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

impl Form {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Mapped => "mapped",
            Self::Siit => "siit",
            Self::Nat64 => "nat64",
            Self::SixToFour => "6to4",
            Self::Teredo => "teredo",
            Self::Isatap => "isatap",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_decoded() {
        for (text, form, carried) in [
            ("::10.1.2.3", Form::Compatible, "10.1.2.3"),
            ("::ffff:10.1.2.3", Form::Mapped, "10.1.2.3"),
            ("::ffff:0:10.1.2.3", Form::Siit, "10.1.2.3"),
            ("64:ff9b::10.1.2.3", Form::Nat64, "10.1.2.3"),
            ("64:ff9b:1:7::10.1.2.3", Form::Nat64, "10.1.2.3"),
            ("2002:a01:203::1", Form::SixToFour, "10.1.2.3"),
            // RFC 4380 §4: the client's address is obfuscated by inverting every bit.
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Form::Teredo, "192.0.2.45"),
            ("2a00:1::5efe:10.1.2.3", Form::Isatap, "10.1.2.3"),
            ("2a00:1::200:5efe:10.1.2.3", Form::Isatap, "10.1.2.3"),
        ] {
            assert_eq!(embedded(text.parse().unwrap()), Some((form, carried.parse().unwrap())), "{text}");
        }
        for text in ["::", "::1", "2606:4700::1111", "2a00:1::100:5efe:a01:203"] {
            assert_eq!(embedded(text.parse().unwrap()), None, "{text}");
        }
    }
}
