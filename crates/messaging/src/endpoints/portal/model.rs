//! What a portal link is.

use sealpost_seal::token::Token;
use sealpost_store::{EndpointId, PortalLinkId, Time};

/// For how long a link may be used: a minute to a day; an hour unless somebody says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime(u32);

/// A link may be used for 60 to 86 400 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link may be used for 60 to 86400 seconds")]
pub(super) struct LifetimeOutOfRange;

impl Lifetime {
    /// So many seconds, 60 to 86 400.
    pub(super) const fn seconds(seconds: u32) -> Result<Self, LifetimeOutOfRange> {
        if seconds < 60 || seconds > 86_400 { Err(LifetimeOutOfRange) } else { Ok(Self(seconds)) }
    }

    /// The moment it ends, if it begins `now`.
    pub(super) const fn end(self, now: Time) -> Time {
        now.plus_ms(self.0 as i64 * 1000)
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self(3_600)
    }
}

/// What has become of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It may be used.
    Open,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl State {
    /// Its word, as it is sent.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// A link, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct PortalLink {
    /// Its id.
    pub(super) id: PortalLinkId,
    /// To the deliveries of which endpoint.
    pub(super) endpoint: EndpointId,
    /// When it was made.
    pub(super) created_at: Time,
    /// Until when it may be used.
    pub(super) expires_at: Time,
    /// When it was taken back.
    pub(super) revoked_at: Option<Time>,
    /// When it was last seen being used, to the hour's first time.
    pub(super) opened_at: Option<Time>,
    /// In how many hours it was used.
    pub(super) hours: u32,
}

impl PortalLink {
    /// What has become of it by `now`.
    pub(super) fn state(&self, now: Time) -> State {
        match self.revoked_at {
            Some(_) => State::Revoked,
            None if self.expires_at <= now => State::Expired,
            None => State::Open,
        }
    }
}

/// A link that was just made, and its token: shown this once.
pub(super) struct Issued {
    pub(super) link: PortalLink,
    pub(super) token: Token,
}

impl Issued {
    /// The URL, on the server that the outside knows as `public_url`.
    pub(super) fn url(&self, public_url: &str) -> String {
        format!("{public_url}/portal/{}", self.token.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lives_a_minute_to_a_day() {
        for (seconds, good) in [(0, false), (59, false), (60, true), (86_400, true), (86_401, false), (u32::MAX, false)]
        {
            assert_eq!(Lifetime::seconds(seconds).is_ok(), good, "{seconds}");
        }
        assert_eq!(Lifetime::default().end(Time::from_unix_ms(0)), Time::from_unix_ms(3_600_000));
    }

    #[test]
    fn what_was_taken_back_stays_so() {
        let at = Time::from_unix_ms;
        let open = PortalLink {
            id: PortalLinkId::from_bytes([1; 16]),
            endpoint: EndpointId::from_bytes([2; 16]),
            created_at: at(0),
            expires_at: at(10),
            revoked_at: None,
            opened_at: None,
            hours: 0,
        };
        assert_eq!((open.state(at(9)), open.state(at(10))), (State::Open, State::Expired));
        let revoked = PortalLink { revoked_at: Some(at(3)), ..open };
        assert_eq!((revoked.state(at(3)), revoked.state(at(99))), (State::Revoked, State::Revoked));
    }
}
