//! What may become of a version, decided without any I/O.

use sealpost_store::{Actor, ActorKind, Environment};

/// How the versions of something stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The newest one.
    pub(crate) newest: u32,
    /// The one in force, if any was ever put there.
    pub(crate) in_force: Option<u32>,
    /// How often that was decided.
    pub(crate) promotions: u32,
}

impl Standing {
    /// The entity tag of what stands so (RFC 9110 §8.8.3): another as soon as there is a new version, or another is in force.
    pub(crate) fn tag(&self) -> String {
        format!("\"{}.{}\"", self.newest, self.promotions)
    }
}

/// What whoever promotes believes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// An `If-Match` header, as it was sent.
    pub tags: Option<String>,
    /// The version that is in force.
    pub in_force: Option<u32>,
}

impl Expected {
    /// Whether it stands as they believe. A weak tag never matches (RFC 9110 §13.1.1).
    pub(crate) fn holds(&self, standing: &Standing) -> bool {
        let tag = standing.tag();
        let named = |tags: &String| tags.split(',').map(str::trim).any(|one| one == "*" || one == tag);
        self.tags.as_ref().is_none_or(named) && self.in_force.is_none_or(|version| standing.in_force == Some(version))
    }
}

/// Why a version isn't put into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionRefusal {
    /// It is, already.
    #[error("it is in force already")]
    InForce,
    /// Another is in force than whoever asked believes.
    #[error("another version is in force meanwhile")]
    Moved,
    /// A key belongs to one environment.
    #[error("only a member belongs to both environments")]
    MemberOnly,
    /// It was asked for in the live environment.
    #[error("what goes live comes from the test environment")]
    FromTestOnly,
    /// In live its name belongs to something for another channel.
    #[error("in live this name is something else")]
    Different,
    /// The template an event names isn't what others have agreed to.
    #[error("the template has to go live first")]
    TemplateFirst,
}

/// Whether a version may be put into force, as things stand.
pub(crate) fn may_promote(standing: &Standing, version: u32, expected: &Expected) -> Result<(), VersionRefusal> {
    if !expected.holds(standing) {
        return Err(VersionRefusal::Moved);
    }
    if standing.in_force == Some(version) { Err(VersionRefusal::InForce) } else { Ok(()) }
}

/// What it takes to put a version into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Nobody else.
    Nothing,
    /// Others who agree with exactly this.
    Approval,
}

/// What it takes to put a version into force there; `needed`, if the organisation wants approvals of such. To go back to what was in force
/// before takes nobody else: whoever has to undo something at night is not made to wait.
pub(crate) fn takes(environment: Environment, needed: bool, was_in_force: bool) -> Takes {
    match environment {
        Environment::Live if needed && !was_in_force => Takes::Approval,
        Environment::Live | Environment::Test => Takes::Nothing,
    }
}

