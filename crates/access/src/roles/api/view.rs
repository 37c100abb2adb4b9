//! How a role looks on the wire.

use schemars::JsonSchema;
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ChannelId, Time};
use serde::Serialize;

use super::body::Masks;
use crate::api_keys::Cidr;
use crate::masking::DailyReveals;
use crate::permissions::PermissionNames;
use crate::roles::model::{Role, RoleRef, StoredRole, Visibility};

/// A role.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Role")]
pub(super) struct RoleView {
    /// `owner`, `super_admin`, … or the id of a role of the organisation's own.
    id: String,
    name: String,
    /// Whether it is one of ours, which can't be changed.
    standard: bool,
    /// What its members may do.
    permissions: PermissionNames,
    /// Whose conversations they see.
    visibility: Visibility,
    /// In which channels; all, if absent.
    channels: Option<Vec<ChannelId>>,
    /// How much of a phone number they see.
    #[schemars(with = "Masks")]
    masks: MaskProfile,
    /// Whether they prove with a passkey that it is them before they change or reveal anything.
    require_step_up: bool,
    /// From where they may sign in and work; anywhere, if empty.
    #[schemars(with = "Vec<String>")]
    cidrs: Vec<Cidr>,
    /// After how many minutes without a request a session ends.
    idle_minutes: u16,
    /// After how many minutes a session ends at all.
    absolute_minutes: u16,
    /// How many looks at clear data each of them has in a day; as many as the organisation lets anybody, if absent.
    reveals_per_day: Option<DailyReveals>,
    created_at: Option<Time>,
    updated_at: Option<Time>,
}

impl RoleView {
    /// One of ours, or what a role says apart from when.
    pub(super) fn of(role: &Role) -> Self {
        Self {
            id: role.reference.to_string(),
            name: role.name.clone(),
            standard: matches!(role.reference, RoleRef::Standard(_)),
            permissions: PermissionNames(role.permissions),
            visibility: role.visibility,
            channels: role.channels.clone(),
            masks: role.masks,
            require_step_up: role.require_step_up,
            cidrs: role.cidrs.as_slice().to_vec(),
            idle_minutes: role.limits.idle.count(),
            absolute_minutes: role.limits.absolute.count(),
            reveals_per_day: role.reveals,
            created_at: None,
            updated_at: None,
        }
    }

    /// One of theirs.
    pub(super) fn stored(stored: &StoredRole) -> Self {
        Self { created_at: Some(stored.created_at), updated_at: Some(stored.updated_at), ..Self::of(&stored.role) }
    }
}
