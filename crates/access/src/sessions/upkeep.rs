//! Sessions that are long over are forgotten.

use sealpost_store::{CredentialKind, Store, StoreError};

use super::store;
use crate::old;

/// Forgets the old sessions of every organisation.
pub async fn forget_old(house: &Store) -> Result<(), StoreError> {
    old::forget(house, CredentialKind::Session, store::forget_before).await
}
