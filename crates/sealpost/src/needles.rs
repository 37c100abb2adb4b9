//! Marks that stand nowhere else, and a search for them in every form in which something could have written them down.
//!
//! `sealpost doctor leaks` looks with this, and so do the tests of the whole house.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Every form of every mark that is looked for.
pub(crate) struct Needles {
    all: Vec<Needle>,
    /// For each pair of bytes, which of `groups` begins with it; 0 if none does.
    pairs: Vec<u16>,
    /// Needles that begin alike. The first group is empty.
    groups: Vec<Vec<usize>>,
}

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
        let mut needles = Self { all: Vec::new(), pairs: vec![0; 1 << 16], groups: vec![Vec::new()] };
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
        for (form, text) in forms {
            self.add(Needle { form: format!("{field}, {form}"), bytes: text.into_bytes(), exact: false });
        }
        for shift in 0..3 {
            // What stands before and after it changes the first and last characters.
            let mut shifted = vec![0; shift];
            shifted.extend_from_slice(mark.as_bytes());
            for engine in [&STANDARD, &URL_SAFE] {
                let encoded = engine.encode(&shifted).into_bytes();
                let whole = (shift * 8).div_ceil(6)..shifted.len() * 8 / 6;
                let bytes = encoded.get(whole).unwrap_or_default().to_vec();
                self.add(Needle { form: format!("{field}, base64"), bytes, exact: true });
            }
        }
    }

    fn add(&mut self, needle: Needle) {
        let [first, second, ..] = needle.bytes[..] else { return };
        let Some(group) = self.pairs.get_mut(pair(first, second)) else { return };
        if *group == 0 {
            *group = u16::try_from(self.groups.len()).unwrap_or(0);
            self.groups.push(Vec::new());
        }
        if let Some(group) = self.groups.get_mut(usize::from(*group)) {
            group.push(self.all.len());
            self.all.push(needle);
        }
    }

    /// The longest of them: whoever looks piece by piece keeps so much of one piece for the next.
    #[allow(dead_code, reason = "the tests of the house look at whole answers")]
    pub(crate) fn longest(&self) -> usize {
        self.all.iter().map(|needle| needle.bytes.len()).max().unwrap_or_default()
    }

    /// Which marks stand in `hay`, and in which form. One pass, whatever is looked for.
    pub(crate) fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        let lower = hay.to_ascii_lowercase();
        let mut found = vec![false; self.all.len()];
        for (at, two) in lower.windows(2).enumerate() {
            let &[first, second] = two else { continue };
            let group = self.pairs.get(pair(first, second)).copied().unwrap_or_default();
            if group == 0 {
                continue;
            }
            for &one in self.groups.get(usize::from(group)).into_iter().flatten() {
                let Some((needle, found)) = self.all.get(one).zip(found.get_mut(one)) else { continue };
                let from = if needle.exact { hay.get(at..) } else { lower.get(at..) };
                *found |= from.is_some_and(|from| from.starts_with(&needle.bytes));
            }
        }
        let all = self.all.iter().zip(found).filter(|(_, found)| *found);
        all.map(|(needle, _)| needle.form.as_str()).collect()
    }
}

/// Where a pair of bytes stands, capitals as small letters.
fn pair(first: u8, second: u8) -> usize {
    usize::from(first.to_ascii_lowercase()) << 8 | usize::from(second.to_ascii_lowercase())
}

/// Whether `needle` is in `hay`; quick on the first byte.
#[allow(dead_code, reason = "only the tests of the house look for single ones")]
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
