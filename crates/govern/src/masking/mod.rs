//! Changing what is masked.
//!
//! What a policy says and how it is obeyed is in [`sealpost_access::masking`]; here somebody decides about it. A change that shows
//! more than before, or lets people look more often, takes a reason ([`rules::takes`]: the one place that will ask for an approval,
//! too). Every change is a version of its own and leaves `masking.change` with the old and the new.

mod api;
pub mod codes;
mod rules;
mod service;
#[cfg(test)]
mod tests;
mod view;

pub use api::feature;
pub(crate) use api::{Mode, PolicyView};
pub use rules::{Takes, takes};
pub use service::change;
pub use view::structure;
