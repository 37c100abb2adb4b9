//! Believes or refuses a session of support access, and leaves every other credential to whoever knows it.

use std::net::IpAddr;
use std::sync::Arc;

use sealpost_access::members::{MemberState, Members};
use sealpost_access::sessions::SessionAuthenticator;
use sealpost_seal::token::{Token, TokenKind};
use sealpost_seal::viewer::{MaskProfile, Viewer};
use sealpost_store::{CredentialKind, Ctx, Environment, Org, Store, StoreError, SupportGrantId};
use sealpost_web::{
    Authenticator, BoxFuture, Caller, Code, CredentialClass, Denial, PermissionSet, Presented, Session, Support, Via,
};

use super::codes::{SUPPORT_SESSION_ENDED, SUPPORT_SESSION_UNKNOWN};
use super::model::{Grant, To};
use super::{service, store};

/// What a browser presents.
pub(super) const SESSION: TokenKind = TokenKind::new("support_");

const CODES: &[&Code] = &[&SUPPORT_SESSION_UNKNOWN, &SUPPORT_SESSION_ENDED];

/// The [`Authenticator`] for sessions of support access, in front of that for everybody else.
///
/// Nothing is remembered between requests: whoever was let in is few, and an end has to be one with the next request, on every node.
pub struct SupportSessions {
    others: Arc<dyn Authenticator>,
    house: Store,
    members: Members,
    sessions: Arc<SessionAuthenticator>,
    codes: &'static [&'static Code],
}

impl SupportSessions {
    /// Believes the grants in this store; `others` decides about everything else.
    pub fn new(
        others: Arc<dyn Authenticator>,
        house: Store,
        members: Members,
        sessions: Arc<SessionAuthenticator>,
    ) -> Arc<Self> {
        // One for each process, which lives as long.
        let codes = [others.codes(), CODES].concat().leak();
        Arc::new(Self { others, house, members, sessions, codes })
    }

    fn knows(presented: &Presented<'_>) -> bool {
        presented.via == Via::Session && presented.text.starts_with(SESSION.prefix())
    }

    async fn decide(&self, presented: Presented<'_>, peer: IpAddr) -> Result<Arc<Caller>, Denial> {
        let token = Token::parse(SESSION, presented.text).map_err(|_| &SUPPORT_SESSION_UNKNOWN)?;
        let mac = token.mac(self.house.keys().pepper());
        let credential = self.house.credential(CredentialKind::SupportSession, mac).await?;
        let credential = credential.ok_or(&SUPPORT_SESSION_UNKNOWN)?;
        let id = SupportGrantId::from_bytes(credential.id);
        let ctx = Ctx::system(credential.org, self.house.world().clone());
        let found = self.house.peek::<_, StoreError>(&ctx, move |tx| store::find(tx, id)).await?;
        let (grant, _) = found.ok_or(&SUPPORT_SESSION_UNKNOWN)?;
        let org = Org { environment: grant.environment, ..credential.org };
        let is_theirs = grant.is_active(ctx.now()) && grant.session == Some(mac);
        if !is_theirs || !self.is_somebody(&ctx, grant.to).await? {
            return Err(Denial::of_known(&SUPPORT_SESSION_ENDED, org, service::actor(id)));
        }
        self.sessions.expect_admitted(org.id, peer).await?;
        Ok(Arc::new(self.caller(org, &grant).await?))
    }

    /// A member who was let in has to be one still.
    async fn is_somebody(&self, ctx: &Ctx, to: To) -> Result<bool, StoreError> {
        let To::Member(member) = to else { return Ok(true) };
        let live = Ctx { org: Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() };
        Ok(self.members.find(&live, member).await?.is_some_and(|member| member.state == MemberState::Active))
    }

    async fn caller(&self, org: Org, grant: &Grant) -> Result<Caller, StoreError> {
        let profile = if grant.last4 { MaskProfile::Last4 } else { MaskProfile::Full };
        // By default everything is hidden, also where the organisation hides less.
        let viewer = match grant.last4 {
            true => self.sessions.viewer_of(org, grant.permissions, profile).await?,
            false => Viewer::masked(),
        };
        Ok(Caller {
            org,
            actor: service::actor(grant.id),
            viewer,
            mask_profile: profile,
            permissions: grant.permissions,
            barred: PermissionSet::EMPTY,
            credential: CredentialClass::Session,
            limit_id: grant.id.bytes(),
            session: Some(Session { id: grant.id.bytes(), proved_at: None, always_proves: false, confined: false }),
            support: Some(Arc::new(Support {
                read_only: grant.is_read_only(),
                objects: grant.objects.iter().map(ToString::to_string).collect(),
            })),
        })
    }
}

impl Authenticator for SupportSessions {
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        match Self::knows(&presented) {
            true => Box::pin(self.decide(presented, peer)),
            false => self.others.authenticate(presented, peer, from_browser),
        }
    }

    fn believes_still<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        match Self::knows(&presented) {
            true => Box::pin(self.decide(presented, peer)),
            false => self.others.believes_still(presented, peer, from_browser),
        }
    }

    fn codes(&self) -> &'static [&'static Code] {
        self.codes
    }
}
