//! Queries about organisations.

use sealpost_store::{StoreError, Tx, org_sql};

use super::model::{Organisation, OrganisationName};

pub(super) fn insert(tx: &mut Tx<'_>, name: &OrganisationName) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(org_sql!("insert into organisation (org, name, created_at) values ($1, $2, $3)"), &[&name.as_str(), &now])
}

/// The organisation of the context.
pub(crate) fn own(tx: &mut Tx<'_>) -> Result<Option<Organisation>, StoreError> {
    let id = tx.ctx().org.id;
    tx.optional(org_sql!("select name, created_at from organisation where org = $1"), &[], |row| {
        Ok(Organisation { id, name: row.get("name")?, created_at: row.get("created_at")? })
    })
}
