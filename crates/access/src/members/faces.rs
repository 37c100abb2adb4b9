//! Who is called how, for pages.

use sealpost_store::{ActorKind, Ctx, MemberId, Store, StoreError};
use sealpost_web::BoxFuture;
use sealpost_web::shell::{Face, Faces};

use super::store;
use crate::organisations;
use crate::roles::RoleRef;

/// Names for the head of a page.
pub struct MemberFaces {
    house: Store,
}

impl MemberFaces {
    /// From this store.
    pub fn new(house: Store) -> Self {
        Self { house }
    }

    async fn read(&self, ctx: &Ctx) -> Result<Face, StoreError> {
        let id = MemberId::from_bytes(ctx.actor.id);
        let is_member = ctx.actor.kind == ActorKind::Member;
        let (organisation, member) = self
            .house
            .peek(ctx, move |tx| {
                let member = if is_member { store::find(tx, id)? } else { None };
                Ok::<_, StoreError>((organisations::own(tx)?, member))
            })
            .await?;
        let role = match member.map(|member| member.role) {
            Some(RoleRef::Standard(standard)) => standard.role().name,
            Some(RoleRef::Custom(_)) | None => "Member".to_owned(),
        };
        let organisation = organisation.map(|organisation| organisation.name).unwrap_or_default();
        Ok(Face { organisation, name: role, role: "signed in".to_owned() })
    }
}

impl Faces for MemberFaces {
    fn face<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Face, StoreError>> {
        Box::pin(self.read(ctx))
    }
}
