//! The row in which calls of an endpoint with a rate wait for their turn. Nothing stands still in it: who isn't first is put off to its
//! own time and holds nobody up meanwhile.

use std::collections::HashMap;

use sealpost_store::{DeliveryId, Time};

use super::rules::{Bucket, Rate};
use crate::endpoints::rules::Gate;

/// A place that nobody came back for is given up after this.
const GIVEN_UP_MS: i64 = 3_600_000;
/// From so many on, places that were given up are looked for.
const MANY: usize = 1024;

/// Who has a place, in this process: a restart forgets it, and everybody lines up anew.
#[derive(Default)]
pub(in crate::endpoints) struct Row {
    bucket: Bucket,
    places: HashMap<DeliveryId, Time>,
}

impl Row {
    /// Whether it is this delivery's turn.
    pub(in crate::endpoints) fn turn(&mut self, rate: Rate, delivery: DeliveryId, now: Time) -> Gate {
        match self.places.get(&delivery) {
            Some(place) if *place > now => return Gate::Later(*place),
            Some(_) => {
                self.places.remove(&delivery);
                return Gate::Open;
            }
            None => {}
        }
        let place = self.bucket.place(rate, now);
        if place <= now {
            return Gate::Open;
        }
        if self.places.len() >= MANY {
            self.places.retain(|_, place| now.since(*place) < GIVEN_UP_MS);
        }
        self.places.insert(delivery, place);
        Gate::Later(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    fn delivery(number: u8) -> DeliveryId {
        DeliveryId::from_bytes([number; 16])
    }

    #[test]
    fn who_comes_too_early_is_let_through_at_its_turn_and_counted_once() {
        let (rate, mut row) = (Rate::new(2).unwrap(), Row::default());
        let first: Vec<_> = (0..6).map(|number| row.turn(rate, delivery(number), NOW)).collect();
        let later = |ms| Gate::Later(NOW.plus_ms(ms));
        assert_eq!(first, [Gate::Open, Gate::Open, later(500), later(1000), later(1500), later(2000)]);
        assert_eq!(row.turn(rate, delivery(2), NOW.plus_ms(499)), later(500), "asking again costs no place");
        assert_eq!(row.turn(rate, delivery(2), NOW.plus_ms(500)), Gate::Open);
        assert_eq!(row.turn(rate, delivery(6), NOW.plus_ms(500)), later(2500), "a newcomer is behind all others");
        for (number, at) in [(3, 1000), (4, 1500), (5, 2000), (6, 2500)] {
            assert_eq!(row.turn(rate, delivery(number), NOW.plus_ms(at)), Gate::Open);
        }
        assert!(row.places.is_empty());
        let idle = NOW.plus_ms(60_000);
        assert_eq!(row.turn(rate, delivery(2), idle), Gate::Open, "a later attempt lines up anew");
    }

    #[test]
    fn places_that_nobody_came_back_for_are_given_up() {
        let (rate, mut row) = (Rate::new(1000).unwrap(), Row::default());
        for number in 0..3_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            row.turn(rate, DeliveryId::from_bytes(id), NOW);
        }
        assert_eq!(row.places.len(), 2_000);
        let much_later = NOW.plus_ms(2 * GIVEN_UP_MS);
        (0..=255).cycle().take(1_300).enumerate().for_each(|(at, _)| {
            let mut id = [0xff; 16];
            id[..4].copy_from_slice(&(at as u32).to_be_bytes());
            row.turn(rate, DeliveryId::from_bytes(id), much_later);
        });
        assert!(row.places.len() < MANY, "{}", row.places.len());
    }
}
