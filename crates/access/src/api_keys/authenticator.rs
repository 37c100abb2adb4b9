//! Believes or refuses a presented key.

use std::net::IpAddr;
use std::sync::Arc;

use sealpost_seal::token::{KeyKind, PlainKey};
use sealpost_seal::viewer::Viewer;
use sealpost_store::{Actor, ActorKind, ApiKeyId, CredentialKind, Ctx, Store, StoreError};
use sealpost_web::{Authenticator, BoxFuture, Caller, Code, CredentialClass, Denial, PermissionSet, Presented};

use super::cache::{KeyCache, Known};
use super::codes;
use super::model::ApiKey;
use super::rules::{self, KeyRefused};
use super::store;
use super::usage::KeyUse;
use crate::masking::{self, Masking, Policies};
use crate::networks::{self, Admission};

/// The [`Authenticator`] for API keys: one for each process.
pub struct KeyAuthenticator {
    house: Store,
    cache: KeyCache,
    uses: Arc<KeyUse>,
    policies: Arc<Policies>,
    networks: Admission,
}

impl KeyAuthenticator {
    /// Believes the keys in this store.
    pub fn new(house: Store) -> Arc<Self> {
        let (cache, uses) = (KeyCache::new(&house), Arc::new(KeyUse::new(house.clone())));
        let (policies, networks) = (Policies::new(house.clone()), Admission::new(house.clone()));
        Arc::new(Self { cache, uses, policies, networks, house })
    }

    /// How keys are used, to be flushed: see [`flush_forever`](super::flush_forever).
    pub fn uses(&self) -> Arc<KeyUse> {
        self.uses.clone()
    }

    /// Forgets a key whose standing has changed, without waiting for the bus to say so.
    pub(super) fn forget(&self, id: ApiKeyId) {
        self.cache.forget(id);
    }

    async fn decide(&self, presented: Presented<'_>, peer: IpAddr, from_browser: bool) -> Result<Arc<Caller>, Denial> {
        let plain = PlainKey::parse(presented.text).map_err(|_| refuse(KeyRefused::Malformed))?;
        let mac = plain.mac(self.house.keys().pepper());
        let known = match self.cache.find(&mac) {
            Ok(known) => known,
            Err(began) => {
                let known = self.look_up(mac).await?.ok_or_else(|| refuse(KeyRefused::Unknown))?;
                self.cache.remember(began, mac, known.clone());
                known
            }
        };
        let now = self.house.world().clock.now();
        let decided =
            rules::may_use(&known.key, now, peer, from_browser).and_then(|()| rules::fits(&known.key, presented.via));
        if let Err(refused) = decided {
            if refused == KeyRefused::InBrowser {
                tracing::warn!(key = %known.key.id, "key.secret_in_browser");
            }
            return Err(Denial::of_known(refused, known.org, known.caller.actor));
        }
        let standing = self.networks.of(known.org.id).await?;
        if let Err(refusal) = networks::expect(&standing.in_force(now).keys, peer, "keys") {
            return Err(Denial::of_known(refusal, known.org, known.caller.actor));
        }
        self.uses.count(&known.key, known.org, now, peer);
        self.seen_under_policy(&known).await
    }

    /// The caller, with what it may see under its organisation's policy of this moment.
    async fn seen_under_policy(&self, known: &Known) -> Result<Arc<Caller>, Denial> {
        let policy = self.policies.of(known.org.id).await?;
        let masking = policy.in_force(known.org.environment);
        if *masking == Masking::Default {
            return Ok(known.caller.clone());
        }
        let viewer = masking::viewer(masking, known.caller.permissions, known.caller.mask_profile);
        Ok(Arc::new(Caller { viewer, ..(*known.caller).clone() }))
    }

    async fn look_up(&self, mac: [u8; 32]) -> Result<Option<Arc<Known>>, StoreError> {
        let Some(credential) = self.house.credential(CredentialKind::ApiKey, mac).await? else { return Ok(None) };
        let (org, id) = (credential.org, ApiKeyId::from_bytes(credential.id));
        let ctx = Ctx::system(org, self.house.world().clone());
        let Some(key) = self.house.peek::<_, StoreError>(&ctx, move |tx| store::find(tx, id)).await? else {
            return Ok(None);
        };
        let caller = Arc::new(caller(&key, org));
        Ok(Some(Arc::new(Known { key, org, caller })))
    }
}

impl Authenticator for KeyAuthenticator {
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        from_browser: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        Box::pin(self.decide(presented, peer, from_browser))
    }

    fn codes(&self) -> &'static [&'static Code] {
        DENIALS
    }
}

/// Every code a key is refused with.
const DENIALS: &[&Code] = &[
    &codes::KEY_MALFORMED,
    &codes::KEY_HEADER_WRONG,
    &codes::KEY_UNKNOWN,
    &codes::KEY_REVOKED,
    &codes::KEY_EXPIRED,
    &codes::KEY_ROTATED_OUT,
    &codes::KEY_ADDRESS_REFUSED,
    &codes::SECRET_KEY_IN_BROWSER,
];

fn caller(key: &ApiKey, org: sealpost_store::Org) -> Caller {
    Caller {
        org,
        actor: Actor { kind: ActorKind::Key, id: key.id.bytes() },
        viewer: Viewer::with_profile(key.mask.into()),
        mask_profile: key.mask.into(),
        permissions: key.scopes,
        barred: PermissionSet::EMPTY,
        credential: match key.kind {
            KeyKind::Publishable => CredentialClass::Publishable,
            KeyKind::Secret => CredentialClass::Secret,
        },
        limit_id: key.id.bytes(),
        session: None,
        support: None,
    }
}

fn refuse(refused: KeyRefused) -> Denial {
    sealpost_web::Refusal::from(refused).into()
}
