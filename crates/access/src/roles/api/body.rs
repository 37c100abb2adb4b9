//! A role as it stands in requests.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::ChannelId;
use sealpost_web::IdempotencyKey;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::api_keys::Cidrs;
use crate::masking::DailyReveals;
use crate::permissions::PermissionNames;
use crate::roles::model::{Minutes, NewRole, RoleName, SessionLimits, Visibility};

/// The whole of what a role is to say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRole")]
pub(super) struct Body {
    /// What people will call it.
    name: RoleName,
    /// What its members may do: at most what the caller may.
    permissions: PermissionNames,
    /// Whose conversations they see: at most what the caller does.
    #[serde(default = "everything")]
    visibility: Visibility,
    /// In which channels; all, if absent.
    #[schemars(length(max = 100))]
    channels: Option<Channels>,
    /// How much of a phone number they see; nothing of it, if absent.
    #[serde(default)]
    #[schemars(with = "Masks")]
    masks: MaskProfile,
    /// Whether they prove with a passkey that it is them before they change or reveal anything.
    #[serde(default)]
    require_step_up: bool,
    /// From where they may sign in and work; anywhere, if absent.
    #[serde(default)]
    cidrs: Cidrs,
    /// After how many minutes without a request a session ends: 5 to 60.
    #[serde(default = "longest_idle")]
    idle_minutes: Idle,
    /// After how many minutes a session ends at all: 15 to 1440.
    #[serde(default = "longest")]
    absolute_minutes: Absolute,
    /// How many looks at clear data each of them has in a day (UTC), if fewer than the organisation lets anybody.
    reveals_per_day: Option<DailyReveals>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

fn everything() -> Visibility {
    Visibility::All
}

fn longest_idle() -> Idle {
    Idle(SessionLimits::LONGEST.idle)
}

fn longest() -> Absolute {
    Absolute(SessionLimits::LONGEST.absolute)
}

/// A role that is accepted.
pub(super) fn example() -> Value {
    json!({ "name": "Night shift", "permissions": ["messages:read", "contacts:read"], "visibility": "team", "masks": "last4",
        "idle_minutes": 15 })
}

impl Body {
    pub(super) fn role(&self) -> NewRole {
        NewRole {
            name: self.name.clone(),
            permissions: self.permissions.0,
            visibility: self.visibility,
            channels: self.channels.as_ref().map(|channels| channels.0.clone()),
            masks: self.masks,
            require_step_up: self.require_step_up,
            cidrs: self.cidrs.clone(),
            limits: SessionLimits { idle: self.idle_minutes.0, absolute: self.absolute_minutes.0 },
            reveals: self.reveals_per_day,
        }
    }
}

/// The words of mask profiles.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[allow(dead_code, reason = "describes a type of another crate")]
pub(in crate::roles) enum Masks {
    Full,
    Last4,
    First3Last4,
    None,
}

/// Channels, each once.
struct Channels(Vec<ChannelId>);

impl<'de> Deserialize<'de> for Channels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Vec::<ChannelId>::deserialize(deserializer)?;
        all.sort_unstable();
        all.dedup();
        if all.len() > 100 { Err(D::Error::custom("too_many")) } else { Ok(Self(all)) }
    }
}

impl JsonSchema for Channels {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Channels".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<ChannelId>::json_schema(generator)
    }
}

/// Minutes within bounds.
macro_rules! minutes {
    ($($name:ident $low:literal $high:literal;)+) => {$(
        struct $name(Minutes);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let minutes = u16::deserialize(deserializer)?;
                if ($low..=$high).contains(&minutes) {
                    Ok(Self(Minutes::new(minutes)))
                } else {
                    Err(D::Error::custom("out_of_range"))
                }
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": $low, "maximum": $high, "default": $high })
            }
        }
    )+};
}

minutes! {
    Idle 5 60;
    Absolute 15 1440;
}

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("name_invalid"))
    }
}

impl JsonSchema for RoleName {
    fn schema_name() -> Cow<'static, str> {
        "RoleName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 60 })
    }
}
