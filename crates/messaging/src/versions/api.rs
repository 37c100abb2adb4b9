//! What routes of versions take and answer, whatever it is versions of.

use schemars::JsonSchema;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Code, Feature};
use serde::Deserialize;

use super::codes::{self, GO_LIVE_DIFFERENT, GO_LIVE_FROM_TEST, VERSION_IN_FORCE, VERSION_MOVED};
use super::rules::Expected;

/// What versions of templates and events have in common in the API.
pub fn feature() -> Feature {
    Feature {
        name: "versions",
        about: "Versions of templates and events: numbered, never changed; one is in force. Their routes stand with what they are of.",
        routes: Vec::new(),
        codes: codes::ALL,
    }
}

/// Why a version isn't put into force.
pub(crate) const PROMOTE_REFUSES: [&Code; 4] =
    [&VERSION_IN_FORCE, &VERSION_MOVED, &APPROVAL_PERSON_UNKNOWN, &CHANGED_MEANWHILE];
/// Why nothing is taken to live.
pub(crate) const GO_LIVE_REFUSES: [&Code; 5] =
    [&VERSION_IN_FORCE, &GO_LIVE_FROM_TEST, &GO_LIVE_DIFFERENT, &APPROVAL_PERSON_UNKNOWN, &CHANGED_MEANWHILE];

/// What whoever promotes believes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Promotion")]
pub(crate) struct PromoteBody {
    /// The version that is in force now, as far as you know; refused with `412` if another is. The `ETag` of the object in `If-Match` says
    /// more: that there is no newer version either.
    #[schemars(range(min = 1))]
    pub(crate) expected_version: Option<u32>,
}

/// What goes live.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PromotionToLive")]
pub(crate) struct GoLiveBody {
    /// Which version; the one in force in test, if absent.
    #[schemars(range(min = 1))]
    pub(crate) version: Option<u32>,
}

/// Which versions are compared.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffQuery {
    /// The one before; the one in force, if absent.
    #[schemars(range(min = 1))]
    pub(crate) from: Option<u32>,
    /// The one after; the newest, if absent.
    #[schemars(range(min = 1))]
    pub(crate) to: Option<u32>,
}

/// What the caller believes.
pub(crate) fn expected<Q>(call: &Call<PromoteBody, Q>) -> Expected {
    Expected { tags: call.header("if-match").map(str::to_owned), in_force: call.body.expected_version }
}
