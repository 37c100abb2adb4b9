//! `GET` and `POST /app/{env}/messages/{id}/receipt`

use askama::Template;
use sealpost_access::permissions::MESSAGES_READ;
use sealpost_store::MessageId;
use sealpost_web::shell::{Icon, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::receipts::Receipts;
use crate::receipts::codes::{RECEIPT_NONE, RECEIPT_NOT_DUE};

/// A receipt, or why there is none.
#[derive(Template)]
#[template(path = "receipts/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) message: String,
    pub(super) save: String,
    pub(super) csrf: String,
    pub(super) receipt: Result<String, &'static str>,
}

pub(super) fn show(receipts: &Receipts) -> Endpoint {
    let receipts = receipts.clone();
    get("/app/{env}/messages/{id}/receipt")
        .needs(MESSAGES_READ)
        .page()
        .class(Class::Read)
        .summary("The receipt of a message")
        .to(move |call: Call| handle(receipts.clone(), call))
}

async fn handle(receipts: Receipts, call: Call) -> Result<Reply, Failure> {
    let id: MessageId = call.id("id")?;
    let receipt = match receipts.receipt(&call.ctx, id).await {
        Ok(receipt) => Ok(receipt),
        Err(Failure::Refused(refusal)) if refusal.code().status == 409 => Err(refusal.code().title),
        Err(failure) => return Err(failure),
    };
    let page = ShowPage {
        message: call.at(&format!("/messages/{id}")),
        save: call.at(&format!("/messages/{id}/receipt")),
        csrf: call.csrf_token().to_owned(),
        receipt,
    };
    call.show("Receipt", &page)
}

pub(super) fn save(receipts: &Receipts) -> Endpoint {
    let receipts = receipts.clone();
    post("/app/{env}/messages/{id}/receipt")
        .needs(MESSAGES_READ)
        .session()
        .class(Class::Read)
        .changes_nothing("a receipt is saved as a file, and nothing is told by it that isn't on its page")
        .summary("Save the receipt of a message as a file")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/plain; charset=utf-8")
        .lets_out("the receipt of one message, which names nobody")
        .refuses(&[&RECEIPT_NONE, &RECEIPT_NOT_DUE])
        .to(move |call: Call<Yes>| {
            let receipts = receipts.clone();
            async move {
                let id: MessageId = call.id("id")?;
                let receipt = receipts.receipt(&call.ctx, id).await?;
                Ok(Reply::text(receipt).download(&format!("receipt-{id}.txt")))
            }
        })
}
