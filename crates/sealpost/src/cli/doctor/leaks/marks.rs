//! Marks: text that stands nowhere else, one for each personal field.

use sealpost_seal::rng::{SystemRng, array};

use crate::cli::{Outcome, Stop};
use crate::needles::Needles;

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// What is planted, all of it made from one word.
pub(super) struct Marks {
    word: String,
}

impl Marks {
    /// Made from this word, or from chance.
    pub(super) fn new(word: Option<&str>) -> Outcome<Self> {
        let Some(word) = word else {
            let bytes: [u8; 14] = array(&SystemRng);
            let letter = |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().unwrap_or(b'a');
            return Ok(Self { word: bytes.iter().map(letter).map(char::from).collect() });
        };
        let fits = (6..=20).contains(&word.len()) && word.bytes().all(|byte| ALPHABET.contains(&byte));
        if fits { Ok(Self { word: word.to_owned() }) } else { Err(Stop::usage("--mark is 6 to 20 of a-z and 0-9")) }
    }

    /// What they are made from.
    pub(super) fn word(&self) -> &str {
        &self.word
    }

    /// The mark of one field.
    pub(super) fn of(&self, field: &str) -> String {
        format!("qzx{}{field}", self.word)
    }

    pub(super) fn email(&self) -> String {
        format!("{}@example.com", self.of("mail"))
    }

    /// A number that nobody has: 555 in Washington, and four digits of the word (FNV-1a).
    pub(super) fn phone(&self) -> String {
        let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
        let hash = self.word.bytes().fold(2_166_136_261, step);
        format!("+1202555{:04}", hash % 10_000)
    }

    /// Every mark in a line, as somebody would send them who tries what is repeated.
    pub(super) fn all(&self) -> String {
        let fields = ["name", "mail", "ext", "data", "secret"].map(|field| self.of(field));
        format!("{}+{}", fields.join("+"), self.phone().trim_start_matches('+'))
    }

    /// What is looked for.
    pub(super) fn needles(&self) -> Needles {
        let phone = self.phone();
        let mut needles = Needles::of([("phone", phone.trim_start_matches('+'))]);
        for (field, mark) in [
            ("name", "name"),
            ("email", "mail"),
            ("external id", "ext"),
            ("text in data", "data"),
            ("secret", "secret"),
        ] {
            needles.also(field, &self.of(mark));
        }
        needles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_chance_are_never_the_same_and_those_of_a_word_always() {
        assert_ne!(Marks::new(None).unwrap().word(), Marks::new(None).unwrap().word());
        let [one, two] = [(); 2].map(|()| Marks::new(Some("wombat2026")).unwrap());
        assert_eq!((one.of("name"), one.phone()), (two.of("name"), two.phone()));
        assert!(one.phone().len() == 12 && one.needles().found_in(one.all().as_bytes()).len() == 6);
        for bad in ["short", "Capital", "with space", &"x".repeat(21)] {
            assert!(Marks::new(Some(bad)).is_err(), "{bad}");
        }
    }
}
