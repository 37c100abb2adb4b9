//! What a route says about itself.

use http::Method;
use serde_json::Value;

use crate::body::Takes;
use crate::caller::CredentialClass;
use crate::limits::Class;
use crate::permission::Permission;
use crate::problem::Code;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever has this permission.
    Needs(Permission),
    /// Everybody, for this reason.
    OpenToAll(&'static str),
}

/// What a call leaves in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing: it only reads masked data.
    Reads,
    /// A leaf with this action.
    Acts(&'static str),
    /// Nothing, although its method says it might: for this reason.
    ChangesNothing(&'static str),
}

/// What a route says about itself.
#[derive(Clone, Debug)]
pub struct RouteInfo {
    /// The feature it belongs to.
    pub feature: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path template: `/v1/messages/{id}`.
    pub path: &'static str,
    /// The names in braces, in order.
    pub path_params: Vec<&'static str>,
    /// Who may call.
    pub access: Access,
    /// Whether publishable keys may, too; otherwise only secret keys and sessions.
    pub any_key: bool,
    /// Whose quota it draws from.
    pub class: Option<Class>,
    /// What it leaves in the ledger.
    pub trace: Trace,
    /// Whether it may show clear data.
    pub reveals: bool,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know.
    pub description: &'static str,
    /// What it reads from the body.
    pub takes: Takes,
    /// The largest body, in bytes; `None` is the server's default.
    pub body_limit: Option<usize>,
    /// A body that is accepted as it stands.
    pub example: Option<Value>,
    /// The status of success.
    pub status: u16,
    /// The media type of success, if it is not JSON.
    pub media_type: &'static str,
    /// Codes it refuses with, besides those every route may.
    pub codes: Vec<&'static Code>,
}

impl RouteInfo {
    /// Whether a call changes something (and so leaves a leaf).
    pub fn mutates(&self) -> bool {
        matches!(self.trace, Trace::Acts(_)) && self.method != Method::GET
    }

    /// The audit action of its leaf.
    pub fn action(&self) -> Option<&'static str> {
        match self.trace {
            Trace::Acts(action) => Some(action),
            Trace::Reads | Trace::ChangesNothing(_) => None,
        }
    }

    /// The permission it needs.
    pub fn permission(&self) -> Option<Permission> {
        match self.access {
            Access::Needs(permission) => Some(permission),
            Access::OpenToAll(_) => None,
        }
    }

    /// Whether a credential of this class may call.
    pub fn admits(&self, credential: CredentialClass) -> bool {
        self.any_key || self.permission().is_none() || credential != CredentialClass::Publishable
    }

    /// A name for it in generated clients: `post_v1_messages_by_id_cancel`.
    pub fn operation_id(&self) -> String {
        let path = self.path.trim_matches('/').replace("{", "by_").replace(['}', '.'], "").replace(['/', '-'], "_");
        format!("{}_{path}", self.method.as_str().to_ascii_lowercase())
    }
}
