//! Decisions about policies, as pure functions.

use serde::Deserialize;

use super::model::{ByClass, Days, Mode, Policy, Rule};
use crate::events::Class;

/// What is to be different for one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StorageRuleChange")]
pub(super) struct RuleChange {
    /// What is stored for how long.
    pub(super) mode: Option<Mode>,
    /// For how many days what is kept.
    pub(super) days: Option<Days>,
}

/// What is to be different in one environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StorageRulesChange")]
pub(super) struct ByClassChange {
    /// One-time codes.
    #[serde(default)]
    pub(super) otp: RuleChange,
    /// What somebody needs because of something they did.
    #[serde(default)]
    pub(super) transactional: RuleChange,
    /// What somebody has agreed to get.
    #[serde(default)]
    pub(super) marketing: RuleChange,
}

/// What is to be different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PolicyChange {
    pub(super) live: ByClassChange,
    pub(super) test: ByClassChange,
}

/// More would be stored in the test environment than in the live one, of this class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looser(pub(super) Class);

impl ByClassChange {
    pub(super) const fn rule(&self, class: Class) -> RuleChange {
        match class {
            Class::Otp => self.otp,
            Class::Transactional => self.transactional,
            Class::Marketing => self.marketing,
        }
    }
}

impl RuleChange {
    fn is_nothing(self) -> bool {
        self == Self::default()
    }

    fn of(self, rule: Rule) -> Rule {
        Rule { mode: self.mode.unwrap_or(rule.mode), days: self.days.unwrap_or(rule.days) }
    }
}

/// Whether `one` stores no more than `other`, and for no longer.
pub(super) fn stores_no_more(one: Rule, other: Rule) -> bool {
    one.mode > other.mode || (one.mode == other.mode && (one.mode != Mode::Keep || one.days <= other.days))
}

/// The policy with what is to be different. The test environment follows where the live one becomes stricter than it; asked for
/// itself, it is refused to store more.
pub(super) fn changed(before: &Policy, change: &PolicyChange) -> Result<Policy, Looser> {
    let mut after = *before;
    for class in Class::ALL {
        let (live, test) = (change.live.rule(class), change.test.rule(class));
        let live = live.of(before.live.rule(class));
        *after.live.rule_mut(class) = live;
        let asked = test.of(before.test.rule(class));
        *after.test.rule_mut(class) = match stores_no_more(asked, live) {
            true => asked,
            false if test.is_nothing() => live,
            false => return Err(Looser(class)),
        };
    }
    Ok(after)
}

/// That the test environment stores no more than the live one, of any class.
pub(super) fn holds(policy: &Policy) -> Result<(), Looser> {
    let looser = |class: &Class| !stores_no_more(policy.test.rule(*class), policy.live.rule(*class));
    Class::ALL.into_iter().find(looser).map_or(Ok(()), |class| Err(Looser(class)))
}

/// Whether anything is stored that was not, or for longer.
pub(super) fn is_looser(before: &Policy, after: &Policy) -> bool {
    let looser = |before: &ByClass, after: &ByClass| {
        Class::ALL.into_iter().any(|class| !stores_no_more(after.rule(class), before.rule(class)))
    };
    looser(&before.live, &after.live) || looser(&before.test, &after.test)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> impl Strategy<Value = Rule> {
        (prop::sample::select(&Mode::ALL[..]), 1_u16..=5)
            .prop_map(|(mode, days)| Rule { mode, days: Days::new(days).unwrap() })
    }

    fn by_class() -> impl Strategy<Value = ByClass> {
        (rules(), rules(), rules()).prop_map(|(otp, transactional, marketing)| ByClass {
            otp,
            transactional,
            marketing,
        })
    }

    fn changes() -> impl Strategy<Value = ByClassChange> {
        let one = || {
            prop::option::of(rules()).prop_map(|rule| match rule {
                Some(rule) => RuleChange { mode: Some(rule.mode), days: Some(rule.days) },
                None => RuleChange::default(),
            })
        };
        (one(), one(), one()).prop_map(|(otp, transactional, marketing)| ByClassChange {
            otp,
            transactional,
            marketing,
        })
    }

    proptest! {
        #[test]
        fn test_never_stores_more_than_live_whatever_is_changed(
            live in by_class(), first in changes(), second in changes(), third in changes(),
        ) {
            let before = Policy { live, test: live };
            let mut policy = before;
            for (live, test) in [(first, second), (second, third), (third, first)] {
                if let Ok(after) = changed(&policy, &PolicyChange { live, test }) {
                    prop_assert_eq!(holds(&after), Ok(()));
                    policy = after;
                }
            }
        }

        #[test]
        fn what_is_not_asked_for_stays_in_the_live_environment(live in by_class(), test in changes()) {
            let before = Policy { live, test: live };
            if let Ok(after) = changed(&before, &PolicyChange { live: ByClassChange::default(), test }) {
                prop_assert_eq!(after.live, before.live);
                prop_assert!(!is_looser(&before, &after));
            }
        }
    }

    #[test]
    fn a_stricter_live_rule_takes_test_along_and_a_looser_test_rule_is_refused() {
        let never = ByClassChange { otp: RuleChange { mode: Some(Mode::Never), days: None }, ..Default::default() };
        let before = Policy::default();
        let after = changed(&before, &PolicyChange { live: never, test: ByClassChange::default() }).unwrap();
        assert_eq!((after.live.otp.mode, after.test.otp.mode), (Mode::Never, Mode::Never));
        assert!(is_looser(&after, &before) && !is_looser(&before, &after) && !is_looser(&after, &after));
        let keep = ByClassChange { otp: RuleChange { mode: Some(Mode::Keep), days: None }, ..Default::default() };
        let asked = PolicyChange { live: ByClassChange::default(), test: keep };
        assert_eq!(changed(&after, &asked), Err(Looser(Class::Otp)));
    }
}
