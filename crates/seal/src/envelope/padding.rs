//! Padding by ISO/IEC 7816-4 (one byte 0x80, then zeros) up to a few fixed sizes, so
//! that the length of a ciphertext says little about what is inside.

const MARK: u8 = 0x80;

/// Short values share these sizes; an e-mail address and a phone number look alike.
const BUCKETS: [usize; 5] = [32, 64, 128, 256, 512];

/// The length after padding: the next bucket, or at most a tenth more.
pub(super) fn padded_len(clear_len: usize) -> usize {
    let least = clear_len + 1;
    match BUCKETS.into_iter().find(|bucket| least <= *bucket) {
        Some(bucket) => bucket,
        None => least.next_multiple_of(largest_power_of_two(least / 10)),
    }
}

/// Appends `clear` and, when there is room up to `padded_len`, its padding.
pub(super) fn extend_padded(out: &mut Vec<u8>, clear: &[u8], padded_len: usize) {
    let end = out.len() + padded_len;
    out.extend_from_slice(clear);
    if out.len() < end {
        out.push(MARK);
    }
    out.resize(end, 0);
}

/// Where the padding starts. `None` when there is none, which no honest seal produces.
pub(super) fn unpadded_len(padded: &[u8]) -> Option<usize> {
    let mark = padded.iter().rposition(|byte| *byte != 0)?;
    (padded[mark] == MARK).then_some(mark)
}

fn largest_power_of_two(at_most: usize) -> usize {
    1 << at_most.max(1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_values_share_a_few_lengths_and_long_ones_grow_by_a_tenth_at_most() {
        for clear_len in 0..200_000 {
            let padded = padded_len(clear_len);
            assert!(padded > clear_len);
            if clear_len < 512 {
                assert!(BUCKETS.contains(&padded));
            } else {
                assert!(padded - clear_len <= clear_len.div_ceil(10));
            }
        }
    }

    #[test]
    fn bytes_without_a_mark_are_not_padding() {
        assert_eq!(unpadded_len(&[]), None);
        assert_eq!(unpadded_len(&[0; 32]), None);
        assert_eq!(unpadded_len(&[0x80, 1, 0]), None);
        assert_eq!(unpadded_len(&[0x80]), Some(0));
    }

    proptest! {
        #[test]
        fn padding_comes_off_exactly(clear in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mut out = Vec::new();
            extend_padded(&mut out, &clear, padded_len(clear.len()));
            prop_assert_eq!(out.len(), padded_len(clear.len()));
            prop_assert_eq!(unpadded_len(&out), Some(clear.len()));
            prop_assert_eq!(&out[..clear.len()], &clear[..]);
        }
    }
}
