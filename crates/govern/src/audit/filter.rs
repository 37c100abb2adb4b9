//! Which leaves somebody wants to see.

use schemars::JsonSchema;
use sealpost_ledger::{Environment as LeafEnvironment, Leaf};
use sealpost_store::{Environment, RequestId, Time};
use serde::{Deserialize, Serialize};

use super::entry::{self, ActorWord, EnvironmentWord, ResultWord};
use super::ids::TypedId;

/// Which leaves somebody wants to see: all that fit everything given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The act, `key.revoke`; everything done to one kind of thing, `key`; or one thing done to any kind, `.reveal`.
    pub action: Option<String>,
    /// The kind of party that acted.
    pub actor_kind: Option<ActorWord>,
    /// The party that acted.
    pub actor: Option<TypedId>,
    /// The thing it was done to.
    pub target: Option<TypedId>,
    /// How it ended.
    pub result: Option<ResultWord>,
    /// Why it ended so, as a code.
    pub reason: Option<String>,
    /// The request it belongs to.
    pub request_id: Option<RequestId>,
    /// Where it happened.
    pub environment: Option<EnvironmentWord>,
    /// Not before this time.
    pub from: Option<Time>,
    /// Before this time.
    pub to: Option<Time>,
}

impl Filter {
    /// Whether this leaf fits.
    pub(crate) fn admits(&self, leaf: &Leaf) -> bool {
        let at = Time::from_unix_ms(leaf.at_ms);
        self.action.as_deref().is_none_or(|wanted| is_act(leaf.action.as_str(), wanted))
            && self.actor_kind.is_none_or(|kind| ActorWord::of(leaf.actor.kind) == kind)
            && self.actor.as_ref().is_none_or(|actor| entry::actor(leaf).as_ref() == Some(actor))
            && self.target.as_ref().is_none_or(|wanted| is_target(leaf, wanted))
            && self.result.is_none_or(|result| entry::result(leaf.result) == result)
            && self.reason.as_deref().is_none_or(|wanted| leaf.reason.as_ref().is_some_and(|is| is.as_str() == wanted))
            && self.request_id.is_none_or(|wanted| wanted.bytes() == leaf.request)
            && self.environment.is_none_or(|wanted| entry::environment(leaf.environment) == Some(wanted))
            && self.from.is_none_or(|from| from <= at)
            && self.to.is_none_or(|to| at < to)
    }
}

/// Whether somebody in this environment may see the leaf: test never sees live.
pub(super) fn may_see(environment: Environment, leaf: &Leaf) -> bool {
    environment == Environment::Live || leaf.environment == LeafEnvironment::Test
}

fn is_act(action: &str, wanted: &str) -> bool {
    if wanted.starts_with('.') {
        return action.ends_with(wanted);
    }
    action.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_target(leaf: &Leaf, wanted: &TypedId) -> bool {
    leaf.target.as_ref().is_some_and(|target| target.kind.as_str() == wanted.kind && target.id == wanted.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_wanted_by_its_name_its_subject_or_its_verb() {
        assert!(is_act("key.revoke", "key.revoke") && is_act("key.revoke", "key") && is_act("key.revoke", ".revoke"));
        assert!(!is_act("key.revoke", ".voke") && !is_act("key.revoke", ".reveal"));
        assert!(!is_act("keyring.open", "key") && !is_act("key.revoke", "key.rev") && !is_act("key", "key.revoke"));
    }
}
