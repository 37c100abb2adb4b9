//! Commitments in leaves: contents that are not sealed, because they tell nothing without what opens them.

/// What such a content begins with; no sealed content does.
const MARK: &[u8] = b"sealpost commitment v1\n";

/// The content of a leaf that holds this commitment.
#[must_use]
pub fn commitment_content(commitment: &[u8; 32]) -> Vec<u8> {
    [MARK, commitment].concat()
}

/// The commitment that this content holds, if it is such a one.
#[must_use]
pub fn commitment_in(content: &[u8]) -> Option<[u8; 32]> {
    content.strip_prefix(MARK)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_read_back_and_nothing_else_is_taken_for_one() {
        let content = commitment_content(&[7; 32]);
        assert_eq!(commitment_in(&content), Some([7; 32]));
        assert_eq!(commitment_in(&content[..content.len() - 1]), None);
        assert_eq!(commitment_in(&[&content[..], b"x"].concat()), None);
        assert_eq!(commitment_in(b""), None);
    }
}