/// Whether whoever acts may take something from the environment they act in to live: a member, who holds the same role in both.
pub(crate) fn may_cross(actor: Actor, environment: Environment) -> Result<(), VersionRefusal> {
    match (actor.kind, environment) {
        (_, Environment::Live) => Err(VersionRefusal::FromTestOnly),
        (ActorKind::Member, Environment::Test) => Ok(()),
        (_, Environment::Test) => Err(VersionRefusal::MemberOnly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STANDING: Standing = Standing { newest: 4, in_force: Some(3), promotions: 5 };

    #[test]
    fn whoever_says_what_they_believe_is_told_if_it_is_not_so() {
        let saying = |tags: &str| Expected { tags: Some(tags.into()), in_force: None };
        for (expected, held) in [
            (Expected::default(), true),
            (saying("\"4.5\""), true),
            (saying("\"1.1\", \"4.5\""), true),
            (saying("*"), true),
            (saying("W/\"4.5\""), false),
            (saying("\"4.6\""), false),
            (saying(""), false),
            (Expected { tags: None, in_force: Some(3) }, true),
            (Expected { tags: None, in_force: Some(4) }, false),
            (Expected { tags: Some("\"4.5\"".into()), in_force: Some(4) }, false),
        ] {
            let refused = may_promote(&STANDING, 2, &expected).err();
            assert_eq!(refused, (!held).then_some(VersionRefusal::Moved), "{expected:?}");
        }
        assert_eq!(may_promote(&STANDING, 3, &Expected::default()), Err(VersionRefusal::InForce));
    }

    #[test]
    fn only_a_member_takes_something_from_test_to_live() {
        for kind in [ActorKind::Anonymous, ActorKind::Key, ActorKind::System, ActorKind::Operator, ActorKind::Directory]
        {
            let actor = Actor { kind, id: [1; 16] };
            assert_eq!(may_cross(actor, Environment::Test), Err(VersionRefusal::MemberOnly));
        }
        let member = Actor { kind: ActorKind::Member, id: [1; 16] };
        assert_eq!(may_cross(member, Environment::Test), Ok(()));
        assert_eq!(may_cross(member, Environment::Live), Err(VersionRefusal::FromTestOnly));
    }

    /// What may happen to something in live.
    #[derive(Clone, Copy, Debug)]
    enum Act {
        /// A new version of this content.
        Edit(u8),
        /// Somebody wants a version in force: with what it takes, or asks for it.
        Promote(usize),
        /// Others agree with the oldest wish that waits.
        Agree,
        /// From now on it takes approvals, or doesn't.
        Rule(bool),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0..6u8).prop_map(Act::Edit),
            (0..12usize).prop_map(Act::Promote),
            Just(Act::Agree),
            any::<bool>().prop_map(Act::Rule),
        ]
    }

    /// A version, as a bystander remembers it: its content, and whether it was in force.
    struct Made(u8, bool);

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Whatever order things happen in: while it takes approvals, only what others agreed to, or what was in force before, is in force.
        #[test]
        fn nothing_is_in_force_that_nobody_agreed_to(acts in prop::collection::vec(act(), 1..60)) {
            let mut versions: Vec<Made> = vec![];
            let mut standing = Standing { newest: 0, in_force: None, promotions: 0 };
            let (mut needed, mut rules) = (false, 0);
            // A wish: of which version, what was in force when it was made, and under which rules.
            let mut wishes: Vec<(u32, u32, u32)> = vec![];
            let mut allowed = std::collections::BTreeSet::new();
            for act in acts {
                match act {
                    Act::Edit(content) => {
                        versions.push(Made(content, false));
                        standing.newest += 1;
                    }
                    Act::Rule(now) => {
                        needed = now;
                        rules += 1;
                    }
                    Act::Promote(at) => {
                        let Some(made) = versions.get_mut(at) else { continue };
                        let version = at as u32 + 1;
                        if may_promote(&standing, version, &Expected::default()).is_err() {
                            continue;
                        }
                        match takes(Environment::Live, needed, made.1) {
                            Takes::Approval => wishes.push((version, standing.promotions, rules)),
                            Takes::Nothing => {
                                prop_assert!(!needed || allowed.contains(&made.0));
                                allowed.insert(made.0);
                                made.1 = true;
                                standing = Standing { in_force: Some(version), promotions: standing.promotions + 1, ..standing };
                            }
                        }
                    }
                    Act::Agree => {
                        if wishes.is_empty() {
                            continue;
                        }
                        let (version, promotions, under) = wishes.remove(0);
                        // What approvals promise: nothing has moved since.
                        if (promotions, under) == (standing.promotions, rules) {
                            let made = &mut versions[version as usize - 1];
                            allowed.insert(made.0);
                            made.1 = true;
                            standing = Standing { in_force: Some(version), promotions: standing.promotions + 1, ..standing };
                        }
                    }
                }
                if let Some(version) = standing.in_force {
                    prop_assert!(allowed.contains(&versions[version as usize - 1].0));
                }
            }
        }
    }
}
