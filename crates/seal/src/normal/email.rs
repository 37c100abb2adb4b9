//! E-mail addresses: the part of RFC 5321 §4.1.2 that people have.

use crate::sensitive::{Personal, Purpose};
use zeroize::Zeroizing;

/// An e-mail address that is safe to put into a header, an envelope and an index.
///
/// ASCII only: an international domain is written in its A-label form (`xn--…`,
/// RFC 5890), which whoever reads the request converts to. Quoted local parts and
/// address literals are refused: nobody has one, and parsers disagree about them.
pub struct Email {
    as_written: Personal<String>,
}

/// Why a text isn't an e-mail address. Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// Longer than 254 bytes (RFC 5321 §4.5.3.1.3), or a local part over 64.
    #[error("e-mail address is too long")]
    TooLong,
    /// No `@`, or more than one.
    #[error("e-mail address needs exactly one @")]
    At,
    /// A character outside ASCII; domains are written in `xn--` form.
    #[error("e-mail address has characters outside ASCII; write the domain in its xn-- form")]
    NotAscii,
    /// The part before the `@` is empty, quoted or has a character or dot in the wrong place.
    #[error("e-mail address has a part before the @ that can't be delivered to")]
    LocalPart,
    /// The part after the `@` isn't a host name with a dot.
    #[error("e-mail address has a domain that isn't a host name")]
    Domain,
}

const MAX_LEN: usize = 254;
const MAX_LOCAL_LEN: usize = 64;
const MAX_LABEL_LEN: usize = 63;

impl Email {
    /// Reads an address; nothing is trimmed or repaired.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        if text.len() > MAX_LEN {
            return Err(NotAnEmail::TooLong);
        }
        if !text.is_ascii() {
            return Err(NotAnEmail::NotAscii);
        }
        let (local, domain) = text.split_once('@').ok_or(NotAnEmail::At)?;
        if domain.contains('@') {
            return Err(NotAnEmail::At);
        }
        if local.len() > MAX_LOCAL_LEN {
            return Err(NotAnEmail::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(NotAnEmail::LocalPart);
        }
        if !is_domain(domain) {
            return Err(NotAnEmail::Domain);
        }
        let as_written = Personal::new(text.to_owned());
        Ok(Self { as_written })
    }

    /// The address as the person wrote it, for delivery and storage.
    pub fn delivery_form(&self) -> &Personal<String> {
        &self.as_written
    }

    /// The address all spellings share: lower-cased. RFC 5321 §2.4 lets local parts
    /// differ by case; no provider in use lets two people do so.
    pub fn index_form(&self) -> Zeroizing<String> {
        Zeroizing::new(self.as_written.expose(Purpose::Index).to_ascii_lowercase())
    }

    /// The domain, lower-cased: not personal, needed for routing and suppression.
    pub fn domain(&self) -> String {
        let (_, domain) = split(self.as_written.expose(Purpose::Guard));
        domain.to_ascii_lowercase()
    }
}

fn split(address: &str) -> (&str, &str) {
    address.split_once('@').unwrap_or((address, ""))
}

/// `Dot-string` of RFC 5321 §4.1.2: atoms with single dots between them.
fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

/// `atext` of RFC 5322 §3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// At least two LDH labels (RFC 5890 §2.3.1), the last one not all digits, so that an
/// IPv4 address is not a domain.
fn is_domain(domain: &str) -> bool {
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(is_label) && !top.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_LEN).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> Option<NotAnEmail> {
        Email::parse(text).err()
    }

    #[test]
    fn spellings_of_one_mailbox_share_an_index_form_and_keep_their_spelling() {
        let email = Email::parse("Ada.Lovelace+x@Example.COM").unwrap();
        assert_eq!(*email.index_form(), "ada.lovelace+x@example.com");
        assert_eq!(email.domain(), "example.com");
        let written = email.delivery_form().expose(Purpose::Deliver);
        assert_eq!(written, "Ada.Lovelace+x@Example.COM");
    }

    #[test]
    fn international_domains_come_in_their_a_label_form() {
        assert!(Email::parse("a@xn--bcher-kva.example").is_ok());
        assert_eq!(refusal("a@bücher.example"), Some(NotAnEmail::NotAscii));
    }

    #[test]
    fn header_and_parser_tricks_are_refused() {
        for text in [
            "",
            "@",
            "a",
            "a@",
            "@a.b",
            "a@b",
            "a@b@c.d",
            "a@@b.c",
            " a@b.c",
            "a@b.c ",
            "a b@c.d",
            "a@b.c\r\nBcc: x@y.z",
            "a@b.c\n",
            "a\0@b.c",
            "\"a b\"@c.d",
            "\"a\"@c.d",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@b..c",
            "a@.b.c",
            "a@b.c.",
            "a@-b.c",
            "a@b-.c",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a@b_c.d",
            "<a@b.c>",
            "a@b.c,d@e.f",
            "a(x)@b.c",
            "a\u{202e}@b.c",
            "a@b.c\u{0}",
            "a\t@b.c",
            "a;b@c.d",
            "a:b@c.d",
            "a\\@b.c",
        ] {
            assert!(refusal(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_rfc_5321() {
        let local = |n: usize| format!("{}@example.com", "a".repeat(n));
        assert_eq!(refusal(&local(64)), None);
        assert_eq!(refusal(&local(65)), Some(NotAnEmail::TooLong));
        let label = "d".repeat(63);
        let domain = format!("{label}.{label}.{label}");
        let total = |n: usize| format!("{}@{domain}", "a".repeat(n - 192));
        assert_eq!(refusal(&total(254)), None);
        assert_eq!(refusal(&total(255)), Some(NotAnEmail::TooLong));
        assert_eq!(refusal(&format!("a@{label}d.com")), Some(NotAnEmail::Domain));
    }

    proptest! {
        #[test]
        fn what_parses_has_no_white_space_control_or_second_at(text in "\\PC{0,40}|[a-z.@\"\\r\\n ]{0,20}") {
            if let Ok(email) = Email::parse(&text) {
                let form = email.index_form();
                prop_assert!(form.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(form.matches('@').count(), 1);
                prop_assert!(Email::parse(&form).is_ok());
            }
        }
    }
}
