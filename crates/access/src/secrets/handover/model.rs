//! What a hand-over is.

use sealpost_seal::token::Token;
use sealpost_store::{HandOverId, SecretId, Time};

use crate::secrets::SecretName;

/// For how long a link may be opened: a minute to a day; an hour unless somebody says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::secrets) struct Lifetime(u32);

/// A link may be opened for 60 to 86 400 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link may be opened for 60 to 86400 seconds")]
pub(in crate::secrets) struct LifetimeOutOfRange;

impl Lifetime {
    /// So many seconds, 60 to 86 400.
    pub(in crate::secrets) const fn seconds(seconds: u32) -> Result<Self, LifetimeOutOfRange> {
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

/// What has become of a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::secrets) enum State {
    /// The link may be opened.
    Open,
    /// It was opened, and the wrapped value destroyed.
    Opened {
        /// When.
        at: Time,
        /// When somebody tried to open it a second time, if anybody did.
        again: Option<Time>,
    },
    /// Nobody opened it in time.
    Expired,
    /// Somebody took it back.
    Revoked {
        /// When.
        at: Time,
    },
}

impl State {
    /// Its word, as it is sent.
    pub(in crate::secrets) const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Opened { again: None, .. } => "opened",
            Self::Opened { again: Some(_), .. } => "opened_again",
            Self::Expired => "expired",
            Self::Revoked { .. } => "revoked",
        }
    }
}

/// A hand-over, without its value and its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::secrets) struct HandOver {
    /// Its id.
    pub(in crate::secrets) id: HandOverId,
    /// Which secret.
    pub(in crate::secrets) secret: SecretId,
    /// What that is called.
    pub(in crate::secrets) name: SecretName,
    /// The version that was made for it.
    pub(in crate::secrets) version: u32,
    /// When it was made.
    pub(in crate::secrets) created_at: Time,
    /// Until when its link may be opened.
    pub(in crate::secrets) expires_at: Time,
    /// When it was opened.
    pub(super) opened_at: Option<Time>,
    /// When somebody tried a second time.
    pub(super) again_at: Option<Time>,
    /// When it was taken back.
    pub(super) revoked_at: Option<Time>,
}

impl HandOver {
    /// What has become of it by `now`.
    pub(in crate::secrets) fn state(&self, now: Time) -> State {
        match (self.opened_at, self.revoked_at) {
            (Some(at), _) => State::Opened { at, again: self.again_at },
            (None, Some(at)) => State::Revoked { at },
            (None, None) if self.expires_at <= now => State::Expired,
            (None, None) => State::Open,
        }
    }
}

/// A hand-over that was just made, and its token: shown this once.
pub(super) struct Issued {
    pub(super) handover: HandOver,
    pub(super) token: Token,
}

impl Issued {
    /// The link, on the server that the outside knows as `public_url`.
    pub(super) fn link(&self, public_url: &str) -> String {
        format!("{}/handover#{}", public_url.trim_end_matches('/'), self.token.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Time {
        Time::from_unix_ms(ms)
    }

    #[test]
    fn a_link_lives_a_minute_to_a_day() {
        for (seconds, good) in [(0, false), (59, false), (60, true), (86_400, true), (86_401, false), (u32::MAX, false)]
        {
            assert_eq!(Lifetime::seconds(seconds).is_ok(), good, "{seconds}");
        }
        assert_eq!(Lifetime::default().end(at(0)), at(3_600_000));
    }

    #[test]
    fn what_was_opened_stays_opened_whatever_comes_after() {
        let open = HandOver {
            id: HandOverId::from_bytes([1; 16]),
            secret: SecretId::from_bytes([2; 16]),
            name: SecretName::parse("a").unwrap(),
            version: 2,
            created_at: at(0),
            expires_at: at(10),
            opened_at: None,
            again_at: None,
            revoked_at: None,
        };
        assert_eq!((open.state(at(9)), open.state(at(10))), (State::Open, State::Expired));
        let revoked = HandOver { revoked_at: Some(at(3)), ..open.clone() };
        assert_eq!(revoked.state(at(99)), State::Revoked { at: at(3) });
        let opened = HandOver { opened_at: Some(at(5)), again_at: Some(at(7)), ..open };
        assert_eq!(opened.state(at(99)), State::Opened { at: at(5), again: Some(at(7)) });
        assert_eq!(opened.state(at(99)).word(), "opened_again");
    }
}
