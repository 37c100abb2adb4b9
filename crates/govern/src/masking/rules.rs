//! What a change of the policy takes, decided without any I/O.

use sealpost_access::masking::Policy;
use sealpost_store::Environment;

/// What a change takes besides the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: no more is shown than before.
    Nothing,
    /// A reason: somebody sees more than before, or may look more often.
    Reason,
    /// A reason, and that others agree: the same where the organisation says so.
    Approval,
}

/// What it takes to go from one policy to another; `with_approval`, if what shows more takes one.
pub fn takes(from: &Policy, to: &Policy, with_approval: bool) -> Takes {
    let hides = |environment| to.in_force(environment).hides_at_least(from.in_force(environment));
    let stricter = hides(Environment::Live) && hides(Environment::Test) && to.reveals <= from.reveals;
    match (stricter, with_approval) {
        (true, _) => Takes::Nothing,
        (false, false) => Takes::Reason,
        (false, true) => Takes::Approval,
    }
}

#[cfg(test)]
mod tests {
    use super::{Policy, Takes, takes as takes_of};
    use sealpost_access::masking::{DailyReveals, Masking, Rules};

    fn patterns(names: &[&str]) -> Masking {
        let rules: Vec<_> = names.iter().map(|name| serde_json::json!({ "name": name, "pattern": name })).collect();
        Masking::Patterns(serde_json::from_value::<Rules>(rules.into()).unwrap().into())
    }

    /// What it takes; the same with approvals on, but for what that adds.
    fn takes(from: &Policy, to: &Policy) -> Takes {
        let (alone, with_others) = (takes_of(from, to, false), takes_of(from, to, true));
        let expected = if alone == Takes::Reason { Takes::Approval } else { Takes::Nothing };
        assert_eq!(with_others, expected);
        alone
    }

    fn policy(masking: Masking, reveals: u32) -> Policy {
        Policy { masking, test: None, reveals: DailyReveals::new(reveals).unwrap() }
    }

    #[test]
    fn whatever_may_show_more_takes_a_reason() {
        let all = [Masking::Default, patterns(&["a"]), patterns(&["a", "b"]), patterns(&["c"]), Masking::Off];
        for (from, one) in all.iter().enumerate() {
            for (to, other) in all.iter().enumerate() {
                let free = to == 0 || from == to || (from, to) == (1, 2);
                let expected = if free { Takes::Nothing } else { Takes::Reason };
                assert_eq!(takes(&policy(one.clone(), 5), &policy(other.clone(), 5)), expected, "{one:?} to {other:?}");
            }
        }
    }

    #[test]
    fn more_looks_take_a_reason_and_fewer_do_not() {
        let looks = |count| policy(Masking::Default, count);
        assert_eq!(takes(&looks(5), &looks(6)), Takes::Reason);
        assert_eq!(takes(&looks(5), &looks(4)), Takes::Nothing);
        assert_eq!(takes(&policy(Masking::Off, 5), &policy(Masking::Default, 6)), Takes::Reason);
    }

    #[test]
    fn less_in_test_takes_a_reason_and_more_does_not() {
        let looser = policy(Masking::Off, 5);
        let strict = Policy { test: Some(Masking::Default), ..looser.clone() };
        assert_eq!(takes(&looser, &strict), Takes::Nothing);
        assert_eq!(takes(&strict, &looser), Takes::Reason);
        assert_eq!(takes(&policy(Masking::Default, 5), &strict), Takes::Reason, "live shows more");
    }
}
