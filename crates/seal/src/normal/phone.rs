//! Phone numbers in E.164.

use crate::sensitive::{Personal, Purpose};
use zeroize::Zeroizing;

/// A phone number in international form. National forms are refused: which country
/// they belong to is a guess.
pub struct Phone {
    e164: Personal<String>,
}

/// The text isn't `+` and 8 to 15 digits (ITU-T E.164 §6.2). Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("phone number must be in international form: + and 8 to 15 digits")]
pub struct NotAPhone;

const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

impl Phone {
    /// Reads a number, ignoring the spaces, hyphens, dots and parentheses people group
    /// digits with.
    pub fn parse(text: &str) -> Result<Self, NotAPhone> {
        let rest = text.trim_matches(' ').strip_prefix('+').ok_or(NotAPhone)?;
        let mut e164 = Zeroizing::new(String::with_capacity(1 + DIGITS.end()));
        e164.push('+');
        for character in rest.chars() {
            match character {
                '0'..='9' if e164.len() <= *DIGITS.end() => e164.push(character),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(NotAPhone),
            }
        }
        let digits = &e164[1..];
        if !DIGITS.contains(&digits.len()) || digits.starts_with('0') {
            return Err(NotAPhone);
        }
        let e164 = Personal::new(std::mem::take(&mut *e164));
        Ok(Self { e164 })
    }

    /// The number as `+` and digits, for delivery and storage.
    pub fn delivery_form(&self) -> &Personal<String> {
        &self.e164
    }

    /// The form all spellings share: the same `+` and digits.
    pub fn index_form(&self) -> Zeroizing<String> {
        Zeroizing::new(self.e164.expose(Purpose::Index).clone())
    }

    /// The last four digits, for the separate index that masked viewers search.
    pub fn last4(&self) -> Last4 {
        let e164 = self.e164.expose(Purpose::Index);
        Last4 { digits: Personal::new(e164[e164.len() - LAST..].to_owned()) }
    }
}

/// The last four digits of a phone number: what a masked viewer may know of one.
pub struct Last4 {
    digits: Personal<String>,
}

/// The text isn't four digits. Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the end of a phone number is four digits")]
pub struct NotLast4;

const LAST: usize = 4;

impl Last4 {
    /// Reads four digits and nothing else.
    pub fn parse(text: &str) -> Result<Self, NotLast4> {
        let digits = Personal::new(text.to_owned());
        if text.len() == LAST && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self { digits })
        } else {
            Err(NotLast4)
        }
    }

    /// The digits, for their index.
    pub fn index_form(&self) -> Zeroizing<String> {
        Zeroizing::new(self.digits.expose(Purpose::Index).clone())
    }

    /// Whether `phone` ends so.
    pub fn ends(&self, phone: &Phone) -> bool {
        phone.e164.expose(Purpose::Index).ends_with(self.digits.expose(Purpose::Index).as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_number_share_one_form() {
        for text in ["+4791234567", "+47 912 34 567", "+47 (912) 34-567", " +47.912.34.567 "] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!(*phone.index_form(), "+4791234567");
            assert_eq!(*phone.last4().index_form(), "4567");
        }
    }

    #[test]
    fn anything_but_e164_is_refused() {
        for text in [
            "",
            "+",
            "91234567",
            "004791234567",
            "+0791234567",
            "+1234567",
            "+1234567890123456",
            "+47 9123x4567",
            "++4791234567",
            "+47+91234567",
            "+4791234567;ext=1",
            "+47\u{a0}91234567",
            "+47\n91234567",
            "+٤٧٩١٢٣٤٥٦٧",
            "tel:+4791234567",
            "+12345678901234567890123456789",
        ] {
            assert!(Phone::parse(text).is_err(), "{text:?}");
        }
        assert!(Phone::parse("+12345678").is_ok());
        assert!(Phone::parse("+123456789012345").is_ok());
    }

    #[test]
    fn the_end_of_a_number_is_four_digits_and_nothing_else() {
        for text in ["", "143", "00143", "014a", " 143", "01 43", "+143", "-143", "٠١٤٣", "０１４３", "0143\n", "01.3"]
        {
            assert!(Last4::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(*Last4::parse("0143").unwrap().index_form(), "0143");
    }

    proptest! {
        #[test]
        fn a_number_ends_in_its_last_four_digits_and_in_no_others(digits in "[1-9][0-9]{7,14}", other in "[0-9]{4}") {
            let phone = Phone::parse(&format!("+{digits}")).unwrap();
            prop_assert!(phone.last4().ends(&phone));
            prop_assert_eq!(Last4::parse(&other).unwrap().ends(&phone), digits.ends_with(&other));
        }

        #[test]
        fn grouping_never_changes_the_number(digits in "[1-9][0-9]{7,14}", cuts in proptest::collection::vec(0..5usize, 15)) {
            let mut text = "+".to_owned();
            for (digit, cut) in digits.chars().zip(cuts) {
                text.push(digit);
                text.push_str(["", " ", "-", ".", "("][cut]);
            }
            let phone = Phone::parse(&text).unwrap();
            prop_assert_eq!(&phone.index_form()[1..], &digits);
        }
    }
}
