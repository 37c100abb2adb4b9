//! What triggers are.

use std::collections::BTreeMap;

use sealpost_access::secrets::SecretRef;
use sealpost_seal::signature::{Profile, profiles};
use sealpost_store::{SecretId, Time, WorkflowId, WorkflowTriggerId};
use serde::{Deserialize, Serialize};

use crate::workflows::definition::{Given, Path, To};

/// How it is known who calls a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflows) enum Check {
    /// They say a key in a header: for senders that can't sign.
    Key,
    /// They sign in this way.
    Signature(&'static Profile<'static>),
}

impl Check {
    /// The name of the one that isn't a profile.
    const KEY: &'static str = "key";

    /// What it is called.
    pub(in crate::workflows) const fn name(self) -> &'static str {
        match self {
            Self::Key => Self::KEY,
            Self::Signature(profile) => profile.name,
        }
    }

    /// The one of this name.
    pub(in crate::workflows) fn by_name(name: &str) -> Option<Self> {
        if name == Self::KEY {
            return Some(Self::Key);
        }
        profiles::by_name(name).map(Self::Signature)
    }

    /// All of their names.
    pub(in crate::workflows) fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once(Self::KEY).chain(profiles::ALL.into_iter().map(|profile| profile.name))
    }
}

/// What begins runs. `S` is how its secret is known.
#[derive(Clone, Debug)]
pub(in crate::workflows) enum Source<S = SecretId> {
    /// An event of this name, whenever it is fired in the environment.
    Event(String),
    /// Whoever calls.
    Webhook(Webhook<S>),
    /// A contact's reply that no run waits for.
    Reply,
}

/// How a webhook is believed and read.
#[derive(Clone, Debug)]
pub(in crate::workflows) struct Webhook<S = SecretId> {
    /// How it is known who calls.
    pub(in crate::workflows) check: Check,
    /// By which stored secret.
    pub(in crate::workflows) secret: S,
    /// Where in the body it says for whom.
    pub(in crate::workflows) to: To,
    /// Where in the body it says what its sender calls it.
    pub(in crate::workflows) id: Option<Path>,
}

/// What a run is started with: fields of what came, and values. All of what came if nothing is said.
pub(in crate::workflows) type Mapping = Option<BTreeMap<String, Given>>;

/// A trigger to be made.
pub(in crate::workflows) struct NewTrigger {
    /// What begins runs.
    pub(in crate::workflows) source: Source<SecretRef>,
    /// What they are started with.
    pub(in crate::workflows) data: Mapping,
}

/// What begins runs of a workflow.
#[derive(Clone, Debug)]
pub(in crate::workflows) struct Trigger {
    /// Its id.
    pub(in crate::workflows) id: WorkflowTriggerId,
    /// Of what.
    pub(in crate::workflows) workflow: WorkflowId,
    /// By what.
    pub(in crate::workflows) source: Source,
    /// What runs are started with.
    pub(in crate::workflows) data: Mapping,
    /// When it was made.
    pub(in crate::workflows) created_at: Time,
}

/// What stands in the database of how what arrives is read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) reply: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) check: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<To>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Path>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) data: Mapping,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_survive_the_database_and_no_profile_is_called_key() {
        for name in Check::names() {
            assert_eq!(Check::by_name(name).unwrap().name(), name);
        }
        assert!(profiles::by_name("key").is_none() && Check::by_name("none").is_none());
    }
}
