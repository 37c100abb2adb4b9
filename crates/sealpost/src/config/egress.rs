//! `[egress]`

use std::net::SocketAddr;
use std::str::FromStr;

use figment::value::magic::RelativePathBuf;
use sealpost_egress::guard::Cidr;
use serde::{Deserialize, Serialize};

/// What may be called. Without any of this: public addresses, HTTPS on 443 and 8443, mail on its ports.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EgressConfig {
    /// More HTTPS ports.
    pub(crate) ports: Vec<u16>,
    /// Blocks that may be called although they aren't public, such as that of an internal mail relay: `10.20.0.0/16`.
    pub(crate) allow: Vec<Block>,
    /// Blocks that may not be called although they are public: addresses of this installation that no interface of this machine has,
    /// such as those of a NAT gateway or a load balancer.
    pub(crate) refuse: Vec<Block>,
    /// NAT64 prefixes of this network, other than the well-known ones: what they translate to would be called unseen.
    pub(crate) nat64: Vec<Block>,
    /// Certificates in PEM of authorities trusted besides the public ones.
    pub(crate) authorities: Vec<RelativePathBuf>,
    /// Name servers that are asked for addresses of receivers, relays and identity providers, and for the records by which domains are
    /// verified, each with its port; those of the operating system, if none: `["192.0.2.53:53"]`.
    pub(crate) name_servers: Vec<SocketAddr>,
    /// Whether endpoints on this machine may be called: loopback on any port, and its own addresses. For trying out: on a server it opens what listens there.
    pub(crate) loopback: bool,
}

/// A block of addresses in CIDR notation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Block {
    text: String,
    block: Cidr,
}

impl Block {
    /// The block.
    pub(crate) fn cidr(&self) -> Cidr {
        self.block
    }
}

impl TryFrom<String> for Block {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Cidr::from_str(&text) {
            Ok(block) => Ok(Self { text, block }),
            Err(error) => Err(format!("not a block of addresses such as 10.20.0.0/16: {error}")),
        }
    }
}

impl From<Block> for String {
    fn from(block: Block) -> Self {
        block.text
    }
}
