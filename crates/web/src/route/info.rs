//! What a route says about itself.

use http::Method;
use serde_json::Value;

use crate::body::Takes;
use crate::caller::CredentialClass;
use crate::dialect::Dialect;
use crate::limits::Class;
use crate::permission::Permission;
use crate::problem::Code;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever has this permission.
    Needs(Permission),
    /// Every member who is signed in, whatever their role, for this reason.
    SignedIn(&'static str),
    /// Directories that provision members, for this reason, with a token that is good for nothing else.
    Directories(&'static str),
    /// Everybody, for this reason.
    OpenToAll(&'static str),
}

/// With what kind of credential, where one is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Any key, and sessions.
    AnyKey,
    /// Secret keys, and sessions.
    SecretKey,
    /// Sessions alone.
    Session,
    /// Tokens of directories alone.
    Directory,
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
    /// With what kind of credential.
    pub callers: Callers,
    /// Whether it is a page: whoever isn't signed in is led to where one signs in.
    pub page: bool,
    /// Whether, although it is open to all, only a form of one of our own pages may call it.
    pub own_page: bool,
    /// Why, although it is open to all and only a page of this origin may call it, that page's form need not carry our token.
    pub own_origin: Option<&'static str>,
    /// Whether a member may call it whom lists of networks shut out.
    pub from_anywhere: bool,
    /// Whether it is for whoever was let in to help, whatever their grant says.
    pub for_support: bool,
    /// Whether a member must have proved lately with a passkey that it is them.
    pub steps_up: bool,
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
    /// What else it answers when it succeeds: a status and a media type, nothing for none.
    pub also: Vec<(u16, &'static str)>,
    /// What the page it leads to says once it is done.
    pub done: Option<&'static str>,
    /// How it says no, if not by problem details.
    pub dialect: Option<&'static Dialect>,
    /// What leaves by it as a file, and what holds that: nothing, if no file does.
    pub lets_out: Option<&'static str>,
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
            Access::SignedIn(_) | Access::Directories(_) | Access::OpenToAll(_) => None,
        }
    }

    /// Whether everybody may call.
    pub fn is_open(&self) -> bool {
        matches!(self.access, Access::OpenToAll(_))
    }

    /// Whether a credential of this class may call.
    pub fn admits(&self, credential: CredentialClass) -> bool {
        match self.callers {
            _ if self.is_open() => true,
            Callers::AnyKey => credential != CredentialClass::Directory,
            Callers::SecretKey => matches!(credential, CredentialClass::Secret | CredentialClass::Session),
            Callers::Session => credential == CredentialClass::Session,
            Callers::Directory => credential == CredentialClass::Directory,
        }
    }

    /// Whether only a page of ours may call it, although it is open to all.
    pub fn is_for_own_pages(&self) -> bool {
        self.own_page || self.own_origin.is_some()
    }

    /// Whether its method is one that may change something (RFC 9110 §9.2.1).
    pub fn is_unsafe(&self) -> bool {
        self.method != Method::GET
    }

    /// A name for it in generated clients: `post_v1_messages_by_id_cancel`.
    pub fn operation_id(&self) -> String {
        let path = self.path.trim_matches('/').replace("{", "by_").replace(['}', '.'], "").replace(['/', '-'], "_");
        format!("{}_{path}", self.method.as_str().to_ascii_lowercase())
    }
}
