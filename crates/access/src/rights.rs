//! What a party may and sees at this moment, for what goes on after they have asked: whoever acts later than they were let in is looked at
//! anew.

use sealpost_seal::Viewer;
use sealpost_store::{ActorKind, ApiKeyId, MemberId, OrgKeys, StoreError, Tx};
use sealpost_web::PermissionSet;

use crate::members::MemberState;
use crate::{api_keys, masking, members, roles};

/// What somebody may, and how they see.
pub struct Rights {
    /// What they may.
    pub permissions: PermissionSet,
    /// How they see in the context's environment.
    pub viewer: Viewer,
    /// What that depends on, as a text that is another whenever they could see something else: their mask profile, whether they may
    /// reveal, and the version of the organisation's policy.
    pub sight: String,
}

/// The rights of whoever acts in this transaction. Nothing, if they are not let in any more: suspended, removed, revoked, over.
pub fn rights(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<Option<Rights>, StoreError> {
    let actor = tx.ctx().actor;
    match actor.kind {
        ActorKind::Member => of_member(tx, keys, MemberId::from_bytes(actor.id)),
        ActorKind::Key => of_key(tx, ApiKeyId::from_bytes(actor.id)),
        ActorKind::Anonymous | ActorKind::System | ActorKind::Operator | ActorKind::Directory | ActorKind::Support => {
            Ok(None)
        }
    }
}

fn of_member(tx: &mut Tx<'_>, keys: &OrgKeys, id: MemberId) -> Result<Option<Rights>, StoreError> {
    let member = members::find(tx, id)?.filter(|member| member.state == MemberState::Active);
    let Some(member) = member else { return Ok(None) };
    let Some(role) = roles::find(tx, member.role)? else { return Ok(None) };
    let standing = masking::standing(tx, keys)?;
    let in_force = standing.policy.in_force(tx.ctx().org.environment);
    let reveals = role.permissions.contains(crate::permissions::DATA_REVEAL);
    Ok(Some(Rights {
        viewer: masking::viewer(in_force, role.permissions, role.masks),
        sight: format!("{} {reveals} {}", role.masks.as_str(), standing.version),
        permissions: role.permissions,
    }))
}

fn of_key(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<Rights>, StoreError> {
    let now = tx.ctx().now();
    let key = api_keys::find(tx, id)?.filter(|key| key.is_good(now));
    Ok(key.map(|key| Rights {
        permissions: key.scopes,
        viewer: Viewer::with_profile(key.mask.into()),
        sight: key.mask.as_str().to_owned(),
    }))
}
