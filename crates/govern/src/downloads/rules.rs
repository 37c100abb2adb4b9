//! What a file takes, decided without any I/O.

use super::model::Policy;

/// Rows of a sample.
pub(super) const SAMPLE: u32 = 10;

/// Why a file takes an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadTakesApproval")]
pub(super) enum Because {
    /// Every file does.
    Always,
    /// It has a column of personal data.
    Personal,
    /// It has many rows.
    Rows,
}

/// Why this file takes an approval, if it does.
pub(super) fn takes(policy: &Policy, personal: bool, rows: u64) -> Option<Because> {
    match policy {
        Policy { always: true, .. } => Some(Because::Always),
        Policy { personal: true, .. } if personal => Some(Because::Personal),
        Policy { above_rows: Some(above), .. } if rows > u64::from(*above) => Some(Because::Rows),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn personal_data_and_many_rows_take_an_approval_unless_somebody_says_otherwise() {
        let policy = Policy::default();
        assert_eq!(takes(&policy, true, 1), Some(Because::Personal));
        assert_eq!(takes(&policy, false, 1_001), Some(Because::Rows));
        assert_eq!(takes(&policy, false, 1_000), None);
        let lax = Policy { personal: false, above_rows: None, ..policy };
        assert_eq!(takes(&lax, true, 1_000_000), None);
        assert_eq!(takes(&Policy { always: true, ..lax }, false, 0), Some(Because::Always));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// More rows, more personal columns or a stricter rule never take less.
        #[test]
        fn more_never_takes_less(always: bool, personal: bool, above in proptest::option::of(0_u32..5_000), of: bool, rows in 0_u64..10_000) {
            let policy = Policy { always, personal, above_rows: above, ..Policy::default() };
            if takes(&policy, of, rows).is_some() {
                prop_assert!(takes(&policy, true, rows).is_some());
                prop_assert!(takes(&policy, of, rows + 1).is_some());
                let strict = Policy { always: true, ..policy };
                prop_assert!(takes(&strict, of, rows).is_some());
            }
        }
    }
}
