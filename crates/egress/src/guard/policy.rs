//! What may be called by this installation.

use std::collections::BTreeSet;
use std::net::IpAddr;

use thiserror::Error;

use super::port::HTTPS_PORTS;
use super::{AddressClass, Cidr, classify};

/// Ports of mail relays: relay, submission over TLS, submission, and its customary alternative.
const MAIL_PORTS: [u16; 4] = [25, 465, 587, 2525];

/// What may be called. [`Policy::strict`] is production; everything else opens something by name.
#[derive(Debug, Clone)]
pub struct Policy {
    loopback: bool,
    any_port: bool,
    ports: BTreeSet<u16>,
    allowed: Vec<Cidr>,
    refused: Vec<Cidr>,
    translated: Vec<Cidr>,
}

/// Why a name may not be called. Names the first offending class, never the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
    /// One of the answers is not a public address; the whole name is refused.
    #[error("the name resolves to an address that is not public")]
    NotPublic(AddressClass),
    /// One of the answers is an address of this installation.
    #[error("the name resolves to this installation")]
    OwnAddress,
    /// The port is not among those permitted.
    #[error("the port is not permitted")]
    Port,
    /// The protocol is not encrypted and the name is not loopback.
    #[error("plain text is for loopback only")]
    PlainText,
}

impl Policy {
    /// Public addresses only, ports 443 and 8443.
    pub fn strict() -> Self {
        Self {
            loopback: false,
            any_port: false,
            ports: HTTPS_PORTS.into(),
            allowed: Vec::new(),
            refused: Vec::new(),
            translated: Vec::new(),
        }
    }

    /// Public addresses only, the ports of mail relays.
    pub fn strict_mail() -> Self {
        Self { ports: MAIL_PORTS.into(), ..Self::strict() }
    }

    /// Permits loopback: its addresses, its literals in URLs, plain `http` and any port on it. For the
    /// demo, `sealpost listen` and tests.
    pub fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Permits one more port.
    pub fn with_port(mut self, port: u16) -> Self {
        self.ports.insert(port);
        self
    }

    /// Permits every port, for relays whose port the operator writes down and for tests.
    pub fn with_any_port(mut self) -> Self {
        self.any_port = true;
        self
    }

    /// Permits a block the operator has written down, e.g. that of an internal mail relay. Metadata
    /// addresses and IPv6 forms that carry an IPv4 address stay refused inside it.
    pub fn with_allowed(mut self, block: Cidr) -> Self {
        self.allowed.push(block);
        self
    }

    /// Refuses a block although it is public: addresses of our own NAT gateways and load balancers. Those of
    /// this machine's interfaces are refused without being named.
    pub fn with_refused(mut self, block: Cidr) -> Self {
        self.refused.push(block);
        self
    }

    /// Refuses a network-specific NAT64 prefix (RFC 6052 §2.2): its addresses carry IPv4 addresses, and look
    /// public. Nothing inside it can be allowed.
    pub fn with_translated(mut self, block: Cidr) -> Self {
        self.translated.push(block);
        self
    }

    /// Decides over a name by all of its addresses: one that may not be called refuses the whole name.
    /// Filtering the bad ones out instead would let an attacker mix answers and probe by timing.
    pub fn permit(&self, addresses: &[IpAddr]) -> Result<(), Refusal> {
        if addresses.is_empty() {
            return Err(Refusal::NoAddress);
        }
        addresses.iter().try_for_each(|a| self.permit_address(*a))
    }

    /// Decides over one address.
    pub fn permit_address(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.refused.iter().any(|block| block.contains(address)) {
            return Err(Refusal::OwnAddress);
        }
        if self.translated.iter().any(|block| block.contains(address)) {
            return Err(Refusal::NotPublic(AddressClass::EmbeddedIpv4));
        }
        match classify(address) {
            AddressClass::Public => Ok(()),
            AddressClass::Loopback if self.loopback => Ok(()),
            class @ (AddressClass::Metadata | AddressClass::EmbeddedIpv4) => Err(Refusal::NotPublic(class)),
            _ if self.allowed.iter().any(|block| block.contains(address)) => Ok(()),
            class => Err(Refusal::NotPublic(class)),
        }
    }

    /// Whether `port` may be called on hosts that are not loopback.
    pub fn permits_port(&self, port: u16) -> bool {
        port != 0 && (self.any_port || self.ports.contains(&port))
    }

    /// Whether loopback is permitted ([`Policy::with_loopback`]).
    pub fn permits_loopback(&self) -> bool {
        self.loopback
    }
}
