//! Requests out of a web page: the cookies they bring, where the page is, and proof that it is one of ours.
//!
//! Two things are asked of every unsafe request that a cookie speaks for, and neither is enough alone: the browser says that the
//! request comes from this very origin (Fetch Metadata, `Origin`), and the request carries a token that only a page of ours for
//! this very session, or this very visitor, could have known.

mod cookie;
mod csrf;
mod origin;

pub use cookie::SESSION_COOKIE;
pub(crate) use cookie::{DONE_COOKIE, THEME_COOKIE, VISIT_COOKIE, clear, cookie, done, session, theme, visit};
pub(crate) use csrf::{Bearer, CSRF_FIELD, CSRF_HEADER, Csrf};
pub(crate) use origin::{from_own_page, may_read};
