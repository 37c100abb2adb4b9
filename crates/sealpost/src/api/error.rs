//! Why the API didn't do what it was asked.

use sealpost_egress::client::{SendError, SendErrorKind};
use serde_json::Value;

/// Why the API didn't do what it was asked, as its problem document says it (RFC 9457).
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// There was no answer.
    #[error("{url}: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// The step that failed.
        reason: SendError,
    },
    /// The answer is no.
    #[error("{title} ({code}, {status}){detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code.
        code: String,
        /// The sentence that goes with it.
        title: String,
        /// What is wrong where, if it says so.
        detail: String,
    },
    /// Something else answered.
    #[error("the answer is not from Sealpost's API")]
    NotJson,
    /// The connection can't be made as described.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What mends it.
        fix: Option<String>,
    },
}

impl ApiError {
    pub(super) fn usage(what: impl Into<String>, fix: Option<&str>) -> Self {
        Self::Usage { what: what.into(), fix: fix.map(str::to_owned) }
    }

    pub(super) fn unreachable(url: &str, reason: &SendError) -> Self {
        Self::Unreachable { url: url.to_owned(), reason: *reason }
    }

    pub(super) fn of_problem(status: u16, problem: &Value) -> Self {
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        let mut detail = text("detail");
        for wrong in problem["errors"].as_array().into_iter().flatten() {
            let place = ["pointer", "parameter", "header"].iter().find_map(|place| wrong[*place].as_str());
            let code = wrong["code"].as_str().unwrap_or_default();
            detail.push_str(&format!("\n  {}  {code}", place.unwrap_or_default()));
        }
        if !detail.is_empty() && !detail.starts_with('\n') {
            detail.insert_str(0, ": ");
        }
        Self::Refused { status, code: text("code"), title: text("title"), detail }
    }

    /// What mends it, where that is known.
    pub(crate) fn fix(&self) -> Option<String> {
        match self {
            Self::Unreachable { reason, .. } => Some(match reason.kind() {
                SendErrorKind::TlsFailed => {
                    "if the server has a certificate of its own authority, name that with --ca".into()
                }
                _ => "is the server running? `sealpost serve`, or `sealpost demo` to try it out".into(),
            }),
            Self::Refused { status: 401, .. } => {
                Some("give the file of a valid API key with --key-file or SEALPOST_KEY_FILE".into())
            }
            Self::Usage { fix, .. } => fix.clone(),
            Self::Refused { .. } | Self::NotJson => None,
        }
    }
}
