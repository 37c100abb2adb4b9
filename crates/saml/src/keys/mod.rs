//! Keys and their envelopes.

mod certificate;
pub(crate) mod der;
mod made;
mod private;
mod public;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, CertificateFlaw};
pub use made::{Lifetime, MadeKey, NotMade};
pub use private::{DecryptionKey, NotAKey, SigningKey};
pub use public::{KeyKind, PublicKey};
