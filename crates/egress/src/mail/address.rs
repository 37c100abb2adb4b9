//! Addresses as SMTP takes them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::Host;

/// Longest local part (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// Longest address that fits a forward path (RFC 5321 §4.5.3.1.3).
const MAX_LENGTH: usize = 254;

/// `local@domain`: a dot-atom in ASCII and a DNS name of at least two labels in its ASCII form. Quoted local
/// parts, address literals and comments are refused: nobody has them and parsers disagree over them.
///
/// An address is personal: [`Debug`](fmt::Debug) doesn't print it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    local: String,
    domain: String,
}

/// Why a text is not an address. Never carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The part before `@` is empty, too long or not a dot-atom in ASCII.
    #[error("the local part is not acceptable")]
    Local,
    /// The part after `@` is not a DNS name.
    #[error("the domain is not acceptable")]
    Domain,
    /// There is no `@`, or the whole is too long.
    #[error("not an address")]
    Malformed,
}

impl Address {
    /// The part before `@`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part after `@`, in ASCII form.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The whole address, for the envelope and the header. Personal: not for logs.
    pub fn as_path(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Malformed)?;
        if !is_dot_atom(local) || local.len() > MAX_LOCAL {
            return Err(AddressError::Local);
        }
        let Ok(Host::Domain(domain)) = Host::parse(domain) else {
            return Err(AddressError::Domain);
        };
        if !domain.contains('.') || domain.ends_with('.') || !is_dot_atom(&domain) {
            return Err(AddressError::Domain);
        }
        if local.len() + 1 + domain.len() > MAX_LENGTH {
            return Err(AddressError::Malformed);
        }
        Ok(Self { local: local.to_owned(), domain })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// RFC 5322 §3.2.3.
pub(super) fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| {
        !atom.is_empty()
            && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    })
}
