//! A URL that may be called, read once.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use rustls_pki_types::{DnsName, ServerName};
use thiserror::Error;
use url::{Host as UrlHost, Url};

use crate::guard::{AgreedPort, OtherPort, Policy, Refusal};
use crate::network::Host;
use crate::suffix::Suffix;

/// Longest URL accepted, in bytes: as it is given, and as it is called, with everything percent-encoded.
const MAX_LENGTH: usize = 2048;

/// Top-level names that never lead to the public Internet (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN
/// name-collision list). The guard would refuse their addresses; this says so at registration.
const PRIVATE_SUFFIXES: [&str; 13] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "invalid",
    "onion",
    "alt",
    "arpa",
    "localdomain",
];

/// What is called: scheme, host, port, path and query of one WHATWG parse. The text it came from is never
/// parsed a second time, so no two parsers can disagree about where it points.
///
/// [`Display`](fmt::Display) and [`Debug`] print the origin and the path, never the query, which often
/// carries a secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    origin: Arc<Origin>,
    path_and_query: PathAndQuery,
}

/// Scheme, host and port: what a connection is for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// That others have agreed to the port, where no policy permits it: what was judged with it shares no connection with what wasn't.
    pub(crate) agreed: Option<AgreedPort>,
    /// The `Host` header (RFC 9110 §7.2): host, and port unless it is the scheme's default.
    pub(crate) authority: HeaderValue,
    pub(crate) server_name: ServerName<'static>,
}

/// Why a URL may not be called. No variant carries the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Longer than 2048 bytes.
    #[error("the URL is longer than 2048 bytes")]
    TooLong,
    /// Not a URL.
    #[error("not a valid URL")]
    Malformed,
    /// The scheme is not `https` (plain `http` is for loopback, where permitted).
    #[error("the URL must use https")]
    SchemeNotAllowed,
    /// The URL carries a user name or a password.
    #[error("the URL must not carry user information")]
    UserInfo,
    /// The URL carries a fragment.
    #[error("the URL must not carry a fragment")]
    Fragment,
    /// The host is an IP address in any notation.
    #[error("the host must be a name, not an address")]
    AddressLiteral,
    /// The host is not a public DNS name of at least two labels.
    #[error("the host must be a public domain name")]
    HostNotAllowed,
    /// The host is a suffix below which a registry's customers have their names: nobody's own.
    #[error("the host must be somebody's own domain name, not a public suffix")]
    PublicSuffix,
    /// The port is not permitted.
    #[error("the port is not permitted")]
    PortNotAllowed,
}

impl TargetError {
    /// A stable code for APIs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "url_too_long",
            Self::Malformed => "url_malformed",
            Self::SchemeNotAllowed => "https_required",
            Self::UserInfo => "url_userinfo",
            Self::Fragment => "url_fragment",
            Self::AddressLiteral => "address_literal",
            Self::HostNotAllowed => "host_not_allowed",
            Self::PublicSuffix => "public_suffix",
            Self::PortNotAllowed => "port_not_allowed",
        }
    }
}

impl Target {
    /// Reads `url` under `policy`.
    ///
    /// A policy that permits loopback also accepts loopback literals, `localhost`, plain `http` to them
    /// and single-label test names. [`crate::client::Client`] judges the target again, by its addresses,
    /// whenever it connects.
    pub fn parse(url: &str, policy: &Policy) -> Result<Self, TargetError> {
        Self::agreed(url, policy, None)
    }

