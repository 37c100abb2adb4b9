//! Roles that members have because they are in a team.

use std::collections::BTreeMap;

use sealpost_store::{Leaf, MemberId, OrgId, OrgKeys, Recorded, StoreError, TeamId, Tx};
use sealpost_web::{Failure, Refusal};
use serde_json::json;

use super::codes::SCIM_GROUP_UNKNOWN;
use super::store;
use crate::members::codes::{ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS};
use crate::members::{self, MemberRefused};
use crate::permissions::ALL;
use crate::roles::{self, Role, RoleRef, Standard};
use crate::teams;

/// The role of whoever is in no team that gives one.
pub(super) const DEFAULT: RoleRef = RoleRef::Standard(Standard::Viewer);

/// Which team gives which role.
pub(super) type RoleMap = Vec<(TeamId, RoleRef)>;

/// How it stands.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<RoleMap, StoreError> {
    store::role_map(tx)
}

/// Whether a team gives a role: then only a directory says who is in it.
pub(crate) fn gives_role(tx: &mut Tx<'_>, team: TeamId) -> Result<bool, StoreError> {
    Ok(store::role_of(tx, team)?.is_some())
}

/// Decides anew which team gives which role. Whoever decides gives no more than they have, takes nothing from somebody who has
/// more, and nobody makes owners so. Members of these teams follow at once; those whom whoever decides may not change stay.
pub(super) fn change(tx: &mut Tx<'_>, keys: &OrgKeys, map: RoleMap) -> Result<Recorded<RoleMap>, Failure> {
    let acting = members::acting(tx)?;
    let before: BTreeMap<_, _> = store::role_map(tx)?.into_iter().collect();
    let after: BTreeMap<_, _> = map.into_iter().collect();
    let changed = |team: &&TeamId| before.get(*team) != after.get(*team);
    let teams: Vec<TeamId> =
        before.keys().chain(after.keys().filter(|team| !before.contains_key(*team))).filter(changed).copied().collect();
    for team in &teams {
        if let Some(role) = before.get(team)
            && roles::find(tx, *role)?.is_some_and(|role| role.exceeds(&acting.role).is_some())
        {
            return Err(MemberRefused::Outranked.into());
        }
        let Some(role) = after.get(team) else { continue };
        if !teams::exists(tx, *team)? {
            return Err(Refusal::of(&SCIM_GROUP_UNKNOWN).into());
        }
        if *role == RoleRef::Standard(Standard::Owner) {
            return Err(MemberRefused::OwnersOnly.into());
        }
        let role = roles::find(tx, *role)?.ok_or(MemberRefused::RoleUnknown)?;
        if let Some(excess) = role.exceeds(&acting.role) {
            return Err(MemberRefused::Exceeds(excess).into());
        }
    }
    let map: RoleMap = after.into_iter().collect();
    store::put_role_map(tx, &map)?;
    for team in teams {
        for member in teams::find(tx, team)?.map(|team| team.members).unwrap_or_default() {
            settle_if_allowed(tx, keys, member)?;
        }
    }
    let words = |(team, role): (&TeamId, &RoleRef)| json!({ "group": team, "role": role.to_string() });
    let details = json!({
        "from": before.iter().map(words).collect::<Vec<_>>(),
        "to": map.iter().map(|(team, role)| words((team, role))).collect::<Vec<_>>(),
    });
    let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
    let leaf = Leaf::of("role_mapping.change").on(OrgId::PREFIX, tx.ctx().org.id.bytes()).with(sealed);
    Ok(tx.record(leaf, map))
}

/// Gives a member the role of their teams; who has none of these is a viewer.
pub(super) fn settle(tx: &mut Tx<'_>, keys: &OrgKeys, member: MemberId) -> Result<(), Failure> {
    let mut strongest: Option<Role> = None;
    for team in members::teams(tx, member)? {
        let Some(reference) = store::role_of(tx, team)? else { continue };
        let role = roles::find(tx, reference)?;
        strongest = strongest.into_iter().chain(role).max_by_key(rank);
    }
    members::follow_teams(tx, keys, member, strongest.map_or(DEFAULT, |role| role.reference))
}

fn settle_if_allowed(tx: &mut Tx<'_>, keys: &OrgKeys, member: MemberId) -> Result<(), Failure> {
    match settle(tx, keys, member) {
        Err(Failure::Refused(refusal))
            if [&ONESELF, &OUTRANKED, &OWNERS_ONLY, &ROLE_EXCEEDS].contains(&refusal.code()) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// How strong a role is: by how much it may, then by how much it sees. Two that are as strong keep one order.
fn rank(role: &Role) -> (usize, crate::roles::Visibility, sealpost_seal::viewer::MaskProfile, String) {
    (role.permissions.iter(ALL).count(), role.visibility, role.masks, role.reference.to_string())
}
