//! Who calls, once a credential has been believed.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use sealpost_seal::viewer::{MaskProfile, Viewer};
use sealpost_store::{Actor, Environment, Org, OrgId, Time};

use crate::credential::Presented;
use crate::permission::PermissionSet;
use crate::problem::{Code, Refusal};

/// A future that can be stored and sent.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What kind of credential somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialClass {
    /// A `pk_` key: may be seen by anybody, so it may do little.
    Publishable,
    /// An `sk_` key.
    Secret,
    /// A signed-in member.
    Session,
    /// The token of a directory that provisions members.
    Directory,
}

/// What is known of a member's session besides who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: [u8; 16],
    /// When the member last proved with a passkey that it is them.
    pub proved_at: Option<Time>,
    /// Whether the member's role wants such a proof, and a fresh one, for whatever changes or reveals anything.
    pub always_proves: bool,
    /// Whether all it is good for is what its member does about themselves: it began with something others may have seen, and they
    /// have yet to register a passkey.
    pub confined: bool,
}

impl Session {
    /// Whether the member has proved with a passkey that it is them, [lately](FRESH_PROOF_MS).
    pub fn proved_lately(&self, now: Time) -> bool {
        self.proved_at.is_some_and(|at| now.since(at) < FRESH_PROOF_MS)
    }
}

/// For how long a proof by passkey counts for sensitive acts.
pub const FRESH_PROOF_MS: i64 = 5 * 60_000;

/// What bounds somebody who was let in to help. Their environment is their [`Caller::org`]'s, and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// Whether they may only look.
    pub read_only: bool,
    /// The objects they reach, as paths name them; all, if it is empty.
    pub objects: Vec<String>,
}

/// A party whose credential was believed. Shared by all requests made with that credential.
#[derive(Clone)]
pub struct Caller {
    /// Its organisation and environment.
    pub org: Org,
    /// Who it is, as the ledger records it.
    pub actor: Actor,
    /// What it may see.
    pub viewer: Viewer,
    /// How much of phone numbers it sees while its organisation masks: what it may pass on at most.
    pub mask_profile: MaskProfile,
    /// What it may do.
    pub permissions: PermissionSet,
    /// What of that it may not do from where it is.
    pub barred: PermissionSet,
    /// What it presented.
    pub credential: CredentialClass,
    /// Whose rate limit it draws from; usually the credential's id.
    pub limit_id: [u8; 16],
    /// The session, if it presented one.
    pub session: Option<Session>,
    /// What bounds it besides its permissions, if it was let in to help.
    pub support: Option<Arc<Support>>,
}

impl Caller {
    /// Whoever calls a route that is open to all.
    pub(crate) fn anonymous() -> Self {
        Self {
            org: Org { id: OrgId::from_bytes([0; 16]), environment: Environment::Live },
            actor: Actor::ANONYMOUS,
            viewer: Viewer::masked(),
            mask_profile: MaskProfile::Full,
            permissions: PermissionSet::EMPTY,
            barred: PermissionSet::EMPTY,
            credential: CredentialClass::Publishable,
            limit_id: [0; 16],
            session: None,
            support: None,
        }
    }
}

/// A credential was not believed.
pub struct Denial {
    /// What the client is told.
    pub refusal: Refusal,
    /// Whose credential it was, where that is known (revoked, expired, wrong network): the denial then leaves a leaf in that
    /// organisation's ledger.
    pub known: Option<(Org, Actor)>,
    /// Who it would be if they came from elsewhere: from where they are, they may only leave.
    pub elsewhere: Option<Arc<Caller>>,
}

impl Denial {
    /// The denial of a credential that is known.
    pub fn of_known(refusal: impl Into<Refusal>, org: Org, actor: Actor) -> Self {
        Self { refusal: refusal.into(), known: Some((org, actor)), elsewhere: None }
    }

    /// The denial of somebody who is believed, only not from where they are.
    pub fn of_address(refusal: impl Into<Refusal>, caller: Arc<Caller>) -> Self {
        Self { elsewhere: Some(caller.clone()), ..Self::of_known(refusal, caller.org, caller.actor) }
    }
}

impl std::fmt::Debug for Denial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Denial").field("refusal", &self.refusal).field("known", &self.known).finish_non_exhaustive()
    }
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, known: None, elsewhere: None }
    }
}

impl From<&'static Code> for Denial {
    fn from(code: &'static Code) -> Self {
        Refusal::of(code).into()
    }
}

impl From<sealpost_store::StoreError> for Denial {
    fn from(error: sealpost_store::StoreError) -> Self {
        match crate::Failure::from(error) {
            crate::Failure::Refused(refusal) => refusal.into(),
            crate::Failure::Fault(fault) => {
                tracing::error!(error = %fault, "authenticate.failed");
                Refusal::of(&crate::problem::INTERNAL).into()
            }
        }
    }
}

/// Decides whether a credential is believed. Implemented where keys and sessions live.
pub trait Authenticator: Send + Sync {
    /// Who presents this. `peer` is for network rules and must not be kept; `from_browser` is true if the request came out of a
    /// web page (it has `Origin` or `Sec-Fetch-Site`), where a secret key has no business.
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>>;

    /// The same for what goes on by itself once somebody has asked for it: does not count as use of the credential.
    fn believes_still<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        self.authenticate(presented, peer, from_browser)
    }

    /// The codes it denies with, besides `credential_invalid`; they are documented with every route that needs a permission.
    fn codes(&self) -> &'static [&'static Code] {
        &[]
    }
}
