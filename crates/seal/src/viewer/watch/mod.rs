//! What was opened for somebody and kept from them, looked for in what leaves.
//!
//! A masked viewer gets [`View`](super::View)s and nothing else, by type. This is the net below: whatever was opened while a request
//! was served, and not shown to whoever asked, is remembered here, and the bytes of the answer are searched for it before they
//! leave. Phone numbers and e-mail addresses are looked for: they are what identifies somebody, and long enough never to be met by
//! chance. A name or a payload value may be any word that stands on a page anyway.
//!
//! ```
//! use sealpost_seal::Personal;
//! use sealpost_seal::viewer::{Field, Viewer, Watch};
//! use std::sync::Arc;
//!
//! let watch = Arc::new(Watch::default());
//! let agent = Viewer::masked().watched(&watch);
//! let shown = agent.text(&Personal::new("+4791234567".to_owned()), Field::Phone);
//! assert!(!watch.leaks_into(shown.display().as_bytes()));
//! assert!(watch.leaks_into(b"please call (0047) 912 34 567"));
//! ```

mod addresses;
mod country;
mod decode;
mod numbers;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::Field;
use decode::decoded;
use numbers::Numbers;

/// What one request opened, kept back and showed.
#[derive(Default)]
pub struct Watch(Mutex<Noticed>);

#[derive(Default)]
struct Noticed {
    /// E.164 without the plus.
    phones: Vec<Zeroizing<String>>,
    /// In lower case.
    emails: Vec<Zeroizing<String>>,
    /// What whoever asks may see, where it could hold any of these.
    shown: Vec<Zeroizing<String>>,
}

/// Numbers of fewer digits than this stand on pages for other reasons.
const LEAST_DIGITS: usize = 7;
/// The longest number (ITU-T E.164 §6.2).
const MOST_DIGITS: usize = 15;

impl Watch {
    /// Whether nothing has been kept back so far: there is nothing to look for.
    pub fn is_idle(&self) -> bool {
        let noticed = self.noticed();
        noticed.phones.is_empty() && noticed.emails.is_empty()
    }

    /// Whether these bytes hold something that was kept back, in whatever spelling.
    pub fn leaks_into(&self, bytes: &[u8]) -> bool {
        let noticed = self.noticed();
        if bytes.is_empty() || (noticed.phones.is_empty() && noticed.emails.is_empty()) {
            return false;
        }
        let text = decoded(bytes);
        let numbers = Numbers::of(&noticed.phones);
        let (phones, emails) = (numbers.found_in(&text), addresses::found_in(&text, &noticed.emails));
        if phones.is_empty() && emails.is_empty() {
            return false;
        }
        // Seldom: it may stand in a text that is shown by right.
        let shown: Vec<_> = noticed.shown.iter().map(|shown| decoded(shown.as_bytes())).collect();
        let numbers: Vec<usize> = shown.iter().flat_map(|text| numbers.found_in(text)).collect();
        let addresses: Vec<usize> = shown.iter().flat_map(|text| addresses::found_in(text, &noticed.emails)).collect();
        !(phones.iter().all(|one| numbers.contains(one)) && emails.iter().all(|one| addresses.contains(one)))
    }

    /// Takes note of a value that was opened and isn't to be seen whole.
    pub(super) fn hides(&self, clear: &str, field: Field) {
        let clear = clear.trim();
        if let Some(email) = email(clear, field) {
            self.noticed().emails.push(email);
        } else if let Some(phone) = phone(clear, field) {
            self.noticed().phones.push(phone);
        }
    }

    /// Takes note of a text that is shown by right.
    pub(super) fn shows(&self, text: &str) {
        let digits = text.bytes().filter(u8::is_ascii_digit).take(LEAST_DIGITS).count();
        if digits == LEAST_DIGITS || text.contains('@') {
            self.noticed().shown.push(Zeroizing::new(text.to_owned()));
        }
    }

    fn noticed(&self) -> std::sync::MutexGuard<'_, Noticed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch(…)")
    }
}

/// The digits of a phone number. Anywhere but where phone numbers stand, only what begins with a plus is one: an order number isn't.
fn phone(clear: &str, field: Field) -> Option<Zeroizing<String>> {
    let rest = match (clear.strip_prefix('+'), field) {
        (Some(rest), _) => rest,
        (None, Field::Phone) => clear,
        (None, _) => return None,
    };
    let mut digits = Zeroizing::new(String::with_capacity(MOST_DIGITS));
    for character in rest.chars() {
        match character {
            '0'..='9' if digits.len() < MOST_DIGITS => digits.push(character),
            ' ' | '-' | '.' | '(' | ')' => {}
            _ => return None,
        }
    }
    (digits.len() > LEAST_DIGITS).then_some(digits)
}

/// An address in lower case. Anywhere but where addresses stand, only what has a dot behind the sign is one.
fn email(clear: &str, field: Field) -> Option<Zeroizing<String>> {
    let (local, domain) = clear.rsplit_once('@')?;
    let is_one = !local.is_empty() && !domain.is_empty() && !clear.contains(char::is_whitespace);
    (is_one && (field == Field::Email || domain.contains('.'))).then(|| Zeroizing::new(clear.to_ascii_lowercase()))
}
