//! What a code is.

use sealpost_seal::{Key, Rng};
use zeroize::Zeroizing;

/// Crockford's base32: without letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 15;
const GROUP: usize = 5;

/// A recovery code in clear: exists while it is shown once, and while somebody presents it.
pub struct Code(Zeroizing<String>);

impl Code {
    /// A fresh code.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        rng.fill(&mut bytes[..]);
        Self(Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()))
    }

    /// Reads a code as somebody may write it: spaces and dashes don't matter, neither does case, and letters that look like digits
    /// are those.
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let c = match c.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                c => c,
            };
            if !c.is_ascii() || !ALPHABET.contains(&(c as u8)) || code.len() == LENGTH {
                return None;
            }
            code.push(c);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// What is stored and looked up.
    pub(super) fn mac(&self, pepper: &Key) -> [u8; 32] {
        pepper.mac(&[b"recovery-code:", self.0.as_bytes()])
    }

    /// The code in groups of five, to show it.
    pub fn groups(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + 2));
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(c);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealpost_seal::SystemRng;

    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_written() {
        let code = Code::generate(&SystemRng);
        let shown = code.groups();
        assert_eq!(shown.len(), 17);
        for written in [
            shown.to_uppercase(),
            shown.replace('-', " "),
            format!(" {} ", shown.replace('-', "")),
            shown.replace('0', "O"),
        ] {
            assert_eq!(Code::parse(&written).unwrap().groups(), shown, "{written}");
        }
        assert!(Code::parse(&shown[1..]).is_none() && Code::parse(&format!("{}0", *shown)).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = Code::parse(&text);
        }
    }
}
