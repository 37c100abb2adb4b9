//! Believes or refuses the token of a directory.

use std::net::IpAddr;
use std::sync::Arc;

use sealpost_seal::token::{Token, TokenKind};
use sealpost_seal::viewer::{MaskProfile, Viewer};
use sealpost_store::{Actor, ActorKind, CredentialKind, Ctx, Environment, Org, ScimTokenId, Store, StoreError};
use sealpost_web::{Authenticator, BoxFuture, Caller, Code, CredentialClass, Denial, PermissionSet, Presented};

use super::codes;
use super::model::ScimToken;
use super::store;
use crate::networks::{self, Admission};

/// How often it is written down that a token is in use.
const SEEN_EVERY_MS: i64 = 60_000;

/// The [`Authenticator`] for tokens of directories. It remembers nothing: they ask seldom, and what was revoked is so at once.
pub struct ScimAuthenticator {
    house: Store,
    networks: Admission,
}

impl ScimAuthenticator {
    /// Believes the tokens in this store.
    pub fn new(house: Store) -> Arc<Self> {
        Arc::new(Self { networks: Admission::new(house.clone()), house })
    }

    /// Whether a text is to be decided here.
    pub(crate) fn knows(text: &str) -> bool {
        text.starts_with(TokenKind::SCIM.prefix())
    }

    async fn decide(&self, presented: Presented<'_>, peer: IpAddr) -> Result<Arc<Caller>, Denial> {
        let plain = Token::parse(TokenKind::SCIM, presented.text).map_err(|_| &codes::SCIM_TOKEN_UNKNOWN)?;
        let mac = plain.mac(self.house.keys().pepper());
        let (org, token) = self.look_up(mac).await?.ok_or(&codes::SCIM_TOKEN_UNKNOWN)?;
        let (actor, now) = (Actor { kind: ActorKind::Directory, id: token.id.bytes() }, self.house.world().clock.now());
        if token.revoked_at.is_some() {
            return Err(Denial::of_known(&codes::SCIM_TOKEN_REVOKED, org, actor));
        }
        let standing = self.networks.of(org.id).await?;
        if let Err(refusal) = networks::expect(&standing.in_force(now).keys, peer, "keys") {
            return Err(Denial::of_known(refusal, org, actor));
        }
        if token.last_used_at.is_none_or(|at| now.since(at) >= SEEN_EVERY_MS) {
            self.see(org, token.id).await;
        }
        Ok(Arc::new(Caller {
            org,
            actor,
            viewer: Viewer::masked(),
            mask_profile: MaskProfile::Full,
            permissions: PermissionSet::EMPTY,
            barred: PermissionSet::EMPTY,
            credential: CredentialClass::Directory,
            limit_id: token.id.bytes(),
            session: None,
            support: None,
        }))
    }

    /// Writes down that a token is in use. It stays good if that fails.
    async fn see(&self, org: Org, id: ScimTokenId) {
        let ctx = Ctx::system(org, self.house.world().clone());
        let now = ctx.now();
        if let Err(error) = self.house.maintain::<_, StoreError>(&ctx, move |tx| store::see_token(tx, id, now)).await {
            tracing::error!(error = %error, "scim_token.not_seen");
        }
    }

    async fn look_up(&self, mac: [u8; 32]) -> Result<Option<(Org, ScimToken)>, StoreError> {
        let Some(credential) = self.house.credential(CredentialKind::ScimToken, mac).await? else { return Ok(None) };
        // Members belong to both environments.
        let org = Org { environment: Environment::Live, ..credential.org };
        let id = ScimTokenId::from_bytes(credential.id);
        let ctx = Ctx::system(org, self.house.world().clone());
        let found = self.house.peek::<_, StoreError>(&ctx, move |tx| store::token(tx, id)).await?;
        Ok(found.map(|token| (org, token)))
    }
}

impl Authenticator for ScimAuthenticator {
    fn authenticate<'a>(
        &'a self,
        presented: Presented<'a>,
        peer: IpAddr,
        _: bool,
    ) -> BoxFuture<'a, Result<Arc<Caller>, Denial>> {
        Box::pin(self.decide(presented, peer))
    }

    fn codes(&self) -> &'static [&'static Code] {
        &[&codes::SCIM_TOKEN_UNKNOWN, &codes::SCIM_TOKEN_REVOKED]
    }
}
