//! `[security_txt]`

use serde::{Deserialize, Serialize};

/// `/.well-known/security.txt` (RFC 9116). Served once `contact` and `expires` are there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SecurityTxtConfig {
    /// Where to report: `mailto:` or `https:` URIs, the preferred one first.
    pub(crate) contact: Vec<String>,
    /// Until when this may be relied upon, in RFC 3339; at most a year ahead.
    pub(crate) expires: Option<String>,
    /// Where the policy stands.
    pub(crate) policy: Option<String>,
}
