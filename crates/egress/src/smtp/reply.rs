//! What a relay says, reduced to numbers.

use std::fmt;

/// A reply: three digits (RFC 5321 §4.2) and, where given, the enhanced status (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// E.g. 5.1.1, "bad destination mailbox".
    pub enhanced: Option<EnhancedStatus>,
}

/// `class.subject.detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedStatus {
    /// 2, 4 or 5.
    pub class: u8,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
}

impl Reply {
    /// 4xx or 5xx.
    pub(super) fn is_refusal(self) -> bool {
        self.code >= 400
    }

    /// 3xx: send what you announced.
    pub(super) fn is_go_ahead(self) -> bool {
        matches!(self.code, 300..400)
    }

    pub(super) fn is_permanent(self) -> bool {
        self.code >= 500
    }

    /// RFC 5321 §3.8: the relay is closing the connection.
    pub(super) fn is_closing(self) -> bool {
        self.code == 421
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match self.enhanced {
            Some(status) => write!(f, " {status}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One line of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) code: u16,
    /// Whether this is the last line (`250 `, not `250-`).
    pub(super) last: bool,
    pub(super) text: &'a str,
}

impl<'a> Line<'a> {
    /// Reads a line without its line end; text that is not UTF-8 counts as empty.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (digits, rest) = line.split_at_checked(3)?;
        let [first @ b'2'..=b'5', second, third] = *digits else {
            return None;
        };
        if !second.is_ascii_digit() || !third.is_ascii_digit() {
            return None;
        }
        let last = match rest.first() {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return None,
        };
        let digit = |byte: u8| u16::from(byte - b'0');
        Some(Self {
            code: digit(first) * 100 + digit(second) * 10 + digit(third),
            last,
            text: std::str::from_utf8(rest.get(1..).unwrap_or_default()).unwrap_or_default(),
        })
    }

    pub(super) fn reply(&self) -> Reply {
        Reply { code: self.code, enhanced: self.enhanced() }
    }

    fn enhanced(&self) -> Option<EnhancedStatus> {
        let mut parts = self.text.split(' ').next()?.split('.');
        let mut number = || {
            let part = parts.next()?;
            (part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())
                .flatten()
        };
        let (class, subject, detail) = (number()?, number()?, number()?);
        if parts.next().is_some() || class != self.code / 100 {
            return None;
        }
        Some(EnhancedStatus { class: u8::try_from(class).ok()?, subject, detail })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in any::<Vec<u8>>(), code in "[0-9]{3}[ -]") {
            let _ = Line::parse(&line);
            let whole = [code.as_bytes(), &line].concat();
            if let Some(line) = Line::parse(&whole) {
                prop_assert!((200..600).contains(&line.reply().code));
            }
        }
    }

    #[test]
    fn numbers_are_kept_and_words_dropped() {
        let line = Line::parse(b"550 5.1.1 <jane@example.com> unknown").unwrap();
        assert_eq!(line.reply().to_string(), "550 5.1.1");
        assert!(line.last);
        assert_eq!(Line::parse(b"250").unwrap().reply().to_string(), "250");
        assert!(!Line::parse(b"250-SIZE").unwrap().last);
    }

    #[test]
    fn statuses_that_contradict_the_code_are_ignored() {
        for line in ["550 2.0.0 x", "550 5.1 x", "550 5.1.1.1 x", "550 5.1.9999", "550 5.-1.1"] {
            let reply = Line::parse(line.as_bytes()).unwrap().reply();
            assert_eq!(reply.enhanced, None, "{line}");
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for line in ["", "25", "2x0 ok", "650 x", "150 x", "250_x", "HTTP/1.1 400"] {
            assert_eq!(Line::parse(line.as_bytes()), None, "{line}");
        }
    }
}
