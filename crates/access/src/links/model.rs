//! What a link is.

use sealpost_seal::token::Token;
use sealpost_store::{MemberId, SignInLinkId, Time};

use crate::sessions::{Method, Opened};

/// What a link is for: how long it is good, and what a session that it begins may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The operator on the host made it for an owner.
    Operator,
    /// It makes somebody a member who was invited.
    Invitation,
    /// Somebody who may manage them made it for a member who has lost their passkeys.
    Recovery,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Operator, Self::Invitation, Self::Recovery];

    /// Its word, as it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Invitation => "invitation",
            Self::Recovery => "recovery",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// For how many minutes it is good.
    pub const fn minutes(self) -> u16 {
        match self {
            Self::Operator => 15,
            Self::Invitation => 7 * 24 * 60,
            Self::Recovery => 60,
        }
    }

    pub(super) const fn method(self) -> Method {
        match self {
            Self::Operator => Method::OperatorLink,
            Self::Invitation => Method::Invitation,
            Self::Recovery => Method::RecoveryLink,
        }
    }
}

/// A link as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInLink {
    /// Its id.
    pub id: SignInLinkId,
    /// Whom it signs in.
    pub member: MemberId,
    /// What it is for.
    pub purpose: Purpose,
    /// Until when it is good.
    pub expires_at: Time,
    /// When it was used.
    pub used_at: Option<Time>,
}

/// A link that was just made, and its token: shown this once.
pub struct IssuedLink {
    /// Its id.
    pub id: SignInLinkId,
    /// What the URL ends with.
    pub token: Token,
    /// Until when it is good.
    pub expires_at: Time,
}

impl IssuedLink {
    /// Where it leads, on the server that the outside knows as `public_url`.
    pub fn url(&self, public_url: &str) -> String {
        format!("{}/sign-in/{}", public_url.trim_end_matches('/'), self.token.expose())
    }
}

/// What came of following a link.
pub struct Followed {
    /// Whom it signed in.
    pub member: MemberId,
    /// How their session began.
    pub method: Method,
    /// Their session.
    pub session: Opened,
}
