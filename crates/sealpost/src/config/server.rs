//! `[server]`

use std::net::{Ipv4Addr, SocketAddr};

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
            max_connections: 4096,
            drain_seconds: 20,
        }
    }
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
