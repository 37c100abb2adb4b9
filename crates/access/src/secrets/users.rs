//! What uses secrets. Who stores references to them says so; nothing is remembered here that could be outdated.

use sealpost_store::{SecretId, StoreError, Time, Tx};

/// Names everything of one kind in this environment that uses secrets.
pub type SecretUser = fn(&mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError>;

/// One use of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// Which secret.
    pub secret: SecretId,
    /// By what: `endpoint`, `channel`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its page, after `/app/{env}`, if it has one.
    pub page: Option<String>,
    /// When it used the secret last, if that is known.
    pub last_used_at: Option<Time>,
}

/// Everybody who may use secrets.
#[derive(Clone, Copy)]
pub(super) struct Users(pub(super) &'static [SecretUser]);

impl Users {
    /// Every use in this environment.
    pub(super) fn all(self, tx: &mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError> {
        let mut uses = Vec::new();
        for user in self.0 {
            uses.extend(user(tx)?);
        }
        Ok(uses)
    }

    /// The uses of one secret.
    pub(super) fn of(self, tx: &mut Tx<'_>, id: SecretId) -> Result<Vec<SecretUse>, StoreError> {
        let mut uses = self.all(tx)?;
        uses.retain(|one| one.secret == id);
        Ok(uses)
    }
}