    /// The same of a `url` whose port others may have agreed to.
    pub fn agreed(url: &str, policy: &Policy, agreed: Option<AgreedPort>) -> Result<Self, TargetError> {
        if url.len() > MAX_LENGTH {
            return Err(TargetError::TooLong);
        }
        let url = Url::parse(url).map_err(|_| TargetError::Malformed)?;
        if url.as_str().len() > MAX_LENGTH {
            return Err(TargetError::TooLong);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        let (host, loopback) = read_host(&url, policy)?;
        let tls = match url.scheme() {
            "https" => true,
            "http" if loopback => false,
            _ => return Err(TargetError::SchemeNotAllowed),
        };
        let port = url.port_or_known_default().ok_or(TargetError::PortNotAllowed)?;
        let agreed = match agreed {
            _ if loopback || policy.permits_port(port) => None,
            Some(agreed) if agreed.is(port) => Some(agreed),
            _ => return Err(TargetError::PortNotAllowed),
        };
        let origin = Origin { tls, server_name: server_name(&host)?, authority: authority(&url)?, host, port, agreed };
        Ok(Self { origin: Arc::new(origin), path_and_query: path_and_query(&url)? })
    }

    /// Reads a `url` that somebody enters: as [`Target::parse`], and its host is no registry's suffix. A provider's suffix may be called:
    /// hosts are compared whole, so that it speaks for nobody below. Not asked again later, when the list may be another one.
    pub fn entered(url: &str, policy: &Policy) -> Result<Self, TargetError> {
        let target = Self::parse(url, policy)?;
        match Suffix::of(&target.host()) {
            Some(Suffix::Registry) => Err(TargetError::PublicSuffix),
            Some(Suffix::Provider) | None => Ok(target),
        }
    }

    /// The port of a `url` that somebody enters, where that is all that is wrong with it ([`Target::entered`]) and others may agree to it.
    pub fn other_port(url: &str, policy: &Policy) -> Option<OtherPort> {
        let refused = Self::entered(url, policy) == Err(TargetError::PortNotAllowed);
        let target = Self::entered(url, &policy.clone().with_any_port()).ok().filter(|_| refused)?;
        OtherPort::of(target.port())
    }

    /// The same place under another path.
    pub fn at(&self, path: &'static str) -> Self {
        Self { origin: self.origin.clone(), path_and_query: PathAndQuery::from_static(path) }
    }

    /// The host in ASCII (Punycode) form; an IPv6 literal without brackets.
    pub fn host(&self) -> String {
        match &self.origin.host {
            Host::Name(name) => name.to_string(),
            Host::Literal(address) => address.to_string(),
        }
    }

    /// The port, explicit or the scheme's default.
    pub fn port(&self) -> u16 {
        self.origin.port
    }

    /// The path, percent-encoded, starting with `/`.
    pub fn path(&self) -> &str {
        self.path_and_query.path()
    }

    /// The query without `?`. May be a secret.
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.query()
    }

    /// Scheme and authority, e.g. `https://hooks.example.com:8443`.
    pub fn origin(&self) -> String {
        let scheme = if self.origin.tls { "https" } else { "http" };
        let authority = self.origin.authority.to_str().unwrap_or_default();
        format!("{scheme}://{authority}")
    }

    /// The whole URL with its query, e.g. for `@target-uri` of RFC 9421. May contain a secret: seal it,
    /// don't log it.
    pub fn target_uri(&self) -> String {
        format!("{}{}", self.origin(), self.path_and_query)
    }

