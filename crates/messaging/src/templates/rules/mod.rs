//! What may be a version of a template.

mod language;

use sealpost_seal::pan;

use super::model::{Content, Part};
use crate::channels::ChannelKind;

/// The longest source of one part, in bytes.
const MAX_SOURCE: usize = 64 * 1024;
/// The longest source of a subject.
const MAX_SUBJECT_SOURCE: usize = 2000;

/// Why a content can't be a version. Lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The channel needs this part.
    #[error("the channel needs a part that is missing")]
    Missing(Part),
    /// The channel has no such part.
    #[error("the channel has no such part")]
    Unexpected(Part),
    /// A part is empty or longer than 64 KiB.
    #[error("a part is empty or too long")]
    Length(Part),
    /// A part has control characters.
    #[error("a part has control characters")]
    Characters(Part),
    /// A part holds a card number.
    #[error("a part holds a card number")]
    CardNumber(Part),
    /// A part is no template.
    #[error("a part is not a template")]
    Syntax {
        /// Where.
        part: Part,
        /// In which line.
        line: u32,
    },
    /// A part uses something this language doesn't have.
    #[error("a part uses something this template language does not have")]
    Language {
        /// Where.
        part: Part,
        /// In which line.
        line: u32,
        /// What, as a code.
        what: Foreign,
    },
}

pub use language::Foreign;
pub(super) use language::syntax;

/// Whether this can be a version for this channel, as far as can be said without compiling it.
pub(super) fn check(channel: ChannelKind, content: &Content) -> Result<(), ContentError> {
    match (channel, &content.subject, &content.html) {
        (ChannelKind::Email, None, _) => return Err(ContentError::Missing(Part::Subject)),
        (ChannelKind::Sms, Some(_), _) => return Err(ContentError::Unexpected(Part::Subject)),
        (ChannelKind::Sms, _, Some(_)) => return Err(ContentError::Unexpected(Part::Html)),
        (ChannelKind::Email | ChannelKind::Sms, _, _) => {}
    }
    content.parts().try_for_each(|(part, source)| check_part(part, source))
}

fn check_part(part: Part, source: &str) -> Result<(), ContentError> {
    let longest = if part == Part::Subject { MAX_SUBJECT_SOURCE } else { MAX_SOURCE };
    if source.is_empty() || source.len() > longest {
        return Err(ContentError::Length(part));
    }
    if !is_clean(part, source) {
        return Err(ContentError::Characters(part));
    }
    if pan::contains(source) {
        return Err(ContentError::CardNumber(part));
    }
    language::check(part, source)
}

/// Whether a text has only the control characters its part can carry: line ends and tabs in a body, none in a subject, and there
/// also none of the characters that end a header line or turn its direction around.
pub(super) fn is_clean(part: Part, text: &str) -> bool {
    match part {
        Part::Subject => {
            !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        }
        Part::Text | Part::Html => !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')),
    }
}
