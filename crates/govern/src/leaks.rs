//! Answers that were withheld because they would have shown what was kept from whoever asked: in the ledger, and told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealpost_access::notices::{self, Notice, NoticeKind};
use sealpost_store::{Ctx, Leaf, OrgId, Store, StoreError, Time};
use sealpost_web::problem::RESPONSE_WITHHELD;
use sealpost_web::{Alarm, BoxFuture};
use serde_json::json;

/// Part of the API: `docs/api.md` lists it.
const WITHHELD: NoticeKind = NoticeKind::new("response.withheld");
/// How long one notice stands for all answers of one route: a program asks again and again.
const STANDS_FOR_MS: i64 = 600_000;

/// Records answers that were withheld, and tells endpoints of them.
pub struct LeakAlarm {
    house: Store,
    told: Mutex<HashMap<(OrgId, &'static str), Time>>,
}

impl LeakAlarm {
    /// In the ledgers of this store.
    pub fn new(house: Store) -> Arc<Self> {
        Arc::new(Self { house, told: Mutex::default() })
    }

    /// Whether nobody has been told lately of this route.
    fn is_news(&self, ctx: &Ctx, route: &'static str) -> bool {
        let now = ctx.now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| (0..STANDS_FOR_MS).contains(&now.since(*at)));
        told.insert((ctx.org.id, route), now).is_none()
    }

    async fn record(&self, ctx: &Ctx, route: &'static str) -> Result<(), StoreError> {
        let keys = self.house.keys().organisation(ctx.org.id).await?;
        let details = keys.seal_audit(ctx, json!({ "route": route }).to_string().as_bytes());
        let leaf = Leaf::of("response.withhold").failed(RESPONSE_WITHHELD.code).with(details);
        let tell = self.is_news(ctx, route);
        self.house
            .write(ctx, move |tx| {
                if tell {
                    notices::raise(tx, Notice::of(WITHHELD).with("route", route))?;
                }
                Ok(tx.record(leaf, ()))
            })
            .await
    }
}

impl Alarm for LeakAlarm {
    fn withheld<'a>(&'a self, ctx: &'a Ctx, route: &'static str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Err(error) = self.record(ctx, route).await {
                tracing::error!(request = %ctx.request, error = %error, "ledger.leaf_lost");
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use sealpost_ledger::LeafResult;
    use sealpost_store::both_engines;

    use super::*;

    both_engines! {
        async fn every_withheld_answer_is_on_record_and_told_once_in_ten_minutes(house: TestStore) {
            let ctx = house.organisation().await;
            let alarm = LeakAlarm::new(house.store.clone());
            for _ in 0..3 {
                alarm.withheld(&ctx, "/v1/things").await;
            }
            alarm.withheld(&ctx, "/v1/others").await;
            let leaves = house.store.ledger_leaves(&ctx, 0, 10).await.unwrap();
            let withheld = leaves.iter().map(|row| sealpost_ledger::Leaf::decode(&row.leaf).unwrap());
            assert!(withheld.clone().all(|leaf| leaf.action.as_str() == "response.withhold"));
            assert!(withheld.clone().all(|leaf| leaf.result == LeafResult::Failed) && withheld.count() == 4);
            assert_eq!(house.jobs_waiting(&ctx).await, 2);
            house.clock.advance_ms(STANDS_FOR_MS);
            alarm.withheld(&ctx, "/v1/things").await;
            assert_eq!(house.jobs_waiting(&ctx).await, 3);
        }
    }
}
