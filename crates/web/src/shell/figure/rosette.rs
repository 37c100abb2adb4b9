//! A seal drawn from a hash: two that look alike are alike, and one bit more makes another.

use std::f64::consts::TAU;
use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use sealpost_seal::key::sha256;

/// Points of a curve.
const POINTS: usize = 96;
const RINGS: usize = 4;
/// Half the side, in units of the drawing: without fractions, that is fine enough.
const MIDDLE: f64 = 600.0;

/// A guilloche as on banknotes, with every frequency, amplitude and phase taken from the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rosette {
    hash: [u8; 32],
    of: &'static str,
}

impl Rosette {
    /// The seal of this hash; `of` says of what it is one: `the ledger’s root`.
    pub fn new(hash: [u8; 32], of: &'static str) -> Self {
        // Hashed once more, so that every bit of any hash moves every line.
        Self { hash: sha256(&[&hash]), of }
    }

    fn ring(&self, ring: usize) -> Ring {
        let byte = |at: usize| self.hash[(ring * 8 + at) % 32];
        Ring {
            radius: 400.0 - 74.0 * ring as f64 + f64::from(byte(0) % 24),
            depth: 62.0 + f64::from(byte(1) % 64),
            petals: f64::from(5 + byte(2) % 7),
            beats: f64::from(1 + byte(3) % 3),
            phase: f64::from(byte(4)) / 255.0 * TAU,
            shift: f64::from(byte(5)) / 255.0 * TAU,
            strands: 2 + usize::from(byte(6) % 2),
            swing: f64::from(byte(7)) / 255.0,
        }
    }
}

struct Ring {
    radius: f64,
    depth: f64,
    petals: f64,
    beats: f64,
    phase: f64,
    shift: f64,
    strands: usize,
    swing: f64,
}

impl Ring {
    fn draw(&self, out: &mut String) {
        for strand in 0..self.strands {
            let turn = self.phase + strand as f64 / self.strands as f64 * TAU;
            closed(out, |angle| {
                let beat = 0.55 + 0.45 * self.swing * (self.beats * angle + self.shift).cos();
                self.radius + self.depth * (self.petals * angle + turn).sin() * beat
            });
        }
    }
}

/// A closed curve of this radius.
fn closed(out: &mut String, mut radius: impl FnMut(f64) -> f64) {
    for point in 0..POINTS {
        let angle = point as f64 / POINTS as f64 * TAU;
        let radius = radius(angle);
        let (x, y) = (MIDDLE + radius * angle.cos(), MIDDLE + radius * angle.sin());
        // Writing to a string can't fail.
        let _ = write!(out, "{}{x:.0} {y:.0}", if point == 0 { 'M' } else { 'L' });
    }
    out.push('z');
}

impl fmt::Display for Rosette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rim, mut rings) = (String::new(), String::new());
        let mut notch = false;
        closed(&mut rim, |_| {
            notch = !notch;
            if notch { 585.0 } else { 556.0 }
        });
        (0..RINGS).for_each(|ring| self.ring(ring).draw(&mut rings));
        write!(
            f,
            r#"<svg class="rosette" viewBox="0 0 1200 1200" role="img" aria-label="Seal drawn from {}"><path class="rim" d="{rim}"/><path d="{rings}"/></svg>"#,
            self.of
        )
    }
}

impl HtmlSafe for Rosette {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_more_makes_another_seal() {
        let hash = sha256(&[b"root"]);
        let drawn = Rosette::new(hash, "a root").to_string();
        assert_eq!(drawn, Rosette::new(hash, "a root").to_string());
        assert!(drawn.len() < 16_000, "{}", drawn.len());
        let mut seen = std::collections::HashSet::from([drawn]);
        for bit in 0..64 {
            let mut other = hash;
            other[bit % 32] ^= 1 << (bit / 32);
            seen.insert(Rosette::new(other, "a root").to_string());
        }
        assert!(seen.len() == 65, "{} of 65 differ", seen.len());
    }
}
