//! What settings said, what each change changed, and the way back.
//!
//! What leaves a revision, and how, is in [`sealpost_access::revisions`]; here they are listed, compared and rolled back to. To roll back
//! is a change like any other: by the feature's own function, with its reason, its leaf and its revision, and where that takes an approval
//! it waits for one. A feature whose setting leaves revisions says so with a [`Revisable`].

mod api;
pub mod codes;
mod pages;
mod service;
mod setting;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use pages::NAV;
pub use setting::{Lines, RegisteredTwice, Revisable, Revisables};
