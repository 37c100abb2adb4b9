//! Believes or refuses a presented session.

use std::net::IpAddr;
use std::sync::Arc;

use sealpost_seal::Viewer;
use sealpost_seal::token::{Token, TokenKind};
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{
    Actor, ActorKind, CredentialKind, Ctx, Environment, Org, OrgId, SessionId, Store, StoreError, Time, Tx,
};
use sealpost_web::{
    Authenticator, BoxFuture, Caller, Code, CredentialClass, Denial, PermissionSet, Presented, Session,
};

use super::SessionRow;
use super::cache::{Known, SessionCache};
use super::{codes, rules, store};
use crate::masking::{self, Policies};
use crate::members::MemberState;
use crate::networks::{self, Admission, Lists, Standing};
use crate::roles::{self, Role};

/// The [`Authenticator`] for sessions: one for each process.
pub struct SessionAuthenticator {
    house: Store,
    cache: SessionCache,
    policies: Arc<Policies>,
    networks: Admission,
}

impl SessionAuthenticator {
    /// Believes the sessions in this store.
    pub fn new(house: Store) -> Arc<Self> {
        let (policies, networks) = (Policies::new(house.clone()), Admission::new(house.clone()));
        Arc::new(Self { cache: SessionCache::new(&house), policies, networks, house })
    }

    /// Forgets what is remembered: something has just changed here, and the bus will tell everybody else.
    pub(crate) fn forget(&self) {
        self.cache.forget();
    }

    /// How whoever has this role sees in this environment.
    pub(crate) async fn viewer(&self, org: Org, role: &Role) -> Result<Viewer, StoreError> {
        let policy = self.policies.of(org.id).await?;
        Ok(masking::viewer(policy.in_force(org.environment), role.permissions, role.masks))
    }

    /// How somebody sees in this environment who may do this and belongs to no role.
    pub async fn viewer_of(
        &self,
        org: Org,
        permissions: PermissionSet,
        profile: MaskProfile,
    ) -> Result<Viewer, StoreError> {
        let policy = self.policies.of(org.id).await?;
        Ok(masking::viewer(policy.in_force(org.environment), permissions, profile))
    }

    /// Refuses whoever comes from where the organisation admits nobody to its dashboard.
    pub async fn expect_admitted(&self, org: OrgId, peer: IpAddr) -> Result<(), Denial> {
        let (standing, now) = (self.networks.of(org).await?, self.house.world().clock.now());
        Ok(networks::expect(&standing.in_force(now).dashboard, peer, "dashboard")?)
    }

    /// From where the organisation admits whom.
    pub(crate) async fn networks(&self, org: OrgId) -> Result<Arc<Standing>, StoreError> {
        self.networks.of(org).await
    }

    /// `counts`: whether this is use, which a session doesn't live long without.
    async fn decide(&self, presented: Presented<'_>, peer: IpAddr, counts: bool) -> Result<Arc<Caller>, Denial> {
        let token = Token::parse(TokenKind::SESSION, presented.text).map_err(|_| &codes::SESSION_UNKNOWN)?;
        let mac = token.mac(self.house.keys().pepper());
        let known = match self.cache.find(&mac) {
            Ok(known) => known,
            Err(began) => {
                let (org, found) = self.look_up(mac).await?.ok_or(&codes::SESSION_UNKNOWN)?;
                self.cache.remember(began, mac, org, found)
            }
        };
        let org = Org { environment: presented.environment, ..known.org };
        let actor = Actor { kind: ActorKind::Member, id: known.session.member.bytes() };
        let (now, seen_at) = (self.house.world().clock.now(), known.seen_at());
        if !rules::is_alive(&known.session, seen_at, known.state, known.role.limits, now) {
            return Err(Denial::of_known(&codes::SESSION_ENDED, org, actor));
        }
        let standing = self.networks.of(org.id).await?;
        let caller = Arc::new(self.caller(&known, org, standing.in_force(now), peer).await?);
        if !known.role.cidrs.admit(peer) {
            return Err(Denial::of_address(&codes::SESSION_ADDRESS_REFUSED, caller));
        }
        if let Err(refusal) = networks::expect(&standing.in_force(now).dashboard, peer, "dashboard") {
            return Err(Denial::of_address(refusal, caller));
        }
        if counts && rules::is_to_be_seen(seen_at, now) && known.see(seen_at, now) {
            self.see(&known, now).await;
        }
        Ok(caller)
    }

    /// What a session is good for that is believed.
    async fn caller(&self, known: &Known, org: Org, lists: &Lists, peer: IpAddr) -> Result<Caller, StoreError> {
        let (role, session) = (&known.role, &known.session);
        Ok(Caller {
            org,
            actor: Actor { kind: ActorKind::Member, id: session.member.bytes() },
            viewer: self.viewer(org, role).await?,
            mask_profile: role.masks,
            permissions: role.permissions,
            barred: networks::barred(lists, role.permissions, peer),
            credential: CredentialClass::Session,
            limit_id: session.member.bytes(),
            session: Some(Session {
                id: session.id.bytes(),
                proved_at: session.proved_at,
                always_proves: role.require_step_up,
                confined: session.method.is_confined() && session.proved_at.is_none(),
            }),
            support: None,
        })
    }

    /// Writes down that a session is in use. It stays good if that fails: then it only ends earlier.
    async fn see(&self, known: &Known, now: Time) {
        let ctx = Ctx::system(known.org, self.house.world().clone());
        let id = known.session.id;
        if let Err(error) = self.house.maintain::<_, StoreError>(&ctx, move |tx| store::see(tx, id, now)).await {
            tracing::error!(error = %error, "session.not_seen");
        }
    }

    async fn look_up(&self, mac: [u8; 32]) -> Result<Option<(Org, Found)>, StoreError> {
        let Some(credential) = self.house.credential(CredentialKind::Session, mac).await? else { return Ok(None) };
        let org = Org { environment: Environment::Live, ..credential.org };
        let id = SessionId::from_bytes(credential.id);
        let ctx = Ctx::system(org, self.house.world().clone());
        let found = self.house.peek::<_, StoreError>(&ctx, move |tx| find(tx, id)).await?;
        Ok(found.map(|found| (org, found)))
    }
}

type Found = (SessionRow, Arc<Role>, MemberState);

/// A session with what its member's role says. One that isn't there any more says nothing, and nobody is believed by it.
fn find(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Found>, StoreError> {
    let Some((session, reference, state)) = store::with_member(tx, id)? else { return Ok(None) };
    let role = roles::find(tx, reference)?;
    Ok(role.map(|role| (session, Arc::new(role), state)))
}

impl Authenticator for SessionAuthenticator {
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        _: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        Box::pin(self.decide(presented, peer, true))
    }

    fn believes_still<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        _: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        Box::pin(self.decide(presented, peer, false))
    }

    fn codes(&self) -> &'static [&'static Code] {
        codes::ALL
    }
}
