//! Whose value stands after a merge, decided without any I/O.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose values stand where both contacts have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MergePrefers")]
pub(crate) enum Prefer {
    /// Those of the contact that stays.
    #[default]
    Target,
    /// Those of the contact that is merged into it.
    Source,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Each keeps what it has.
    Stay,
    /// The target takes what the source has; it has none.
    Move,
    /// They change places.
    Swap,
}

/// What becomes of a field.
pub(super) const fn fate(source: bool, target: bool, prefer: Prefer) -> Fate {
    match (source, target, prefer) {
        (false, _, _) | (true, true, Prefer::Target) => Fate::Stay,
        (true, false, _) => Fate::Move,
        (true, true, Prefer::Source) => Fate::Swap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_never_loses_the_only_value_and_no_value_is_lost() {
        for prefer in [Prefer::Target, Prefer::Source] {
            for (source, target) in [(false, false), (false, true), (true, false), (true, true)] {
                let (kept, taken) = match fate(source, target, prefer) {
                    Fate::Stay => (source, target),
                    Fate::Move => (false, source),
                    Fate::Swap => (target, source),
                };
                assert_eq!(u8::from(kept) + u8::from(taken), u8::from(source) + u8::from(target));
                assert_eq!(taken, source || target);
            }
        }
        assert_eq!(fate(true, true, Prefer::Target), Fate::Stay);
        assert_eq!(fate(true, true, Prefer::Source), Fate::Swap);
    }
}
