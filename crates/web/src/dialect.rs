//! How standards and systems of others say no: below a path of theirs, refusals take their form instead of problem details.

use sealpost_store::RequestId;

use crate::problem::Refusal;

/// The form of refusals below a path.
#[derive(Debug)]
pub struct Dialect {
    /// Whatever is asked below this path is answered so, routes or not: `/scim/v2`.
    pub prefix: &'static str,
    /// The media type of refusals.
    pub media_type: &'static str,
    /// A refusal of this request as it goes out. Never holds what was sent.
    pub refusal: fn(&Refusal, RequestId) -> Vec<u8>,
}

impl Dialect {
    /// Whether this path is answered so.
    pub(crate) fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
