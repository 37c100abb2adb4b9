//! Whose request it is that comes through a proxy of ours.
//!
//! Whoever connects is the client, unless it is a proxy that was named: then the one header that was named with it says for whom it
//! asks. Every proxy adds the address it was asked from at the right, so that what stands left of the first address that is no
//! proxy of ours was written by nobody we know. It isn't read.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, HeaderName};

use crate::cidr::Cidr;

/// Where a proxy writes for whom it asks. The other header is not read: a proxy that writes one passes the other on as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For`, as nearly every proxy does.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that are believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Vec<Cidr>,
    by: ForwardedBy,
}

/// It comes through a proxy of ours, and doesn't say from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a proxy of ours does not say for whom it asks")]
pub struct Unsaid;

impl ForwardedBy {
    const fn header(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => http::header::FORWARDED,
        }
    }

    /// The address in one element of the header's list.
    fn node(self, element: &str) -> Result<IpAddr, Unsaid> {
        match self {
            Self::XForwardedFor => address(element),
            Self::Forwarded => address(forwarded_for(element)?),
        }
    }
}

impl Proxies {
    /// These, which write for whom they ask into that header.
    pub fn new(trusted: Vec<Cidr>, by: ForwardedBy) -> Self {
        Self { trusted, by }
    }

    /// From which address a request comes that this peer made: the peer's own, or, if it is a proxy of ours, the right-most one in
    /// the header that isn't. Where all are, the left-most: then one of ours asks for itself.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, Unsaid> {
        if !self.trusts(peer) {
            return Ok(peer);
        }
        let mut client = Err(Unsaid);
        for line in headers.get_all(self.by.header()).iter().rev() {
            let line = line.to_str().map_err(|_| Unsaid)?;
            for element in line.rsplit(',') {
                let node = self.by.node(element.trim_matches(OWS))?;
                if !self.trusts(node) {
                    return Ok(node);
                }
                client = Ok(node);
            }
        }
        client
    }

    fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }
}

/// Optional white space (RFC 9110 §5.6.3).
const OWS: [char; 2] = [' ', '\t'];

/// What `for` says in a forwarded-element (RFC 7239 §4). The list was cut at its commas and is cut at its semicolons before quotes
/// are looked at: no address has either, and a quote that a client left open can't swallow what a proxy wrote behind it.
fn forwarded_for(element: &str) -> Result<&str, Unsaid> {
    let mut found = None;
    for pair in element.split(';') {
        let (name, value) = pair.trim_matches(OWS).split_once('=').ok_or(Unsaid)?;
        if !is_token(name) {
            return Err(Unsaid);
        }
        let value = match value.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').filter(|inner| !inner.contains(['"', '\\'])).ok_or(Unsaid)?,
            None if is_token(value) => value,
            None => return Err(Unsaid),
        };
        // Each parameter once (RFC 7239 §4).
        if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return Err(Unsaid);
        }
    }
    found.ok_or(Unsaid)
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(tchar)
}

