//! Pages as members of another role see them: what they may and see, as far as whoever looks may themselves.

use std::sync::Arc;

use sealpost_store::{Ctx, RequestId, Store, World};
use sealpost_web::problem::PERMISSION_MISSING;
use sealpost_web::{
    BoxFuture, Caller, CredentialClass, Failure, Permission, Previewed, Previews, Refusal, Session, not_found,
};

use super::model::{Role, RoleRef};
use super::service;
use crate::permissions::MEMBERS_MANAGE;
use crate::sessions::SessionAuthenticator;

/// Who may look at pages as others do: whoever gives people their roles.
pub(super) const PREVIEWS: Permission = MEMBERS_MANAGE;

/// The roles of every organisation, as pages are seen by whoever has them.
pub struct RolePreviews {
    house: Store,
    sessions: Arc<SessionAuthenticator>,
}

impl RolePreviews {
    /// Of the roles in this store.
    pub fn new(house: Store, sessions: Arc<SessionAuthenticator>) -> Arc<Self> {
        Arc::new(Self { house, sessions })
    }

    async fn seen(&self, caller: &Caller, role: &str) -> Result<Previewed, Failure> {
        if !caller.permissions.contains(PREVIEWS) || caller.credential != CredentialClass::Session {
            return Err(Refusal::of(&PERMISSION_MISSING).member("required_permission", PREVIEWS.name()).into());
        }
        let reference: RoleRef = role.parse().map_err(|_| not_found())?;
        let found = self.house.peek(&ctx(caller, self.house.world()), move |tx| service::find(tx, reference)).await?;
        let role = found.ok_or_else(not_found)?;
        let seen = at_most(&role, caller);
        let caller = Caller {
            viewer: self.sessions.viewer(caller.org, &seen).await?,
            mask_profile: seen.masks,
            permissions: seen.permissions,
            // Pages say what is asked for before something is done.
            session: caller.session.map(|own| Session { always_proves: seen.require_step_up, ..own }),
            ..caller.clone()
        };
        Ok(Previewed { caller, reference: role.reference.to_string(), role: role.name })
    }
}

impl Previews for RolePreviews {
    fn as_role<'a>(&'a self, caller: &'a Caller, role: &'a str) -> BoxFuture<'a, Result<Previewed, Failure>> {
        Box::pin(self.seen(caller, role))
    }
}

/// The role with no more than whoever looks has.
fn at_most(role: &Role, caller: &Caller) -> Role {
    Role {
        permissions: role.permissions.intersection(caller.permissions),
        masks: role.masks.min(caller.mask_profile),
        ..role.clone()
    }
}

fn ctx(caller: &Caller, world: &World) -> Ctx {
    Ctx {
        org: caller.org,
        actor: caller.actor,
        viewer: caller.viewer.clone(),
        request: RequestId::new(world),
        world: world.clone(),
    }
}
