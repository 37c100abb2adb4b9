//! Marks that stand nowhere else, and a search for them in every form in which something could have written them down.
//!
//! `sealpost doctor leaks` looks with this, and so do the tests of the whole house.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Every form of every mark that is looked for.
pub(crate) struct Needles(Vec<Needle>);

struct Needle {
    /// Which mark, in which form.
    form: String,
    bytes: Vec<u8>,
    /// Whether capitals and small letters are told apart.
    exact: bool,
}

impl Needles {
    /// What is looked for: for each mark, where it was planted and what it is.
    pub(crate) fn of<'a>(marks: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut needles = Self(Vec::new());
        marks.into_iter().for_each(|(field, mark)| needles.also(field, mark));
        needles
    }

    /// Looks for this as well.
    pub(crate) fn also(&mut self, field: &str, mark: &str) {
        let plain = mark.to_ascii_lowercase();
        let bytes = plain.as_bytes();
        let each = |spell: fn(&u8) -> String| bytes.iter().map(spell).collect::<String>();
        let forms = [
            ("plain", plain.clone()),
            ("hex", each(|byte| format!("{byte:02x}"))),
            ("percent", each(|byte| format!("%{byte:02x}"))),
            ("JSON", each(|byte| format!("\\u{byte:04x}"))),
            ("reversed", plain.chars().rev().collect()),
        ];
        self.0.extend(forms.map(|(form, text)| Needle {
            form: format!("{field}, {form}"),
            bytes: text.into_bytes(),
            exact: false,
        }));
        for shift in 0..3 {
            // What stands before and after it changes the first and last characters.
            let mut shifted = vec![0; shift];
            shifted.extend_from_slice(mark.as_bytes());
            for engine in [&STANDARD, &URL_SAFE] {
                let encoded = engine.encode(&shifted).into_bytes();
                let whole = (shift * 8).div_ceil(6)..shifted.len() * 8 / 6;
                let bytes = encoded.get(whole).unwrap_or_default().to_vec();
                self.0.push(Needle { form: format!("{field}, base64"), bytes, exact: true });
            }
        }
    }

    /// The longest of them: whoever looks piece by piece keeps so much of one piece for the next.
    #[allow(dead_code, reason = "the tests of the house look at whole answers")]
    pub(crate) fn longest(&self) -> usize {
        self.0.iter().map(|needle| needle.bytes.len()).max().unwrap_or_default()
    }

    /// Which marks stand in `hay`, and in which form.
    pub(crate) fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        let lower = hay.to_ascii_lowercase();
        let stands = |needle: &&Needle| is_in(if needle.exact { hay } else { &lower }, &needle.bytes);
        self.0.iter().filter(stands).map(|needle| needle.form.as_str()).collect()
    }
}

/// Whether `needle` is in `hay`; quick on the first byte.
pub(crate) fn is_in(hay: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return false };
    let mut rest = hay;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let Some(from) = rest.get(at..) else { return false };
        if from.starts_with(needle) {
            return true;
        }
        rest = from.get(1..).unwrap_or_default();
    }
    false
}
