//! The recovery kit: a root key on paper.

use std::fmt::Write as _;

use sealpost_seal::RootKey;
use zeroize::Zeroizing;

/// Hexadecimal digits in a group.
const GROUP: usize = 4;
/// Groups in a line.
const GROUPS: usize = 8;

/// The root key as two lines of eight groups of four hexadecimal digits, for a hand that writes them down.
pub(crate) fn groups(root: &RootKey) -> Zeroizing<String> {
    let digits = root.to_file_text();
    // Exact: a reallocation would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * 64));
    for (at, digit) in digits.trim_end().chars().enumerate() {
        match at {
            0 => {}
            at if at % (GROUP * GROUPS) == 0 => text.push('\n'),
            at if at % GROUP == 0 => text.push(' '),
            _ => {}
        }
        text.push(digit);
    }
    text
}

/// The name of the root key: tells whether what was typed in is what was written down.
pub(crate) fn id(root: &RootKey) -> String {
    let mut text = String::with_capacity(19);
    for (at, byte) in root.id().0.iter().enumerate() {
        if at > 0 && at % 2 == 0 {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads the groups back: white space and dashes don't matter.
pub(crate) fn read(text: &str) -> Option<RootKey> {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    digits.extend(text.chars().filter(|c| !c.is_whitespace() && *c != '-'));
    (digits.len() == 64).then(|| RootKey::parse(&digits).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_down_opens_what_was_sealed(bytes: [u8; 32]) {
            let root = RootKey::from_bytes(bytes);
            let typed = groups(&root).replace(' ', "  ").to_uppercase();
            let again = read(&typed).unwrap();
            prop_assert_eq!(id(&again), id(&root));
            prop_assert_eq!(again.to_file_text(), root.to_file_text());
        }

        #[test]
        fn one_wrong_digit_gives_another_id(bytes: [u8; 32], at in 0usize..64) {
            let root = RootKey::from_bytes(bytes);
            let mut digits: Vec<char> = root.to_file_text().trim_end().chars().collect();
            digits[at] = if digits[at] == '0' { '1' } else { '0' };
            let typed: String = digits.into_iter().collect();
            prop_assert_ne!(id(&read(&typed).unwrap()), id(&root));
        }
    }

    #[test]
    fn a_kit_is_two_lines_of_eight_groups() {
        let text = groups(&RootKey::from_bytes([0xab; 32]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, ["abab abab abab abab abab abab abab abab"; 2]);
        assert!(read("abab").is_none());
    }
}
