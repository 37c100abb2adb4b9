//! A relay and how to speak to it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use rustls_pki_types::{DnsName, ServerName};
use thiserror::Error;
use url::Host as UrlHost;
use zeroize::Zeroizing;

use crate::network::Host;
use crate::tls::MinTls;

/// Longest user name or password, in bytes.
const MAX_CREDENTIAL: usize = 500;

/// A mail relay. Connections are kept per (tenant, relay), credentials included.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpRelay {
    host: Host,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    helo: String,
    min_tls: MinTls,
    server_name: ServerName<'static>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3.3).
    ImplicitTls,
    /// STARTTLS, required: a relay that doesn't offer it gets nothing.
    StartTls,
    /// Clear text to loopback addresses, for the demo and tests. Every other address is refused.
    PlainLoopbackOnly,
}

/// A user name and a password, wiped when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(super) username: String,
    pub(super) password: Zeroizing<String>,
}

/// Why a relay is not acceptable. Never carries the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RelayError {
    /// The host is not a DNS name or an address.
    #[error("the relay's host is not acceptable")]
    Host,
    /// The port is 0.
    #[error("the relay's port is not acceptable")]
    Port,
    /// Our name for EHLO is not a DNS name.
    #[error("the name for EHLO is not a DNS name")]
    Helo,
    /// The user name or password is empty, over 500 bytes or contains a control character.
    #[error("the credentials are not acceptable")]
    Credentials,
}

impl Credentials {
    /// Checks and keeps a user name and a password.
    pub fn new(username: &str, password: Zeroizing<String>) -> Result<Self, RelayError> {
        for value in [username, password.as_str()] {
            if value.is_empty() || value.len() > MAX_CREDENTIAL || value.chars().any(char::is_control) {
                return Err(RelayError::Credentials);
            }
        }
        Ok(Self { username: username.to_owned(), password })
    }
}

impl SmtpRelay {
    /// A relay without credentials that must speak TLS 1.3. `helo` is the name we give ourselves.
    pub fn new(host: &str, port: u16, security: Security, helo: &str) -> Result<Self, RelayError> {
        if port == 0 {
            return Err(RelayError::Port);
        }
        if DnsName::try_from(helo).is_err() {
            return Err(RelayError::Helo);
        }
        let (host, server_name) = read_host(host)?;
        Ok(Self {
            host,
            port,
            security,
            credentials: None,
            helo: helo.to_owned(),
            min_tls: MinTls::default(),
            server_name,
        })
    }

    /// The same relay with credentials.
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The same relay with another TLS floor.
    pub fn with_min_tls(mut self, min_tls: MinTls) -> Self {
        self.min_tls = min_tls;
        self
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn security(&self) -> Security {
        self.security
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    pub(super) fn helo(&self) -> &str {
        &self.helo
    }

    pub(super) fn min_tls(&self) -> MinTls {
        self.min_tls
    }

    pub(super) fn server_name(&self) -> ServerName<'static> {
        self.server_name.clone()
    }
}

impl Hash for SmtpRelay {
    /// Without the credentials: equality tells relays apart, the hash must not be made of secrets.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.host, self.port, self.security, self.min_tls).hash(state);
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl fmt::Debug for SmtpRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpRelay")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("authenticates", &self.credentials.is_some())
            .finish_non_exhaustive()
    }
}

fn read_host(host: &str) -> Result<(Host, ServerName<'static>), RelayError> {
    match UrlHost::parse(host).map_err(|_| RelayError::Host)? {
        UrlHost::Domain(name) => {
            let host = Host::Name(name.as_str().into());
            let server_name = DnsName::try_from(name).map_err(|_| RelayError::Host)?;
            Ok((host, ServerName::DnsName(server_name)))
        }
        UrlHost::Ipv4(address) => Ok(literal(IpAddr::V4(address))),
        UrlHost::Ipv6(address) => Ok(literal(IpAddr::V6(address))),
    }
}

fn literal(address: IpAddr) -> (Host, ServerName<'static>) {
    (Host::Literal(address), ServerName::IpAddress(address.into()))
}
