//! The security settings of an organisation: what protects it, how each of these stands, who decided so and why.
//!
//! A [`Switch`] is something a feature lets its organisation decide here. Features that know of one register it
//! ([`Switches::with`]); what this version doesn't have is listed, too, and says that it isn't there. Every change is the feature's
//! own use case, with its own leaf; this is one place to see and to turn them.

mod api;
pub mod codes;
mod fixed;
mod ledger;
mod masking;
mod pages;
mod service;
mod switch;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use pages::NAV;
pub use switch::{Act, Change, Changes, Standing, Switch, SwitchState, Switches, Turned, typed};
