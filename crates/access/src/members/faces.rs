//! Who is called how, for the head of pages.

use sealpost_seal::Purpose;
use sealpost_store::{ActorKind, Ctx, MemberId, StoreError};
use sealpost_web::BoxFuture;
use sealpost_web::shell::{Face, Faces};

use super::{Members, store};
use crate::organisations;
use crate::roles;

/// Names for the head of a page: what one's organisation and oneself are called, and one's role.
pub struct MemberFaces {
    members: Members,
}

impl MemberFaces {
    /// Of these members.
    pub fn new(members: Members) -> Self {
        Self { members }
    }

    async fn read(&self, ctx: &Ctx) -> Result<Face, StoreError> {
        let own = (ctx.actor.kind == ActorKind::Member).then_some(MemberId::from_bytes(ctx.actor.id));
        let found = self.members.house().peek::<_, StoreError>(ctx, move |tx| {
            let organisation = organisations::own(tx)?.map(|organisation| organisation.name);
            let Some(member) = own.map(|id| store::find(tx, id)).transpose()?.flatten() else {
                return Ok((organisation, None));
            };
            let role = roles::find(tx, member.role)?.map(|role| role.name);
            Ok((organisation, Some((member, role))))
        });
        let (organisation, member) = found.await?;
        if ctx.actor.kind == ActorKind::Support {
            let organisation = organisation.unwrap_or_default();
            return Ok(Face { organisation, name: "Support access".to_owned(), role: "on record".to_owned() });
        }
        let (name, role) = match member {
            Some((row, role)) => (self.members.open(ctx, row).await?.name, role),
            None => (None, None),
        };
        // Whoever is signed in knows what they are called.
        let name = name.map(|name| name.expose(Purpose::Colleague).clone());
        let role = role.unwrap_or_else(|| "Member".to_owned());
        let organisation = organisation.unwrap_or_default();
        Ok(match name {
            Some(name) => Face { organisation, name, role },
            None => Face { organisation, name: role, role: "signed in".to_owned() },
        })
    }
}

impl Faces for MemberFaces {
    fn face<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Face, StoreError>> {
        Box::pin(self.read(ctx))
    }
}
