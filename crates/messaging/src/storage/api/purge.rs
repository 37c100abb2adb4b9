//! `POST /v1/settings/storage/purge`

use schemars::JsonSchema;
use sealpost_access::permissions::STORAGE_MANAGE;
use sealpost_govern::Reason;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::body::PurgeView;
use crate::events::Class as Of;
use crate::storage::codes::{PURGE_UNCONFIRMED, STORAGE_KEPT};
use crate::storage::{Storage, purges};

/// What is to be gone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewStoragePurge")]
struct Body {
    /// Of which class: one that isn't kept any more.
    class: Of,
    /// The class again, so that nobody purges another by mistake.
    confirm: String,
    /// Why.
    reason: Option<Reason>,
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/v1/settings/storage/purge")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("storage.purge")
        .summary("Purge past payloads of a class that isn't kept any more")
        .describe(
            "In this environment, whatever their age; what is held or under way stays. Goes on beside requests, in batches, each with \
             its leaf; `GET /v1/settings/storage` says how far it has come. There is no way back.",
        )
        .takes::<Body>()
        .answers::<PurgeView>(202)
        .refuses(&[&PURGE_UNCONFIRMED, &STORAGE_KEPT])
        .example(json!({ "class": "marketing", "confirm": "marketing", "reason": "Not kept any more, ticket 4512" }))
        .to(move |call: Call<Body>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, mut call: Call<Body>) -> Result<Reply, Failure> {
    let keys = storage.store.keys().organisation(call.ctx.org.id).await?;
    let (class, reason) = (call.body.class, call.body.reason.take());
    let confirm = std::mem::take(&mut call.body.confirm);
    call.write(&storage.store, move |tx| {
        let begun = purges::begin(tx, &keys, class, &confirm, reason.as_ref())?;
        let reply = Reply::json(202, &PurgeView::from(begun.value()))?;
        Ok(begun.map(|_| reply))
    })
    .await
}