/// A node that is an address, perhaps with a port (RFC 7239 §6): `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]`, `[2001:db8::1]:80`;
/// and `2001:db8::1`, as `X-Forwarded-For` has it. `unknown` and names that hide an address say nothing.
fn address(node: &str) -> Result<IpAddr, Unsaid> {
    let parsed = match node.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(Unsaid)?;
            let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            address.parse::<Ipv6Addr>().ok().filter(|_| is_port).map(IpAddr::V6)
        }
        None => match node.split_once(':') {
            Some((address, port)) if !port.contains(':') => {
                address.parse().ok().filter(|_| is_port(port)).map(IpAddr::V4)
            }
            _ => node.parse().ok(),
        },
    };
    parsed.map(|address| address.to_canonical()).ok_or(Unsaid)
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies(by: ForwardedBy) -> Proxies {
        let trusted = ["10.0.0.0/8", "2001:db8:f::/48"].map(|network| network.parse().unwrap());
        Proxies::new(trusted.into(), by)
    }

    fn client(by: ForwardedBy, peer: &str, lines: &[&str]) -> Result<String, Unsaid> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(by.header(), HeaderValue::from_str(line).unwrap());
        }
        proxies(by).client(peer.parse().unwrap(), &headers).map(|address| address.to_string())
    }

    fn through(line: &str) -> Result<String, Unsaid> {
        client(ForwardedBy::XForwardedFor, "10.0.0.1", &[line])
    }

    fn forwarded(line: &str) -> Result<String, Unsaid> {
        client(ForwardedBy::Forwarded, "10.0.0.1", &[line])
    }

    #[test]
    fn nobody_but_a_proxy_of_ours_says_for_whom_it_asks() {
        for peer in ["203.0.113.9", "::ffff:203.0.113.9", "11.0.0.1"] {
            let own = client(ForwardedBy::XForwardedFor, peer, &["192.0.2.1", "nonsense"]);
            assert_eq!(own, Ok(peer.to_owned()));
        }
        assert_eq!(client(ForwardedBy::XForwardedFor, "::ffff:10.0.0.1", &["192.0.2.1"]), Ok("192.0.2.1".into()));
        let nobody = Proxies::default().client("10.0.0.1".parse().unwrap(), &HeaderMap::new());
        assert_eq!(nobody, Ok("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_client_is_the_right_most_address_that_is_no_proxy_of_ours() {
        for (line, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("198.51.100.66, 192.0.2.1", "192.0.2.1"),
            ("nonsense\", 192.0.2.1 ,10.1.1.1\t, 10.2.2.2", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:443, [2001:db8:f::7]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ] {
            assert_eq!(through(line), Ok(expected.to_owned()), "{line}");
        }
        let lines = ["198.51.100.66", "192.0.2.1, 10.9.9.9", "10.8.8.8"];
        assert_eq!(client(ForwardedBy::XForwardedFor, "10.0.0.1", &lines), Ok("192.0.2.1".into()));
    }

    #[test]
    fn a_request_through_a_proxy_that_does_not_say_for_whom_is_nobodys() {
        assert_eq!(client(ForwardedBy::XForwardedFor, "10.0.0.1", &[]), Err(Unsaid));
        for line in [
            "",
            " ",
            "unknown",
            "_hidden",
            "192.0.2.1,",
            "192.0.2.1, , 10.0.0.2",
            "192.0.2.256",
            "192.0.2.1:",
            "192.0.2.1:99999",
            "192.0.2.1:+1",
            "[192.0.2.1]",
            "[2001:db8::1",
            "[2001:db8::1]x",
            "fe80::1%eth0",
            "192.0.2.1 10.0.0.2",
            "for=192.0.2.1",
            "192.0.2.01",
            "localhost",
            "\"192.0.2.1\"",
        ] {
            assert_eq!(through(line), Err(Unsaid), "{line}");
        }
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        for (line, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
            ("proto=https; FOR=\"192.0.2.1:80\"; host=\"a b\"", "192.0.2.1"),
            ("for=\", for=192.0.2.1", "192.0.2.1"),
            ("for=9.9.9.9;x=\", for=\"192.0.2.1\";by=\"10.0.0.2\"", "192.0.2.1"),
        ] {
            assert_eq!(forwarded(line), Ok(expected.to_owned()), "{line}");
        }
        for line in [
            "for=unknown",
            "for=_SEVKISEK",
            "proto=https",
            "for",
            "for=",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1;",
            "for=2001:db8::1",
            "for=[2001:db8::1]",
            "for=192.0.2.1:80",
            "for=\"192.0.2.1",
            "for=192.0.2.1\"",
            "for=\"\\192.0.2.1\"",
            "192.0.2.1",
            "f or=192.0.2.1",
        ] {
            assert_eq!(forwarded(line), Err(Unsaid), "{line}");
        }
    }

    #[test]
    fn only_the_header_that_was_named_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert("forwarded", HeaderValue::from_static("for=192.0.2.66"));
        headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.1"));
        let peer = "10.0.0.1".parse().unwrap();
        let read = |by| proxies(by).client(peer, &headers).unwrap().to_string();
        assert_eq!(read(ForwardedBy::XForwardedFor), "192.0.2.1");
        assert_eq!(read(ForwardedBy::Forwarded), "192.0.2.66");
    }

    fn outside() -> impl Strategy<Value = IpAddr> {
        any::<IpAddr>()
            .prop_map(|address| address.to_canonical())
            .prop_filter("is a proxy", |address| !proxies(ForwardedBy::Forwarded).trusts(*address))
    }

    fn quoted(address: IpAddr) -> String {
        match address {
            IpAddr::V4(address) => format!("for={address}"),
            IpAddr::V6(address) => format!("for=\"[{address}]\""),
        }
    }

    proptest! {
        #[test]
        fn whatever_a_client_writes_the_address_that_our_proxy_saw_counts(
            written in proptest::collection::vec("[ -~]{0,40}", 0..4), seen in outside(), hops in 0_u8..3,
        ) {
            for by in [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded] {
                let said = |address: IpAddr| match by {
                    ForwardedBy::XForwardedFor => address.to_string(),
                    ForwardedBy::Forwarded => quoted(address),
                };
                let ours = (0..hops).map(|hop| IpAddr::from([10, 0, 1, hop]));
                let added: Vec<_> = std::iter::once(seen).chain(ours).map(said).collect();
                // As another line, and added to the client's last one.
                let mut lines: Vec<&str> = written.iter().map(String::as_str).collect();
                let together = added.join(", ");
                lines.push(&together);
                prop_assert_eq!(client(by, "10.0.0.1", &lines), Ok(seen.to_string()));
                let joined = lines.join(", ");
                prop_assert_eq!(client(by, "10.0.0.1", &[&joined]), Ok(seen.to_string()));
            }
        }

        #[test]
        fn no_text_is_too_odd(line in "\\PC{0,60}", peer in any::<IpAddr>()) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_str(&line) {
                headers.insert("x-forwarded-for", value.clone());
                headers.insert("forwarded", value);
            }
            for by in [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded] {
                if let Ok(client) = proxies(by).client(peer, &headers) {
                    prop_assert!(client == peer || proxies(by).trusts(peer));
                }
            }
        }
    }
}
