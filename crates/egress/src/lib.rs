//! The only place of Sealpost with an outbound socket or a resolver.
//!
//! Everything that leaves goes one way, whoever wrote the destination:
//!
//! 1. [`target::Target::parse`] reads a URL once and keeps its parts;
//! 2. [`resolve::Resolver`] asks for every address of the host: name servers for what the API names, the operating system for
//!    what the configuration names;
//! 3. [`guard::Policy::permit`] refuses the *name* when one single answer is not a public address;
//! 4. [`network::Network`] refuses what is an address of this machine, connects to an address it has just checked, and to no other;
//! 5. [`client::Client`] speaks HTTP/1.1 over it, [`smtp::Mailer`] speaks SMTP.
//!
//! Redirects, proxies, cookies, decompression and connections shared between organisations do not
//! exist here: there is no code that could follow, read or reuse them.
//!
//! [`mail`] builds the message that [`smtp`] sends and [`dkim`] signs it. [`syslog`] speaks to a collector the same way.
//!
//! Tests and simulation use the same code with a [`resolve::FixedResolver`] and a policy that permits
//! loopback ([`guard::Policy::with_loopback`]); there is nothing to mock.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod client;
pub mod dkim;
pub mod guard;
pub mod mail;
pub mod network;
pub mod resolve;
pub mod smtp;
pub mod suffix;
pub mod syslog;
pub mod target;
pub mod text;
pub mod tls;

mod elapsed;
mod lookup;
mod own;
mod pool;
mod stream;

/// Identifies the organisation a connection belongs to. Connections are kept per tenant and never
/// shared, so that one organisation can't observe or ride on another's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenant([u8; 16]);

impl Tenant {
    /// The installation itself: calls that its operator configured.
    pub const INSTALLATION: Self = Self([0; 16]);

    /// Takes the 16 bytes of the organisation's id.
    pub const fn new(id: [u8; 16]) -> Self {
        Self(id)
    }
}
