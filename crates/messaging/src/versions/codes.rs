//! Why a version isn't put into force, as clients learn it.

use sealpost_web::problem::SESSION_REQUIRED;
use sealpost_web::{Failure, Refusal};

use super::rules::VersionRefusal;

sealpost_web::codes! {
    /// 409: nothing would change.
    VERSION_IN_FORCE = 409 "version_in_force" "This is in force already";
    /// 412: `If-Match` or `expected_version` names something that is no more.
    VERSION_MOVED = 412 "version_moved" "Another version is in force, or was made, meanwhile";
    /// 409: it was asked for in live.
    GO_LIVE_FROM_TEST = 409 "go_live_from_test" "What goes live comes from the test environment";
    /// 409: in live the name is of something for another channel.
    GO_LIVE_DIFFERENT = 409 "go_live_different" "In live this name belongs to something for another channel";
    /// 409: templates take an approval of their own.
    TEMPLATE_FIRST = 409 "template_first" "The template takes an approval of its own: take it live first";
}

impl From<VersionRefusal> for Failure {
    fn from(refusal: VersionRefusal) -> Self {
        Self::Refused(match refusal {
            VersionRefusal::InForce => Refusal::of(&VERSION_IN_FORCE),
            VersionRefusal::Moved => Refusal::of(&VERSION_MOVED),
            VersionRefusal::MemberOnly => Refusal::of(&SESSION_REQUIRED),
            VersionRefusal::FromTestOnly => Refusal::of(&GO_LIVE_FROM_TEST),
            VersionRefusal::Different => Refusal::of(&GO_LIVE_DIFFERENT),
            VersionRefusal::TemplateFirst => Refusal::of(&TEMPLATE_FIRST),
        })
    }
}
