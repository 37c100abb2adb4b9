//! Where a collector is.

use std::net::IpAddr;

use rustls_pki_types::{DnsName, ServerName};
use thiserror::Error;
use url::{Host as UrlHost, Url};

use crate::network::Host;

/// Syslog over TLS (RFC 5425 §4.1).
const TLS_PORT: u16 = 6514;

/// A collector: `tls://siem.example.com` or, for one on this host, `tcp://127.0.0.1:601`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    pub(super) host: Host,
    pub(super) port: u16,
    /// The name its certificate must bear; none if it is spoken to in clear, on loopback.
    pub(super) server_name: Option<ServerName<'static>>,
}

/// Why the text names no collector. Never carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CollectorError {
    /// Not `tls://host` or `tcp://host:port` and nothing else.
    #[error("not a collector such as tls://siem.example.com:6514")]
    Malformed,
    /// A scheme other than `tls` and `tcp`, or `tcp` to somewhere else.
    #[error("a collector is reached by tls://; tcp:// is for loopback addresses only")]
    NotEncrypted,
}

impl Collector {
    /// Reads `tls://host[:port]` (6514 unless said otherwise) or `tcp://<loopback address>:port`.
    pub fn parse(text: &str) -> Result<Self, CollectorError> {
        let url = Url::parse(text).map_err(|_| CollectorError::Malformed)?;
        let bare = url.path().trim_matches('/').is_empty()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare || url.port() == Some(0) {
            return Err(CollectorError::Malformed);
        }
        let (host, server_name) = read_host(url.host_str().ok_or(CollectorError::Malformed)?)?;
        match (url.scheme(), &host, url.port()) {
            ("tls", _, port) => Ok(Self { host, port: port.unwrap_or(TLS_PORT), server_name: Some(server_name) }),
            ("tcp", Host::Literal(address), Some(port)) if address.is_loopback() => {
                Ok(Self { host, port, server_name: None })
            }
            ("tcp", Host::Literal(address), None) if address.is_loopback() => Err(CollectorError::Malformed),
            _ => Err(CollectorError::NotEncrypted),
        }
    }
}

/// `Url` leaves the host of a scheme it doesn't know as it stands: it is read here, once.
fn read_host(text: &str) -> Result<(Host, ServerName<'static>), CollectorError> {
    let literal = |address: IpAddr| (Host::Literal(address), ServerName::IpAddress(address.into()));
    match UrlHost::parse(text).map_err(|_| CollectorError::Malformed)? {
        UrlHost::Domain(name) => {
            let host = Host::Name(name.as_str().into());
            let server_name = DnsName::try_from(name).map_err(|_| CollectorError::Malformed)?;
            Ok((host, ServerName::DnsName(server_name)))
        }
        UrlHost::Ipv4(address) => Ok(literal(address.into())),
        UrlHost::Ipv6(address) => Ok(literal(address.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_encrypted_or_on_this_host() {
        let tls = Collector::parse("tls://siem.example.com").unwrap();
        assert_eq!((tls.port, tls.server_name.is_some()), (6514, true));
        assert_eq!(Collector::parse("tls://10.1.2.3:7000").unwrap().port, 7000);
        for local in ["tcp://127.0.0.1:601", "tcp://[::1]:601"] {
            assert_eq!(Collector::parse(local).unwrap().server_name, None, "{local}");
        }
        for clear in ["tcp://10.1.2.3:601", "tcp://siem.example.com:601", "tcp://localhost:601", "udp://127.0.0.1:514"]
        {
            assert_eq!(Collector::parse(clear), Err(CollectorError::NotEncrypted), "{clear}");
        }
    }

    #[test]
    fn nothing_but_host_and_port_is_taken() {
        for text in
            ["", "siem.example.com", "tls://", "tls://u:p@h", "tls://h/x", "tls://h?x", "tls://h#x", "tcp://127.0.0.1"]
        {
            assert_eq!(Collector::parse(text), Err(CollectorError::Malformed), "{text}");
        }
    }
}
