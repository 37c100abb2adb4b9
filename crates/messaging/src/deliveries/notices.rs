//! Turns what others raised into deliveries.

use std::pin::Pin;
use std::sync::Arc;

use sealpost_access::notices::{self, Raised};
use sealpost_store::{Claim, Ctx, NoticeId, Store, StoreError, outbox};

use super::model::Notice;
use super::service::{self, Occurrence, promise};
use crate::dispatcher::{Handler, Went};
use crate::endpoints::Endpoints;

/// Tells endpoints of notices.
pub struct Teller {
    store: Store,
    endpoints: Endpoints,
}

impl Teller {
    /// Tells those of `endpoints` that hear of a notice's kind.
    pub fn new(store: Store, endpoints: Endpoints) -> Arc<Self> {
        Arc::new(Self { store, endpoints })
    }

    /// One delivery for each endpoint that hears of it, and the notice is done with. If another node has taken the job over
    /// meanwhile, nothing of this happens.
    async fn tell(&self, claim: Claim) -> Result<(), StoreError> {
        let ctx = service::ctx(&self.store, &claim);
        let promised = match self.notice(&ctx, &claim).await? {
            Some(raised) => {
                let hearing = self.endpoints.hearing(&ctx, &raised.kind, &[]).await?;
                Some((occurrence(&ctx, raised)?, hearing))
            }
            None => None,
        };
        self.store
            .maintain(&ctx, move |tx| {
                outbox::finish(tx, &claim)?;
                if let Some((occurrence, hearing)) = &promised {
                    promise(tx, occurrence, hearing)?;
                }
                notices::remove(tx, NoticeId::from_bytes(claim.target))
            })
            .await
    }

    /// The notice: left by whoever raised it, or read back after a crash.
    async fn notice(&self, ctx: &Ctx, claim: &Claim) -> Result<Option<Raised>, StoreError> {
        if let Some(raised) = claim.hint.as_ref().and_then(|hint| hint.downcast_ref::<Raised>()) {
            return Ok(Some(raised.clone()));
        }
        let id = NoticeId::from_bytes(claim.target);
        self.store.peek(ctx, move |tx| notices::find(tx, id)).await
    }
}

fn occurrence(ctx: &Ctx, raised: Raised) -> Result<Occurrence, StoreError> {
    let Raised { id, kind, data, at } = raised;
    let notice = Notice { id, kind: &kind, timestamp: at.to_string(), environment: ctx.org.environment, data };
    let body = notice.to_bytes().map_err(|_| StoreError::Missing("notice"))?;
    Ok(Occurrence { id, kind: kind.into(), message: None, body })
}

impl Handler for Teller {
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
        Box::pin(async move {
            if let Err(error) = self.tell(claim).await {
                tracing::warn!(error = %error, "notice.not_told");
            }
            Went::Moot
        })
    }
}
