//! Pictures, drawn by the server: numbers one would rather look at than read, each with a table that says the same.
//!
//! Drawings stretch to their place and hold no text; what is read beside them is text of the page.

mod bars;
mod lines;
mod meter;
mod rosette;
mod spark;
mod twin;

pub use bars::{Bars, Column, Series};
pub use lines::Lines;
pub use meter::{Meter, Part};
pub use rosette::Rosette;
pub use spark::{Beat, Spark};
pub use twin::Twin;

/// Height of a drawing in its own units; its width is one unit for each column.
const HEIGHT: f64 = 100.0;

/// The smallest of 1, 2, 5, 10, 20, 50, … that is at least `most`: what an axis ends with.
fn round_up(most: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 4.0, 5.0, 8.0] {
            if step * factor >= most {
                return step * factor;
            }
        }
        step *= 10.0;
        if step > 1e15 {
            return most;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_with_a_round_number() {
        for (most, end) in
            [(0.0, 1.0), (1.0, 1.0), (3.0, 4.0), (7.0, 8.0), (41.0, 50.0), (390.0, 400.0), (100_001.0, 200_000.0)]
        {
            assert_eq!(round_up(most), end);
        }
    }
}
