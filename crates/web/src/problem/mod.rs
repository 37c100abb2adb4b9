//! Answers that say no: RFC 9457 problem details with stable codes.
//!
//! A *refusal* is a decision: it has a code, is documented, and never carries the value it refused. A *fault* is a bug or an
//! outage: the client learns the request's id and nothing else, the log learns the chain.

mod codes;
mod failure;
mod render;

pub use codes::*;
pub use failure::{Failure, Fault};

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A stable name for one reason to say no. Removing one breaks clients.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The name: `not_found`.
    pub code: &'static str,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// What it means, in a few words.
    pub title: &'static str,
}

/// Declares codes: a constant for each, and `ALL`.
///
/// ```
/// mod codes {
///     sealpost_web::codes! {
///         /// The message has left already.
///         MESSAGE_SENT = 409 "message_sent" "The message can't be cancelled any more";
///     }
/// }
/// assert_eq!(codes::ALL, [&codes::MESSAGE_SENT]);
/// ```
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $title:literal;)+) => {
        $($(#[$doc])* pub const $name: $crate::Code = $crate::Code { code: $code, status: $status, title: $title };)+

        /// All codes declared here.
        pub const ALL: &[&$crate::Code] = &[$(&$name),+];
    };
}

/// Where in the request something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the body: an RFC 6901 pointer, `/to/phone`.
    Pointer(String),
    /// In the query: a parameter's name.
    Parameter(String),
    /// In a header: its name.
    Header(&'static str),
}

/// One thing wrong with the request. Never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where.
    pub place: Place,
    /// What, as a code: `field_missing`, `not_e164`.
    pub code: Cow<'static, str>,
}

/// A decision to say no.
#[derive(Debug)]
pub struct Refusal(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: &'static Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<Wrong>,
    members: Map<String, Value>,
    retry_after: Option<u32>,
}

impl Refusal {
    /// Says no for this reason.
    pub fn of(code: &'static Code) -> Self {
        Self(Box::new(Inner { code, detail: None, errors: Vec::new(), members: Map::new(), retry_after: None }))
    }

    /// Explains this occurrence in a sentence. Must not contain what the client sent.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names a field of the body (RFC 6901 pointer) and what is wrong with it.
    pub fn at(self, pointer: impl Into<String>, code: impl Into<Cow<'static, str>>) -> Self {
        self.wrong(Wrong { place: Place::Pointer(pointer.into()), code: code.into() })
    }

    /// The same with whatever is wrong in the body standing below this place of it.
    pub fn below(mut self, pointer: &str) -> Self {
        for wrong in &mut self.0.errors {
            if let Place::Pointer(place) = &mut wrong.place {
                place.insert_str(0, pointer);
            }
        }
        self
    }

    /// Names something wrong with the request.
    pub fn wrong(mut self, wrong: Wrong) -> Self {
        self.0.errors.push(wrong);
        self
    }

    /// Adds a member a program can act on (RFC 9457 §3.2).
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.into(), value.into());
        self
    }

    /// Says after how many seconds it makes sense to try again.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// A member that is a text.
    pub fn text_member(&self, name: &str) -> Option<&str> {
        self.0.members.get(name)?.as_str()
    }

    /// What is said about this occurrence.
    pub fn explanation(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The reason.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }

    /// What is wrong, where.
    pub fn errors(&self) -> &[Wrong] {
        &self.0.errors
    }

    /// Seconds after which it makes sense to try again.
    pub fn seconds_to_wait(&self) -> Option<u32> {
        self.0.retry_after
    }
}

impl From<&'static Code> for Refusal {
    fn from(code: &'static Code) -> Self {
        Self::of(code)
    }
}
