//! What everybody is told on every page while somebody is let in.

use sealpost_access::permissions::{SUPPORT_MANAGE, SUPPORT_READ};
use sealpost_store::{ActorKind, Ctx, Store, StoreError};
use sealpost_web::shell::parts::When;
use sealpost_web::shell::{Banner, Banners};
use sealpost_web::{BoxFuture, Caller};

use super::model::{Content, Grant, To};
use super::store;

/// Tells every member who is let in, why, and until when; and whoever is let in, that they are.
pub struct GrantBanners {
    house: Store,
}

impl GrantBanners {
    /// Of the support access in this store.
    pub fn new(house: Store) -> Self {
        Self { house }
    }

    async fn read(&self, ctx: &Ctx, caller: &Caller) -> Result<Vec<Banner>, StoreError> {
        let now = ctx.now();
        let mut open = self.house.peek::<_, StoreError>(ctx, store::open).await?;
        open.retain(|(grant, _)| grant.is_active(now));
        if open.is_empty() {
            return Ok(Vec::new());
        }
        if ctx.actor.kind == ActorKind::Support {
            let own = open.iter().filter(|(grant, _)| grant.id.bytes() == ctx.actor.id);
            return Ok(own.map(|(grant, _)| theirs(ctx, grant)).collect());
        }
        let keys = self.house.keys().organisation(ctx.org.id).await?;
        open.iter().map(|stored| Ok(ours(ctx, caller, &stored.0, store::content(&keys, ctx.org.id, stored)?))).collect()
    }
}

/// To whoever is let in.
fn theirs(ctx: &Ctx, grant: &Grant) -> Banner {
    Banner {
        says: "You are let in to help: everything you look at is on record, and everybody here sees that you are"
            .to_owned(),
        why: None,
        until: When::new(grant.until, ctx.now()),
        more: Some(format!("/app/{}/support/session", grant.environment)),
        end: None,
    }
}

/// To the organisation.
fn ours(ctx: &Ctx, caller: &Caller, grant: &Grant, content: Content) -> Banner {
    let who = match (grant.to, content.email) {
        (To::Address, Some(email)) => email,
        (To::Address, None) => "Somebody outside".to_owned(),
        (To::Member(_), _) => "A colleague".to_owned(),
        (To::Host, _) => "Whoever runs the host".to_owned(),
    };
    let does = if grant.is_read_only() { "may look" } else { "may look and change things" };
    let at = |path: String| format!("/app/{}/support/{path}", ctx.org.environment);
    Banner {
        says: format!("{who} {does} in {}, to help", grant.environment),
        why: content.reason,
        until: When::new(grant.until, ctx.now()),
        more: caller.permissions.contains(SUPPORT_READ).then(|| at(grant.id.to_string())),
        end: caller.permissions.contains(SUPPORT_MANAGE).then(|| at(format!("{}/end", grant.id))),
    }
}

impl Banners for GrantBanners {
    fn banners<'a>(&'a self, ctx: &'a Ctx, caller: &'a Caller) -> BoxFuture<'a, Result<Vec<Banner>, StoreError>> {
        Box::pin(self.read(ctx, caller))
    }
}
