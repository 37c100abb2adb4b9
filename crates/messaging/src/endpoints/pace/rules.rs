//! Where places in a row are, as plain functions.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A) in its virtual form: one number says where the row ends, and every call gets a
//! place of its own. A second's worth may go at once, and from then on evenly.

use sealpost_store::Time;

use crate::endpoints::transport::Rate;

const SECOND_US: i64 = 1_000_000;
/// So much of a second is taken in one slice.
const SLICES: u32 = 10;
/// Whoever comes later than this to a place has lost it: many who were all held up must not go at once.
pub(super) const LATE_MS: i64 = 5_000;

/// How many places one slice has.
pub(super) fn per_slice(rate: Rate) -> u32 {
    (u32::from(rate.calls()) / SLICES).max(1)
}

/// How far so many places move the end of the row, in microseconds.
pub(super) fn length_us(rate: Rate, places: u32) -> i64 {
    each_us(rate).saturating_mul(places.into())
}

/// The last so many places of a row that ends there, at `now` at the earliest.
pub(super) fn places(rate: Rate, end_us: i64, places: u32, now: Time) -> impl Iterator<Item = Time> {
    let (each, now_us) = (each_us(rate), now_us(now));
    let burst = SECOND_US - each;
    (1..=i64::from(places)).rev().map(move |from_end| {
        let at_us = end_us.saturating_sub(each.saturating_mul(from_end)).saturating_sub(burst).max(now_us);
        Time::from_unix_ms(at_us.div_euclid(1000) + i64::from(at_us.rem_euclid(1000) != 0))
    })
}

pub(super) fn now_us(now: Time) -> i64 {
    now.unix_ms().saturating_mul(1000)
}

/// Whether a place is still good for whoever has it.
pub(super) fn is_good(place: Time, now: Time) -> bool {
    now.since(place) < LATE_MS
}

fn each_us(rate: Rate) -> i64 {
    SECOND_US / i64::from(rate.calls())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    /// The row as the database has it.
    #[derive(Default)]
    struct Row(i64);

    impl Row {
        fn lease(&mut self, rate: Rate, count: u32, now: Time) -> Vec<Time> {
            self.0 = self.0.max(now_us(now)) + length_us(rate, count);
            places(rate, self.0, count, now).collect()
        }
    }

    #[test]
    fn a_slice_is_a_tenth_of_a_second_and_one_place_at_least() {
        let of = |calls| per_slice(Rate::new(calls).unwrap());
        assert_eq!([1, 9, 10, 25, 1000].map(of), [1, 1, 1, 2, 100]);
    }

    #[test]
    fn a_second_goes_at_once_and_the_rest_evenly() {
        let (rate, mut row) = (Rate::new(2).unwrap(), Row::default());
        let first: Vec<_> = (0..6).flat_map(|_| row.lease(rate, 1, NOW)).map(|place| place.since(NOW)).collect();
        assert_eq!(first, [0, 0, 500, 1000, 1500, 2000]);
        assert!(is_good(NOW, NOW) && is_good(NOW, NOW.plus_ms(LATE_MS - 1)) && !is_good(NOW, NOW.plus_ms(LATE_MS)));
    }

    proptest! {
        #[test]
        fn in_no_second_there_are_more_places_than_the_burst_and_the_rate(
            calls in 1_u32..1000,
            slices in proptest::collection::vec((0_i64..400, 1_u32..30), 1..200),
        ) {
            let (rate, mut row, mut now) = (Rate::new(calls).unwrap(), Row::default(), NOW);
            let mut all = Vec::new();
            for (wait, count) in slices {
                now = now.plus_ms(wait);
                let slice = row.lease(rate, count, now);
                prop_assert_eq!(slice.len(), count as usize);
                prop_assert!(slice.iter().all(|place| *place >= now));
                all.extend(slice);
            }
            prop_assert!(all.is_sorted(), "who came first is first");
            for (at, from) in all.iter().enumerate() {
                let within = all[at..].iter().take_while(|place| place.since(*from) < 1000).count();
                prop_assert!(within <= 2 * calls as usize + 1, "{within} of {calls}");
            }
        }

        #[test]
        fn over_time_the_rate_is_kept_and_nothing_is_held_up_for_longer(calls in 1_u32..1000, count in 1_u32..3000) {
            let (rate, mut row) = (Rate::new(calls).unwrap(), Row::default());
            let last = row.lease(rate, count, NOW).last().copied().unwrap();
            let least = i64::from(count.saturating_sub(calls)) * 1000 / i64::from(calls);
            prop_assert!((least - 3..=least + 1003).contains(&last.since(NOW)), "{} for {least}", last.since(NOW));
        }
    }
}
