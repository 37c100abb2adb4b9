//! Why routes are refused, as clients learn it.

use sealpost_web::{Failure, Refusal, not_found};

use super::model::RouteRefusal;

sealpost_web::codes! {
    /// 409: the name is taken.
    ROUTE_EXISTS = 409 "route_exists" "Another route has this name";
    /// 409: not the version that was expected is in force.
    ROUTE_MOVED = 409 "route_moved" "Another version of the route is in force by now";
    /// 422: steps, shares or waits that can't be.
    ROUTE_INVALID = 422 "route_invalid" "A route can't be so";
    /// 422: a channel doesn't exist, or is not for what the others are for.
    ROUTE_CHANNEL_UNSUITABLE = 422 "route_channel_unsuitable" "There is no such channel for this route";
    /// 422: no version of this number.
    ROUTE_VERSION_UNKNOWN = 422 "route_version_unknown" "There is no such version of the route";
}

impl From<RouteRefusal> for Failure {
    fn from(refusal: RouteRefusal) -> Self {
        Self::Refused(match refusal {
            RouteRefusal::NameTaken => Refusal::of(&ROUTE_EXISTS).at("/name", "taken"),
            RouteRefusal::Plan { at, code } => Refusal::of(&ROUTE_INVALID).at(at, code),
            RouteRefusal::ChannelUnsuitable { step } => {
                Refusal::of(&ROUTE_CHANNEL_UNSUITABLE).at(format!("/steps/{step}/channel_id"), "unsuitable")
            }
            RouteRefusal::Moved => Refusal::of(&ROUTE_MOVED).at("/expected_version", "moved"),
            RouteRefusal::VersionUnknown => Refusal::of(&ROUTE_VERSION_UNKNOWN).at("/version", "unknown"),
            RouteRefusal::NotFound => not_found(),
            RouteRefusal::Unasked(failure) => return failure,
            RouteRefusal::Store(error) => return error.into(),
        })
    }
}
