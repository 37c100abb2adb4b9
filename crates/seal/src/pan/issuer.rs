//! Issuer identification ranges (ISO/IEC 7812-1) of the networks cards are seen of,
//! with the lengths each issues.

use std::ops::RangeInclusive;

/// The shortest and the longest card number (ISO/IEC 7812-1).
pub(super) const LENGTHS: RangeInclusive<usize> = 12..=19;

/// Whether `digits` is a card number: an issuer's prefix, a length it issues, and the
/// Luhn check digit.
pub(super) fn is_card(digits: &[u8]) -> bool {
    LENGTHS.contains(&digits.len()) && is_issued(digits) && luhn(digits)
}

struct Network {
    /// Ranges of the first four digits.
    prefixes: &'static [RangeInclusive<u16>],
    lengths: &'static [usize],
}

const NETWORKS: &[Network] = &[
    // Visa
    Network { prefixes: &[4000..=4999], lengths: &[13, 16, 19] },
    // Mastercard
    Network { prefixes: &[5100..=5599, 2221..=2720], lengths: &[16] },
    // American Express
    Network { prefixes: &[3400..=3499, 3700..=3799], lengths: &[15] },
    // Discover
    Network { prefixes: &[6011..=6011, 6440..=6599], lengths: &[16, 17, 18, 19] },
    // Diners Club
    Network { prefixes: &[3000..=3059, 3095..=3095, 3600..=3699, 3800..=3999], lengths: &[14, 16, 19] },
    // JCB
    Network { prefixes: &[3528..=3589], lengths: &[16, 17, 18, 19] },
    // UnionPay, and the part of it that Discover shares
    Network { prefixes: &[6200..=6299, 8100..=8171], lengths: &[16, 17, 18, 19] },
    // Maestro
    Network {
        prefixes: &[5018..=5018, 5020..=5020, 5038..=5038, 5893..=5893, 6304..=6304, 6759..=6759, 6761..=6763],
        lengths: &[12, 13, 14, 15, 16, 17, 18, 19],
    },
];

fn is_issued(digits: &[u8]) -> bool {
    let prefix = digits[..4].iter().fold(0, |prefix, digit| prefix * 10 + u16::from(*digit));
    NETWORKS.iter().any(|network| {
        network.lengths.contains(&digits.len()) && network.prefixes.iter().any(|range| range.contains(&prefix))
    })
}

/// ISO/IEC 7812-1 annex B.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(*digit) {
            digit if place % 2 == 0 => digit,
            digit if digit > 4 => digit * 2 - 9,
            digit => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}
