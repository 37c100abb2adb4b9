//! Who may do something: active members, by what their roles hold now.

use sealpost_store::{MemberId, Sql, StoreError, Tx, org_sql};
use sealpost_web::Permission;

use super::store;
use crate::roles::{self, RoleRef};

// Primary key (org, id).
const ACTIVE: Sql = org_sql!("select id, role from member where org = $1 and state = 'active' order by id");

/// A member who holds a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub id: MemberId,
    /// By which role.
    pub role: RoleRef,
}

/// Every active member whose role holds this permission.
pub fn holders(tx: &mut Tx<'_>, permission: Permission) -> Result<Vec<Holder>, StoreError> {
    let all = tx.all(ACTIVE, &[], |row| Ok(Holder { id: row.get("id")?, role: store::role(row)? }))?;
    let mut known: Vec<(RoleRef, bool)> = Vec::new();
    let mut holders = Vec::new();
    for one in all {
        let holds = match known.iter().find(|(role, _)| *role == one.role) {
            Some((_, holds)) => *holds,
            None => {
                let holds = roles::find(tx, one.role)?.is_some_and(|role| role.permissions.contains(permission));
                known.push((one.role, holds));
                holds
            }
        };
        if holds {
            holders.push(one);
        }
    }
    Ok(holders)
}
