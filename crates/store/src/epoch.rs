//! Epochs of blind indexes: calendar months.

use crate::clock::Time;

/// A month of blind indexes: months since January 2026, UTC. Moments before it are in the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch of a moment.
    pub fn at(now: Time) -> Self {
        let (year, month) = year_and_month(now);
        Self(u32::try_from((year - 2026) * 12 + month - 1).unwrap_or(0))
    }

    /// The epoch with this number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number, as it is stored.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The epoch after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The civil calendar from a count of days, after Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day
/// is the last.
fn year_and_month(now: Time) -> (i64, i64) {
    const DAY_MS: i64 = 86_400_000;
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    /// Days in 400 years.
    const ERA: i64 = 146_097;
    let days = now.unix_ms().div_euclid(DAY_MS) + EPOCH;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JANUARY_2026: i64 = 1_767_225_600_000;

    fn number_at(unix_ms: i64) -> u32 {
        Epoch::at(Time::from_unix_ms(unix_ms)).number()
    }

    #[test]
    fn an_epoch_is_a_month_and_turns_at_midnight_utc() {
        for (moment, epoch) in [
            (JANUARY_2026, 0),
            (JANUARY_2026 - 1, 0),
            (1_769_903_999_999, 0),
            (1_769_904_000_000, 1),
            (1_835_395_199_999, 25),
            (1_835_395_200_000, 25),
            (1_835_481_600_000, 26),
            (0, 0),
        ] {
            assert_eq!(number_at(moment), epoch, "{moment}");
        }
    }

    proptest! {
        #[test]
        fn epochs_never_go_back_and_last_28_to_31_days(days in 0_i64..40_000) {
            let at = |day: i64| number_at(JANUARY_2026 + day * 86_400_000);
            prop_assert!(at(days + 1) - at(days) <= 1);
            prop_assert!(at(days + 31) > at(days));
            prop_assert!(at(days + 27) - at(days) <= 1);
        }

        #[test]
        fn no_moment_is_without_an_epoch(ms: i64) {
            let _ = number_at(ms);
        }
    }
}
