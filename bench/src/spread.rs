//! Several measurements of one thing.

use serde_json::{Value, json};

/// Values in the order they were measured.
#[derive(Clone, Default)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
        Some((low + high) / 2.0)
    }

    /// The smallest value that 99 of 100 don't exceed.
    pub(crate) fn p99(&self) -> Option<f64> {
        let sorted = self.sorted();
        sorted.get((sorted.len() * 99).div_ceil(100).checked_sub(1)?).copied()
    }

    /// All values, and what is said of them.
    pub(crate) fn json(&self) -> Value {
        let sorted = self.sorted();
        let (min, max) = (sorted.first(), sorted.last());
        json!({ "median": self.median(), "p99": self.p99(), "min": min, "max": max, "runs": self.0 })
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

impl FromIterator<f64> for Spread {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        let median = |values: &[f64]| values.iter().copied().collect::<Spread>().median();
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn one_of_a_hundred_is_above_the_ninety_ninth() {
        let p99 = |count: u32| (1..=count).map(f64::from).collect::<Spread>().p99();
        assert_eq!([p99(0), p99(1), p99(100), p99(200)], [None, Some(1.0), Some(99.0), Some(198.0)]);
    }
}
