//! `GET` and `POST /app/{env}/contacts/duplicates/{id}/dismiss`

use sealpost_access::permissions::CONTACTS_WRITE;
use sealpost_store::DuplicateId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::duplicates::Duplicates;
use crate::duplicates::service;

pub(super) fn ask(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    get("/app/{env}/contacts/duplicates/{id}/dismiss")
        .needs(CONTACTS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether two contacts are two people")
        .to(move |call: Call| {
            let duplicates = duplicates.clone();
            async move {
                let id = call.id("id")?;
                duplicates.pair(&call.ctx, id).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn dismiss(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    post("/app/{env}/contacts/duplicates/{id}/dismiss")
        .needs(CONTACTS_WRITE)
        .session()
        .class(Class::Write)
        .acts("duplicate.dismiss")
        .done("Two people")
        .summary("Say that two contacts are two people")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| handle(duplicates.clone(), call))
}

async fn handle(duplicates: Duplicates, call: Call<Yes>) -> Result<Reply, Failure> {
    let (id, done): (DuplicateId, _) = (call.id("id")?, call.done("/contacts/duplicates"));
    call.write(&duplicates.store, move |tx| Ok(service::dismiss(tx, id)?.map(|()| done))).await
}

fn question<B, Q>(call: &Call<B, Q>, id: DuplicateId) -> Ask {
    let says = "They are listed as duplicates no more, whatever else makes them alike.";
    Ask::new(call, "Two people?", says, &format!("/contacts/duplicates/{id}")).submit("Two people")
}
