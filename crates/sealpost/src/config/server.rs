//! `[server]`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sealpost_web::{Cidr, ForwardedBy, Proxies};
use serde::{Deserialize, Serialize};

/// Where Sealpost listens, and what it is called.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerConfig {
    /// The HTTPS listener. Plain HTTP on it is answered 403.
    pub(crate) bind: SocketAddr,
    /// Another listener, for people who type `http://`: it answers 403 `https_required` and nothing else. Usually port 80.
    pub(crate) refuse_http: Option<SocketAddr>,
    /// `/healthz`, `/readyz` and `/metrics`, in plain HTTP: loopback only.
    pub(crate) admin: Option<SocketAddr>,
    /// What the outside calls this server: links in messages begin with it.
    pub(crate) public_url: PublicUrl,
    /// Proxies in front of this server, as addresses or blocks: only from them is it heard whose request they bring.
    pub(crate) trusted_proxies: Vec<ProxyBlock>,
    /// The one header in which they say so: `x-forwarded-for`, or `forwarded` (RFC 7239).
    pub(crate) forwarded_by: ForwardedHeader,
    /// Connections at once; more wait to be accepted.
    pub(crate) max_connections: usize,
    /// Seconds that requests in flight get to finish when the server is asked to stop.
    pub(crate) drain_seconds: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 7700)),
            refuse_http: None,
            admin: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 7701))),
            public_url: PublicUrl("https://localhost:7700".into()),
            trusted_proxies: Vec::new(),
            forwarded_by: ForwardedHeader::default(),
            max_connections: 4096,
            drain_seconds: 20,
        }
    }
}

impl ServerConfig {
    /// Who is believed about whose request it is.
    pub(crate) fn proxies(&self) -> Proxies {
        let by = match self.forwarded_by {
            ForwardedHeader::XForwardedFor => ForwardedBy::XForwardedFor,
            ForwardedHeader::Forwarded => ForwardedBy::Forwarded,
        };
        Proxies::new(self.trusted_proxies.iter().map(|block| block.0).collect(), by)
    }
}

/// Where a proxy writes for whom it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ForwardedHeader {
    /// `X-Forwarded-For`
    #[default]
    XForwardedFor,
    /// `Forwarded`
    Forwarded,
}

/// Addresses of proxies in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ProxyBlock(Cidr);

impl ProxyBlock {
    /// Wider than any installation's own network is: /8 (RFC 1918's widest), or /16 (of IPv6).
    pub(super) fn is_too_wide(self) -> bool {
        self.0.prefix() < if self.0.address().is_ipv4() { 8 } else { 16 }
    }

    /// Whether whoever is in it can be reached from the internet, and so may be somebody else.
    pub(crate) fn is_public(self) -> bool {
        match self.0.address() {
            IpAddr::V4(address) => {
                !(address.is_private() || address.is_loopback() || address.is_link_local() || is_shared(address))
            }
            IpAddr::V6(address) => {
                !(address.is_unique_local() || address.is_loopback() || address.is_unicast_link_local())
            }
        }
    }
}

/// RFC 6598.
fn is_shared(address: Ipv4Addr) -> bool {
    matches!(address.octets(), [100, 64..=127, ..])
}

/// `https://`, a host and perhaps a port; no path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// Without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The host alone: an IPv6 address keeps its brackets.
    pub(crate) fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => authority,
        }
    }

    /// Host and port, as they stand in the URL.
    pub(crate) fn authority(&self) -> &str {
        self.0.trim_start_matches("https://")
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "must be `https://`, a host and perhaps a port, such as https://sealpost.example.com";
        let url = url::Url::parse(&text).map_err(|_| wrong)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if url.scheme() != "https" || !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}
