//! `GET` and `POST /app/{env}/storage/holds/{id}/lift`

use sealpost_access::permissions::STORAGE_MANAGE;
use sealpost_store::LegalHoldId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use crate::storage::codes::HOLD_LIFTED;
use crate::storage::{Storage, holds, store};

pub(super) fn ask(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    get("/app/{env}/storage/holds/{id}/lift")
        .needs(STORAGE_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to lift a hold")
        .to(move |call: Call| {
            let storage = storage.clone();
            async move {
                let id: LegalHoldId = call.id("id")?;
                storage.store.peek(&call.ctx, move |tx| store::hold(tx, id)).await?.ok_or_else(not_found)?;
                question(&call).show(&call)
            }
        })
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/app/{env}/storage/holds/{id}/lift")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("hold.lift")
        .done("Lifted")
        .summary("Lift a legal hold")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&HOLD_LIFTED])
        .to(move |call: Call<Yes>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call<Yes>) -> Result<Reply, Failure> {
    let (id, done): (LegalHoldId, _) = (call.id("id")?, call.done("/storage"));
    let lifted = call.write(&storage.store, move |tx| Ok(holds::lift(tx, id)?.map(|_| done))).await;
    lifted.or_else(|failure| question(&call).again(&call, failure))
}

fn question<B, Q>(call: &Call<B, Q>) -> Ask {
    let says = "What it kept goes as it would have gone without it, within a minute. This can’t be undone.";
    Ask::new(call, "Lift this hold?", says, "/storage").sensitive().danger().submit("Lift")
}
