//! What a change of the policy takes, decided without any I/O.

use sealpost_access::masking::{Masking, Policy};

/// What a change takes besides the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: no more is shown than before.
    Nothing,
    /// A reason: somebody sees more than before, or may look more often.
    Reason,
}

/// What it takes to go from one policy to another.
pub fn takes(from: &Policy, to: &Policy) -> Takes {
    let stricter = hides_at_least(&to.masking, &from.masking) && to.reveals <= from.reveals;
    if stricter { Takes::Nothing } else { Takes::Reason }
}

/// Whether `one` hides whatever `other` hides, as far as that can be told without knowing the data: a set of rules hides at least
/// what another does if it has all of its rules.
fn hides_at_least(one: &Masking, other: &Masking) -> bool {
    match (one, other) {
        (Masking::Default, _) | (Masking::Off, Masking::Off) => true,
        (Masking::Patterns(rules), Masking::Patterns(before)) => before.are_among(rules),
        // Whoever may not reveal sees more under rules than under `off`, and whoever may sees less.
        (Masking::Patterns(_), Masking::Default | Masking::Off) | (Masking::Off, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_access::masking::{DailyReveals, Rules};

    fn patterns(names: &[&str]) -> Masking {
        let rules: Vec<_> = names.iter().map(|name| serde_json::json!({ "name": name, "pattern": name })).collect();
        Masking::Patterns(serde_json::from_value::<Rules>(rules.into()).unwrap().into())
    }

    fn policy(masking: Masking, reveals: u32) -> Policy {
        Policy { masking, reveals: DailyReveals::new(reveals).unwrap() }
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
}
