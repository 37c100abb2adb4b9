//! Why events are refused, as clients learn it.

use sealpost_web::{Failure, Refusal, not_found};

use super::model::EventRefusal;

sealpost_web::codes! {
    /// 409: the name is taken.
    EVENT_EXISTS = 409 "event_exists" "Another event has this name";
    /// 422: the template or its version doesn't exist.
    TEMPLATE_UNKNOWN = 422 "template_unknown" "There is no such template or version of it";
    /// 422: the channel doesn't exist or is not for what the template is for.
    CHANNEL_UNSUITABLE = 422 "channel_unsuitable" "There is no such channel for this template";
    /// 422: the route doesn't exist, is not for what the template is for, or stands beside a channel.
    ROUTE_UNSUITABLE = 422 "route_unsuitable" "There is no such route for this template, or a channel is named beside it";
}

impl From<EventRefusal> for Failure {
    fn from(refusal: EventRefusal) -> Self {
        Self::Refused(match refusal {
            EventRefusal::NameTaken => Refusal::of(&EVENT_EXISTS).at("/name", "taken"),
            EventRefusal::TemplateUnknown => Refusal::of(&TEMPLATE_UNKNOWN).at("/template_id", "unknown"),
            EventRefusal::ChannelUnsuitable => Refusal::of(&CHANNEL_UNSUITABLE).at("/channel_id", "unsuitable"),
            EventRefusal::RouteUnsuitable => Refusal::of(&ROUTE_UNSUITABLE).at("/route_id", "unsuitable"),
            EventRefusal::NotFound => not_found(),
            EventRefusal::Version(refusal) => return refusal.into(),
            EventRefusal::Template(refusal) => return refusal.into(),
            EventRefusal::Unasked(failure) => return failure,
            EventRefusal::Store(error) => return error.into(),
        })
    }
}
