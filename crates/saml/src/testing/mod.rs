//! An identity provider that signs whatever a test wants to have signed.

mod idp;

pub(crate) use idp::{Idp, NOW_MS, RECIPIENT, Story, encrypted, metadata, request_id, service_provider};
