//! Who we are to each other: metadata of identity providers is read, our own is written.

mod flaw;
mod identity_provider;
mod private_key;
mod service_provider;
#[cfg(test)]
mod tests;

pub use flaw::MetadataFlaw;
pub use identity_provider::IdentityProvider;
pub(crate) use identity_provider::POST;
pub use service_provider::ServiceProvider;
