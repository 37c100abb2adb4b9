//! Links that are long over are forgotten.

use sealpost_store::{CredentialKind, Store, StoreError};

use super::store;
use crate::old;

/// Forgets the old links of every organisation.
pub async fn forget_old(house: &Store) -> Result<(), StoreError> {
    old::forget(house, CredentialKind::SignInLink, store::forget_before).await
}
