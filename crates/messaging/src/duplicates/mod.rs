//! Duplicates: contacts who may be one person, and how they become one.
//!
//! Nobody has to be shown in clear for it: what makes two contacts alike is told by blind indexes and by requests
//! ([`crate::contacts`] notes it), and whether two values are the same is said without saying what they are.
//!
//! A merge is one transaction: the source leads to the target, the stricter of what is wanted of their addresses stands, what holds
//! one of them holds both, and both have their leaf. Erasing the target erases the source.

mod api;
pub mod codes;
mod pages;
mod service;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use service::Duplicates;
