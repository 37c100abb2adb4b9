//! Why channels are refused, as clients learn it.

use sealpost_access::permissions::SECRETS_MANAGE;
use sealpost_web::problem::PERMISSION_MISSING;
use sealpost_web::{Failure, Refusal, not_found};

use super::model::ChannelRefusal;

sealpost_web::codes! {
    /// 409: the name is taken.
    CHANNEL_EXISTS = 409 "channel_exists" "Another channel has this name";
    /// 422: a setting can't be used; `errors` says which and why.
    CHANNEL_INVALID = 422 "channel_invalid" "A setting of the channel can't be used";
    /// 409: others have yet to agree to it.
    CHANNEL_UNAPPROVED = 409 "channel_unapproved" "Others have yet to agree to this channel";
    /// 409: passwords and keys that are brought along are no part of what others agree to.
    CHANNEL_APART = 409 "channel_apart" "A password or key that is brought along is no part of what others agree to: name a stored secret, or make a new channel";
    /// 409: what a policy names was exchanged or removed since.
    CHANNEL_SECRET_GONE = 409 "channel_secret_gone" "A password or key that it sent with is gone";
}

impl From<ChannelRefusal> for Failure {
    fn from(refusal: ChannelRefusal) -> Self {
        Self::Refused(match refusal {
            ChannelRefusal::NameTaken => Refusal::of(&CHANNEL_EXISTS).at("/name", "taken"),
            ChannelRefusal::Setting { field, code } => {
                Refusal::of(&CHANNEL_INVALID).at(format!("/email/{field}"), code)
            }
            ChannelRefusal::NoSuchSecret => {
                Refusal::of(&CHANNEL_INVALID).at("/email/password/secret", "secret_unknown")
            }
            ChannelRefusal::WouldMoveSecret => {
                Refusal::of(&PERMISSION_MISSING).member("required_permission", SECRETS_MANAGE.name())
            }
            ChannelRefusal::Unapproved => Refusal::of(&CHANNEL_UNAPPROVED),
            ChannelRefusal::NotFound => not_found(),
            ChannelRefusal::Store(error) => return error.into(),
        })
    }
}
