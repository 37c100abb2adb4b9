//! One message, built so that no value can break out of its place (RFC 5322, RFC 2045, RFC 8058).
//!
//! Every value that goes into a header is a type whose constructor refuses control characters; bodies are
//! always quoted-printable, so they survive every relay unchanged and no boundary can occur in them.

mod address;
mod build;
mod text;

#[cfg(test)]
mod tests;

pub use address::{Address, AddressError};
pub use build::{Draft, Mail, MailError};
pub use text::{HeaderText, MessageId, TextError, Unsubscribe};

/// An address with the name shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown, if any.
    pub name: Option<HeaderText>,
    /// The address.
    pub address: Address,
}

impl From<Address> for Mailbox {
    fn from(address: Address) -> Self {
        Self { name: None, address }
    }
}
