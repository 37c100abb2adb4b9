//! How long an endpoint takes to answer: percentiles of its newest attempts, as a picture and as a table.

use askama::Template;
use askama::filters::HtmlSafe;
use sealpost_store::{DeliveryId, Time};
use sealpost_web::shell::figure::{Lines, Twin};
use sealpost_web::shell::parts::{Took, When};

use crate::deliveries::model::Attempt;

/// Points of the picture.
const POINTS: usize = 12;

/// The panel.
#[derive(Clone, Debug, Template)]
#[template(path = "deliveries/pages/latency.html")]
pub(crate) struct Latency {
    half: Option<Took>,
    most: Option<Took>,
    nearly_all: Option<Took>,
    count: usize,
    lines: Lines,
}

impl HtmlSafe for Latency {}

/// The smallest value that so many of a hundred don't exceed (nearest rank); nothing of nothing. `sorted` is.
fn percentile(sorted: &[u32], percent: usize) -> Option<u32> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

impl Latency {
    /// Of these attempts, in any order; those that weren't answered have no latency and don't count.
    pub(crate) fn of(attempts: &[(DeliveryId, Attempt)], now: Time) -> Self {
        let mut answered: Vec<(Time, u32)> =
            attempts.iter().filter_map(|(_, attempt)| Some((attempt.started_at, attempt.latency_ms?))).collect();
        answered.sort_unstable();
        let points: Vec<_> = answered.chunks(answered.len().div_ceil(POINTS).max(1)).map(Point::of).collect();
        let mut all: Vec<u32> = answered.iter().map(|(_, ms)| *ms).collect();
        all.sort_unstable();
        let took = |percent| percentile(&all, percent).map(|ms| Took(ms.into()));
        let (half, most, nearly_all) = (took(50), took(95), took(99));
        let says = match (half, most, nearly_all) {
            (Some(half), Some(most), Some(nearly_all)) => {
                format!(
                    "Half of the newest {} answers took {half} or less, 95 of 100 {most}, 99 of 100 {nearly_all}.",
                    all.len()
                )
            }
            _ => "It has not answered yet.".to_owned(),
        };
        let line = |of: fn(&Point) -> u32| points.iter().map(|point| Some(f64::from(of(point)))).collect::<Vec<_>>();
        let (halves, mosts) = (line(|point| point.half), line(|point| point.most));
        let said = |ms: u32| Took(ms.into()).to_string();
        let rows = points.iter().map(|point| {
            let from = When::new(point.from, now).exact();
            vec![from, point.count.to_string(), said(point.half), said(point.most), said(point.nearly_all)]
        });
        let heads =
            ["From", "Answers", "half within", "95 of 100 within", "99 of 100 within"].map(str::to_owned).to_vec();
        let twin = Twin::new(says.clone(), heads, rows.collect());
        let ticks = points.first().map(|first| vec![When::new(first.from, now).words(), "newest".to_owned()]);
        let write = |ms: f64| Took(ms.round() as i64).to_string();
        let lines =
            Lines::new(says, ticks.unwrap_or_default(), &[("s-soft", &mosts), ("s-accent", &halves)], write, twin);
        Self { half, most, nearly_all, count: all.len(), lines }
    }
}

/// Some answers, one after the other.
struct Point {
    from: Time,
    count: usize,
    half: u32,
    most: u32,
    nearly_all: u32,
}

impl Point {
    fn of(some: &[(Time, u32)]) -> Self {
        let mut all: Vec<u32> = some.iter().map(|(_, ms)| *ms).collect();
        all.sort_unstable();
        let of = |percent| percentile(&all, percent).unwrap_or_default();
        let from = some.first().map_or(Time::from_unix_ms(0), |(at, _)| *at);
        Self { from, count: all.len(), half: of(50), most: of(95), nearly_all: of(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_are_values_that_were() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!((percentile(&[7], 1), percentile(&[7], 99)), (Some(7), Some(7)));
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!([50, 95, 99, 100].map(|percent| percentile(&hundred, percent)), [50, 95, 99, 100].map(Some));
        assert_eq!(percentile(&[1, 2, 3, 4], 50), Some(2));
    }

    proptest! {
        #[test]
        fn so_many_of_a_hundred_do_not_exceed_it(mut values in proptest::collection::vec(0_u32..50, 1..200), percent in 1_usize..100) {
            values.sort_unstable();
            let value = percentile(&values, percent).unwrap();
            let within = values.iter().filter(|one| **one <= value).count();
            let below = values.iter().filter(|one| **one < value).count();
            prop_assert!(within * 100 >= values.len() * percent && below * 100 < values.len() * percent);
        }
    }

    #[test]
    fn attempts_without_an_answer_do_not_count() {
        let attempt = |number: i64, latency_ms| {
            let at = Time::from_unix_ms(number * 1000);
            let id = DeliveryId::from_bytes([1; 16]);
            (
                id,
                Attempt { number: 1, started_at: at, finished_at: None, outcome: "x".into(), status: None, latency_ms },
            )
        };
        let mut all: Vec<_> = (0..30).map(|number| attempt(number, Some(number as u32))).collect();
        all.push(attempt(99, None));
        let panel = Latency::of(&all, Time::from_unix_ms(100_000));
        assert_eq!((panel.count, panel.half.map(|took| took.0)), (30, Some(14)));
        let text = panel.to_string();
        assert!(text.contains("Half of the newest 30 answers"), "{text}");
        assert!(Latency::of(&[], Time::from_unix_ms(0)).to_string().contains("not answered yet"));
    }
}
