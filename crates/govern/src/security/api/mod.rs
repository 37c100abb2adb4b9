//! The routes of the security settings.

mod change;
mod show;
mod view;

use sealpost_store::Store;
use sealpost_web::Feature;

use super::switch::Switches;
use super::{codes, pages};
use crate::{approvals, masking};

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) switches: Switches,
}

/// Routes and pages of the security settings, over these switches.
pub fn feature(house: &Store, switches: Switches) -> Feature {
    let api = Api { house: house.clone(), switches };
    let routes = vec![show::route(&api), change::route(&api)];
    Feature {
        name: "security",
        about: "The security settings: what protects your data, how each of it stands, who decided so and why. They hold for both \
                environments; only owners and super admins change them.",
        routes: routes.into_iter().chain(pages::routes(&api)).collect(),
        codes: codes::ALL,
    }
}

/// Codes of masking that a change of it refuses with, too.
pub(in crate::security) const OF_MASKING: [&sealpost_web::Code; 5] = [
    &approvals::codes::APPROVAL_PERSON_UNKNOWN,
    &masking::codes::MASKING_RACED,
    &masking::codes::MASKING_RULES_MISPLACED,
    &masking::codes::REASON_REQUIRED,
    &masking::codes::TEST_LOOSER_THAN_LIVE,
];
