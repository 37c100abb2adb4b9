//! HTTP plumbing that knows no feature.
//!
//! A feature describes its routes as data ([`route`]); the [`Registry`] checks them and builds the [`App`], the OpenAPI document
//! and the documentation pages from that one list. On its way to a handler a request passes, in this order: caps on its URL and
//! headers, the route, its credential ([`Authenticator`]), rate limits, where it comes from if a cookie speaks for it, permission,
//! a strict reading of its body, idempotency.
//! The handler gets a [`Call`] and answers a [`Reply`], a [`Refusal`] or a [`Fault`](problem::Fault); whatever happens, there is
//! an answer, it carries no more than it should, and a denial of somebody known leaves a leaf in their ledger.
//!
//! Beside it stand the listeners: [`tls`] and [`serve`] for everybody, [`admin`] for operators.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admin;
mod app;
mod body;
mod browser;
mod call;
mod caller;
mod cidr;
mod credential;
mod dialect;
mod elapsed;
mod hosts;
pub mod idempotency;
pub mod limits;
pub mod metrics;
mod openapi;
pub mod page;
mod permission;
mod preview;
pub mod problem;
mod proxies;
mod query;
mod reply;
pub mod route;
pub mod serve;
pub mod shell;
mod support;
pub mod tls;

/// Pages of documentation.
pub mod docs {
    pub use crate::openapi::page;
}

pub use app::{Alarm, App, Outgoing, Registry, RegistryError, SecurityTxt, WebConfig};
pub use body::{Item, Takes};
pub use browser::SESSION_COOKIE;
pub use call::{Call, not_found};
pub use caller::{Authenticator, BoxFuture, Caller, CredentialClass, Denial, FRESH_PROOF_MS, Session, Support};
pub use cidr::{BadCidr, Cidr, Cidrs};
pub use credential::{Presented, Via};
pub use dialect::Dialect;
pub use hosts::Hosts;
pub use idempotency::{IdempotencyKey, Once};
pub use limits::{Class, LimitsConfig, Quota};
pub use page::{Listing, Page, PageQuery};
pub use permission::{Permission, PermissionSet};
pub use preview::{Preview, Previewed, Previews};
pub use problem::{Code, Failure, Fault, Refusal};
pub use proxies::{ForwardedBy, Proxies, Unsaid};
pub use reply::Reply;
pub use route::{Endpoint, Feature, RouteInfo, delete, get, patch, post, put};

/// For the fuzzer alone.
#[doc(hidden)]
pub mod __fuzzing {
    /// What the strict reading of a body makes of these bytes: a value, and the form in which requests are compared.
    pub fn strict_json(bytes: &[u8]) -> Result<(serde_json::Value, Vec<u8>), crate::Refusal> {
        let payload = crate::body::Payload::Json(crate::body::Document::parse(bytes.to_vec().into())?);
        let mut canonical = Vec::new();
        payload.write_canonical(&mut canonical);
        Ok((crate::body::typed(&payload)?, canonical))
    }
}

#[doc(hidden)]
pub mod __private {
    pub use schemars;
    pub use serde;
}
