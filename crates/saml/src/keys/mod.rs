//! Keys and their envelopes.

mod certificate;
pub(crate) mod der;
mod private;
mod public;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, CertificateFlaw};
pub use private::{DecryptionKey, NotAKey, SigningKey};
pub use public::{KeyKind, PublicKey};
