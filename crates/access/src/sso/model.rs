//! What a connection is.

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Time};
use serde::{Deserialize, Serialize};

use crate::roles::RoleRef;

/// Connections an organisation has at most.
pub(super) const MOST: i64 = 50;
/// Domains an organisation has at most.
pub(super) const MOST_DOMAINS: i64 = 200;
/// Groups a connection maps at most.
pub(super) const MOST_GROUPS: usize = 100;

/// By which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SsoKind")]
pub enum Kind {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

impl Kind {
    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Saml => "saml",
        }
    }

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Oidc => "OpenID Connect",
            Self::Saml => "SAML",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Oidc, Self::Saml].into_iter().find(|one| one.word() == word)
    }
}

/// Whoever is in a group of the service has a role here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRole {
    /// What the service calls the group, exactly.
    #[schemars(length(min = 1, max = 256))]
    pub group: String,
    /// The role; never the owner’s.
    pub role: RoleRef,
}

/// A service by which members sign in.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its id.
    pub id: SsoConnectionId,
    /// By which protocol.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// What its kind keeps: JSON without secrets.
    pub settings: String,
    /// Whether anybody may come by it.
    pub enabled: bool,
    /// As what somebody becomes a member whom nobody has invited, if their domain is verified; nobody does, if nothing.
    pub newcomers: Option<RoleRef>,
    /// Which of its groups give which role: the first that fits.
    pub groups: Vec<GroupRole>,
    /// How often it was changed.
    pub version: u32,
    /// When somebody who came by it was refused last, and why.
    pub refused: Option<(Time, String)>,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// A domain that an organisation says is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    /// In ASCII and lower case.
    pub(super) name: String,
    /// The connection to which its addresses are led.
    pub(super) connection: SsoConnectionId,
    /// What its DNS has to say.
    pub(super) proof: String,
    /// Since when it is proved.
    pub(super) verified_at: Option<Time>,
    /// Since when it is claimed.
    pub(super) created_at: Time,
}

impl Domain {
    /// Where the record stands that proves it.
    pub(super) fn record_name(&self) -> String {
        format!("_sealpost-challenge.{}", self.name)
    }

    /// What it has to say.
    pub(super) fn record(&self) -> String {
        format!("sealpost-domain-verification={}", self.proof)
    }
}
