//! Masking: what an organisation hides from everybody who reads, and how often somebody may look behind it.
//!
//! One policy for each organisation, for both of its environments; [`Policy::default`] until somebody decides otherwise. It is
//! read here, on every request, from memory ([`Policies`]); it is changed in `govern`, where a change takes a reason.

mod folded;
mod model;
mod policies;
mod reseal;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use model::{BadRule, DailyReveals, Masking, Pattern, Policy, Rule, RuleName, Rules};
pub use policies::Policies;
pub(crate) use reseal::reseal;
pub use rules::viewer;
pub use store::{Standing, put_into_force, standing};

/// Told after the policy was changed.
pub const CHANGED: &str = "masking.changed";
