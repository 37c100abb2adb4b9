//! The dashboard's shell: what every page has around it, and the parts pages are made of.
//!
//! A page is a route like any other. Its content is a template beside its feature's `pages.rs`; the shell puts the frame around it,
//! or leaves it away for a script that asks for the content alone ([`Frame`]). What is personal can't stand in a template: it has
//! no `Display`, only a [`View`](sealpost_seal::View), which [`parts::Masked`] shows. Everything works without the script.
//!
//! Content policy: no inline script, no inline style, no other origin ([`POLICY`]).

mod ask;
mod assets;
mod desk;
pub mod figure;
mod find;
mod frame;
mod icon;
mod nav;
mod once;
pub mod parts;
mod problem;
mod routes;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use ask::{Ask, Refused, Yes};
pub(crate) use assets::Assets;
pub use desk::{Banners, Dashboard, Faces, Pages};
pub(crate) use desk::{Desk, Ready, stranger};
pub use frame::{Banner, Face, Frame, Head, Theme, Toast};
pub use icon::Icon;
pub use nav::{Group, Nav};
pub use once::ShownOnce;
pub(crate) use problem::Problem;
pub(crate) use routes::feature;

/// What a page may load, and where its forms may lead.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                          form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
