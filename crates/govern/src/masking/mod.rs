//! Changing what is masked.
//!
//! What a policy says and how it is obeyed is in [`sealpost_access::masking`]; here somebody decides about it. A change that shows
//! more than before, or lets people look more often, takes a reason and, where the organisation says so, an approval
//! ([`rules::takes`]: the one place that decides). Every change is a version of its own and leaves `masking.change` with the old and the new.

mod api;
mod approval;
pub mod codes;
mod rules;
mod service;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use api::feature;
pub(crate) use api::{Mode, PolicyView};
pub(crate) use approval::{APPROVABLE, REVISABLE, SETTING};
pub use rules::{Takes, takes};
pub use service::{Outcome, change};
pub use view::structure;
pub(crate) use words::in_words;
