//! A role in one form only: what is kept of it when it is changed, and what others are asked to agree to.

use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ChannelId, RoleId};
use serde::{Deserialize, Serialize};

use super::model::{Minutes, NewRole, Role, RoleName, SessionLimits, Visibility};
use super::pages::words;
use crate::api_keys::Cidrs;
use crate::masking::DailyReveals;
use crate::permissions::{ALL, PermissionNames};

/// The whole of a role of an organisation's own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// Which; nothing of one that is to be made.
    id: Option<RoleId>,
    name: String,
    permissions: PermissionNames,
    visibility: Visibility,
    channels: Option<Vec<ChannelId>>,
    masks: MaskProfile,
    require_step_up: bool,
    cidrs: String,
    idle_minutes: u16,
    absolute_minutes: u16,
    reveals_per_day: Option<DailyReveals>,
}

/// What was kept says nothing that a role could say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no role says this")]
pub struct NotARoleAtAll;

impl Whole {
    /// What this role says.
    pub fn of(id: Option<RoleId>, role: &Role) -> Self {
        Self {
            id,
            name: role.name.clone(),
            permissions: PermissionNames(role.permissions),
            visibility: role.visibility,
            channels: role.channels.clone(),
            masks: role.masks,
            require_step_up: role.require_step_up,
            cidrs: role.cidrs.to_text(),
            idle_minutes: role.limits.idle.count(),
            absolute_minutes: role.limits.absolute.count(),
            reveals_per_day: role.reveals,
        }
    }

    /// Which role is to say so, and what.
    pub fn read(&self) -> Result<(Option<RoleId>, NewRole), NotARoleAtAll> {
        let role = NewRole {
            name: RoleName::parse(&self.name).ok_or(NotARoleAtAll)?,
            permissions: self.permissions.0,
            visibility: self.visibility,
            channels: self.channels.clone(),
            masks: self.masks,
            require_step_up: self.require_step_up,
            cidrs: Cidrs::from_text(&self.cidrs).map_err(|_| NotARoleAtAll)?,
            limits: SessionLimits {
                idle: Minutes::new(self.idle_minutes),
                absolute: Minutes::new(self.absolute_minutes),
            },
            reveals: self.reveals_per_day,
        };
        Ok((self.id, role))
    }

    /// The same for people: what, and how it is. What its members may stands there once for each permission.
    pub fn facts(&self) -> Vec<(String, String)> {
        let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
        let channels = self.channels.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let channels = if self.channels.is_some() { or(channels, "None") } else { "All".to_owned() };
        let proves = if self.require_step_up {
            "Before whatever changes or reveals anything"
        } else {
            "Before what is sensitive"
        };
        let looks = self.reveals_per_day.map(|looks| looks.count().to_string()).unwrap_or_default();
        let mut all = vec![
            ("Name", self.name.clone()),
            ("Sees of phone numbers", words::masks(self.masks).to_owned()),
            ("Sees conversations", words::visibility(self.visibility).to_owned()),
            ("In channels", channels),
            ("Proves with a passkey that it is them", proves.to_owned()),
            ("From where", or(self.cidrs.clone(), "Anywhere")),
            ("Signed out without a request after", words::span(Minutes::new(self.idle_minutes))),
            ("Signed out at all after", words::span(Minutes::new(self.absolute_minutes))),
            ("Looks at clear data a day", or(looks, "As many as the organisation lets anybody")),
        ]
        .into_iter()
        .map(|(what, is)| (what.to_owned(), is))
        .collect::<Vec<_>>();
        let may = self.permissions.0.iter(ALL);
        all.extend(may.map(|one| (format!("May: {} ({})", one.title(), one.name()), "Yes".to_owned())));
        all
    }
}