    pub(crate) fn connection_origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    pub(crate) fn path_and_query(&self) -> &PathAndQuery {
        &self.path_and_query
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// The host, and whether it may be treated as loopback under `policy`.
fn read_host(url: &Url, policy: &Policy) -> Result<(Host, bool), TargetError> {
    match url.host().ok_or(TargetError::Malformed)? {
        UrlHost::Domain(name) => {
            let loopback = name == "localhost" || name.ends_with(".localhost");
            if policy.permits_loopback() && !name.ends_with('.') {
                return Ok((Host::Name(name.into()), loopback));
            }
            public_name(name).map(|()| (Host::Name(name.into()), false))
        }
        UrlHost::Ipv4(address) => literal(IpAddr::V4(address), policy),
        UrlHost::Ipv6(address) => literal(IpAddr::V6(address), policy),
    }
}

fn literal(address: IpAddr, policy: &Policy) -> Result<(Host, bool), TargetError> {
    if address.is_loopback() && policy.permit_address(address) != Err(Refusal::OwnAddress) && policy.permits_loopback()
    {
        Ok((Host::Literal(address), true))
    } else {
        Err(TargetError::AddressLiteral)
    }
}

/// At least two labels, no trailing dot, not below a name that is private by registration. The highest label begins with a letter (RFC
/// 1123 §2.1), so that nobody on the way reads the name as an address.
fn public_name(name: &str) -> Result<(), TargetError> {
    let suffix = name.rsplit('.').next().unwrap_or_default();
    let lettered = suffix.starts_with(|first: char| first.is_ascii_alphabetic());
    if !name.contains('.') || !lettered || PRIVATE_SUFFIXES.contains(&suffix) {
        return Err(TargetError::HostNotAllowed);
    }
    Ok(())
}

fn server_name(host: &Host) -> Result<ServerName<'static>, TargetError> {
    match host {
        Host::Literal(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(name) => {
            DnsName::try_from(name.to_string()).map(ServerName::DnsName).map_err(|_| TargetError::HostNotAllowed)
        }
    }
}

fn authority(url: &Url) -> Result<HeaderValue, TargetError> {
    let host = url.host_str().ok_or(TargetError::Malformed)?;
    let text = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    HeaderValue::from_str(&text).map_err(|_| TargetError::Malformed)
}

fn path_and_query(url: &Url) -> Result<PathAndQuery, TargetError> {
    let text = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    PathAndQuery::from_str(&text).map_err(|_| TargetError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_enters_a_name_that_is_a_registrys() {
        let entered = |url| Target::entered(url, &Policy::strict()).map(|target| target.host());
        for url in [
            "https://co.uk/hooks",
            "https://CO.UK/",
            "https://gov.uk:8443/",
            "https://xn--55qx5d.cn/",
            "https://公司.cn/",
        ] {
            assert_eq!(entered(url), Err(TargetError::PublicSuffix), "{url}");
            assert!(parse(url).is_ok(), "what was entered before is still read: {url}");
        }
        for url in ["https://www.gov.uk/", "https://github.io/", "https://hooks.example.co.uk/", "https://hooks.test/"]
        {
            assert!(entered(url).is_ok(), "{url}");
        }
        assert_eq!(entered("https://com/"), Err(TargetError::HostNotAllowed));
    }

    proptest! {
        #[test]
        fn what_is_accepted_reads_back_as_itself(
            url in "(https://|HTTPS:/)?[a-zA-Z0-9.:@%\\[\\]\\\\/?# ü。-]{0,40}",
        ) {
            if let Ok(target) = parse(&url) {
                prop_assert_eq!(parse(&target.target_uri()), Ok(target.clone()));
                prop_assert!(target.host().contains('.'));
                prop_assert!(target.host().parse::<IpAddr>().is_err());
                prop_assert!([443, 8443].contains(&target.port()));
            }
        }
    }

    fn parse(url: &str) -> Result<Target, TargetError> {
        Target::parse(url, &Policy::strict())
    }

    #[test]
    fn keeps_the_parts_and_never_prints_the_query() {
        let target = parse("https://Hooks.Example.com:8443/a%20b/../c?token=geheim").unwrap();
        assert_eq!(target.host(), "hooks.example.com");
        assert_eq!(target.port(), 8443);
        assert_eq!(target.path(), "/c");
        assert_eq!(target.query(), Some("token=geheim"));
        assert_eq!(target.origin(), "https://hooks.example.com:8443");
        assert_eq!(target.target_uri(), "https://hooks.example.com:8443/c?token=geheim");
        assert_eq!(target.to_string(), "https://hooks.example.com:8443/c");
        assert!(!format!("{target:?}").contains("geheim"));
    }

    #[test]
    fn every_notation_of_an_address_is_refused() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f.1",
            "127.1",
            "0",
            "8.8.8.8",
            "[::1]",
            "[::ffff:7f00:1]",
            "[2a00::1]",
            "1%32%37.0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "127.0.0.1.",
        ] {
            let error = parse(&format!("https://{host}/")).unwrap_err();
            assert_eq!(error, TargetError::AddressLiteral, "{host}");
        }
        assert_eq!(parse("https://[fe80::1%25eth0]/"), Err(TargetError::Malformed));
    }

    #[test]
    fn names_that_are_not_public_are_refused() {
        for host in ["localhost", "a.localhost", "printer.local", "vault.internal", "intranet", "example.com.", "a.lan"]
        {
            let error = parse(&format!("https://{host}/")).unwrap_err();
            assert_eq!(error, TargetError::HostNotAllowed, "{host}");
        }
    }

    #[test]
    fn everything_but_plain_https_urls_is_refused() {
        assert_eq!(parse("http://example.com/"), Err(TargetError::SchemeNotAllowed));
        assert_eq!(parse("gopher://example.com/"), Err(TargetError::SchemeNotAllowed));
        assert_eq!(parse("file:///etc/passwd"), Err(TargetError::Malformed));
        assert_eq!(parse("https://u@example.com/"), Err(TargetError::UserInfo));
        assert_eq!(parse("https://:p@example.com/"), Err(TargetError::UserInfo));
        assert_eq!(parse("https://example.com/#x"), Err(TargetError::Fragment));
        assert_eq!(parse("https://example.com:22/"), Err(TargetError::PortNotAllowed));
        assert_eq!(parse("https://example.com:0/"), Err(TargetError::PortNotAllowed));
        assert_eq!(parse("example.com"), Err(TargetError::Malformed));
        let long = format!("https://example.com/{}", "a".repeat(2048));
        assert_eq!(parse(&long), Err(TargetError::TooLong));
        // Short as it is given, and too long as it would be called.
        assert_eq!(parse(&format!("https://example.com/{}", "ü".repeat(900))), Err(TargetError::TooLong));
    }

    #[test]
    fn line_breaks_can_not_reach_the_request_line() {
        let target = parse("https://example.com/a\r\nHost: evil/?q=\r\n").unwrap();
        assert!(!target.target_uri().contains(['\r', '\n', ' ']));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what others have agreed to is what is tested")]
    fn another_port_takes_that_others_agreed_to_exactly_that() {
        let policy = Policy::strict();
        let agreed = |port: u16| Some(AgreedPort::by_approval(OtherPort::of(port).unwrap()));
        let read = |url: &str, port: u16| Target::agreed(url, &policy, agreed(port));
        assert_eq!(read("https://hooks.example.com:9000/a", 9000).unwrap().port(), 9000);
        for url in ["https://hooks.example.com:9001/", "https://hooks.example.com:25/", "https://hooks.example.com:0/"]
        {
            assert_eq!(read(url, 9000), Err(TargetError::PortNotAllowed), "{url}");
        }
        for url in ["https://10.0.0.1:9000/", "http://hooks.example.com:9000/", "https://u@hooks.example.com:9000/"] {
            assert!(read(url, 9000).is_err(), "only the port was agreed to: {url}");
        }
        // Where the policy permits it anyway, there is nothing to agree to.
        assert_eq!(read("https://hooks.example.com/", 9000), parse("https://hooks.example.com/"));
        let below = read("https://hooks.example.com:9000/a?b=c", 9000).unwrap().at("/.well-known/x");
        assert_eq!(below.target_uri(), "https://hooks.example.com:9000/.well-known/x");
    }

    #[test]
    fn only_a_port_that_is_all_that_is_wrong_can_be_agreed_to() {
        let other = |url: &str| Target::other_port(url, &Policy::strict()).map(OtherPort::number);
        assert_eq!(other("https://hooks.example.com:9000/"), Some(9000));
        for url in [
            "https://hooks.example.com/",
            "https://hooks.example.com:8443/",
            "https://hooks.example.com:587/",
            "https://hooks.example.com:0/",
            "http://hooks.example.com:9000/",
            "https://127.0.0.1:9000/",
            "https://co.uk:9000/",
            "https://u@hooks.example.com:9000/",
        ] {
            assert_eq!(other(url), None, "{url}");
        }
    }

    #[test]
    fn loopback_is_for_policies_that_permit_it() {
        let policy = Policy::strict().with_loopback();
        for url in ["http://127.0.0.1:4000/", "https://[::1]:9/x", "http://localhost:80/"] {
            assert!(Target::parse(url, &policy).is_ok(), "{url}");
        }
        for url in ["http://example.com/", "http://10.0.0.1/", "https://10.0.0.1/"] {
            assert!(Target::parse(url, &policy).is_err(), "{url}");
        }
    }
}
