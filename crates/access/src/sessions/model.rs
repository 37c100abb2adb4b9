//! What a session is.

use std::net::IpAddr;

use sealpost_seal::token::Token;
use sealpost_store::{MemberId, OrgKeys, PasskeyId, SessionId, SsoConnectionId, Time};

use super::agent::Agent;
use crate::api_keys::CoarseNetwork;

/// How a member proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By a one-time link that the operator made on the host.
    OperatorLink,
    /// By the link of their invitation.
    Invitation,
    /// By a passkey.
    Passkey,
    /// By a link that whoever may manage them made for them.
    RecoveryLink,
    /// By one of their recovery codes.
    RecoveryCode,
    /// By OpenID Connect, at a service of the organisation's.
    Oidc,
    /// By SAML, at a service of the organisation's.
    Saml,
    /// By nothing: the operator on the host had a visitor let in, who looks for leaks.
    Visit,
}

impl Method {
    const ALL: [Self; 8] = [
        Self::OperatorLink,
        Self::Invitation,
        Self::Passkey,
        Self::RecoveryLink,
        Self::RecoveryCode,
        Self::Oidc,
        Self::Saml,
        Self::Visit,
    ];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OperatorLink => "operator_link",
            Self::Invitation => "invitation",
            Self::Passkey => "passkey",
            Self::RecoveryLink => "recovery_link",
            Self::RecoveryCode => "recovery_code",
            Self::Oidc => "oidc",
            Self::Saml => "saml",
            Self::Visit => "visit",
        }
    }

    /// Whether it proves as much as a passkey does, for as long as a fresh one counts. Whoever has the host can do everything anyway.
    pub const fn is_proof(self) -> bool {
        matches!(self, Self::OperatorLink | Self::Passkey)
    }

    /// Whether all it is good for is to register a passkey: a link may have been read by others, a code copied.
    pub const fn is_confined(self) -> bool {
        matches!(self, Self::Invitation | Self::RecoveryLink | Self::RecoveryCode)
    }

    /// Whether it is by a service of the organisation's.
    pub const fn is_sso(self) -> bool {
        matches!(self, Self::Oidc | Self::Saml)
    }

    /// Whether it is the way of somebody who has lost their passkeys.
    pub(super) const fn is_recovery(self) -> bool {
        matches!(self, Self::RecoveryLink | Self::RecoveryCode)
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What ended a session before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its member signed out.
    SignedOut,
    /// Somebody ended it.
    Revoked,
    /// Its member has another role.
    RoleChanged,
    /// Its member was suspended.
    Suspended,
    /// Its member is one no more.
    Removed,
    /// Members have to sign in by a service of the organisation's.
    SsoRequired,
}

impl Ended {
    const ALL: [Self; 6] =
        [Self::SignedOut, Self::Revoked, Self::RoleChanged, Self::Suspended, Self::Removed, Self::SsoRequired];

    /// Its word, as it is stored and as a ledger leaf says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::RoleChanged => "role_changed",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
            Self::SsoRequired => "sso_required",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub member: MemberId,
    /// How it began.
    pub method: Method,
    /// In what kind of browser it began.
    pub agent: Agent,
    /// From which network it began: a keyed hash, the same for the same member and network.
    pub network: [u8; 8],
    /// When it began.
    pub created_at: Time,
    /// When it was used last, to the minute.
    pub seen_at: Time,
    /// When its member last proved with a passkey that it is them.
    pub proved_at: Option<Time>,
    /// When and by what it was ended before its time.
    pub ended: Option<(Time, Ended)>,
}

/// What is known when a session begins.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Whose it is.
    pub member: MemberId,
    /// How they proved who they are.
    pub method: Method,
    /// In what kind of browser.
    pub agent: Agent,
    /// From which network: [`network_name`].
    pub network: [u8; 8],
    /// With which passkey, if it was one.
    pub passkey: Option<PasskeyId>,
    /// By which connection, if it was one.
    pub connection: Option<SsoConnectionId>,
}

/// A session that has begun, and its token: shown this once.
pub struct Opened {
    /// Its id.
    pub id: SessionId,
    /// What the browser presents from now on.
    pub token: Token,
}

/// What a member's network is called: its /24 or /48, keyed, so that it can't be turned back, and different for each member.
pub fn network_name(keys: &OrgKeys, member: MemberId, peer: IpAddr) -> [u8; 8] {
    let mac = keys.purpose("ip").mac(&[b"member", &member.bytes(), CoarseNetwork::of(peer).bytes()]);
    let mut name = [0; 8];
    name.copy_from_slice(&mac[..8]);
    name
}
