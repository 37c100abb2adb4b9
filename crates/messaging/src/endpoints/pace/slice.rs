//! The slice of a row that this node has in hand.

use std::collections::VecDeque;

use sealpost_store::Time;

/// A place that was leased and not taken is given up after this: it would be a second burst.
const KEPT_MS: i64 = 1_000;

/// Places that nobody has yet, in order.
#[derive(Default)]
pub(in crate::endpoints) struct Slice(VecDeque<Time>);

impl Slice {
    /// The next place.
    pub(super) fn take(&mut self, now: Time) -> Option<Time> {
        while let Some(place) = self.0.pop_front() {
            if now.since(place) < KEPT_MS {
                return Some(place.max(now));
            }
        }
        None
    }

    /// More places.
    pub(super) fn put(&mut self, places: impl IntoIterator<Item = Time>) {
        self.0.extend(places);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    #[test]
    fn places_are_taken_in_order_and_not_kept_for_a_burst() {
        let mut slice = Slice::default();
        slice.put([NOW, NOW, NOW.plus_ms(500)]);
        assert_eq!(slice.take(NOW), Some(NOW));
        assert_eq!(slice.take(NOW.plus_ms(999)), Some(NOW.plus_ms(999)));
        assert_eq!(slice.take(NOW.plus_ms(1_500)), None);
        slice.put([NOW.plus_ms(3_000)]);
        assert_eq!(slice.take(NOW.plus_ms(2_000)), Some(NOW.plus_ms(3_000)), "a place of later is one to wait for");
    }
}
