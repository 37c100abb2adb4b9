//! `GET /v1/messages/{id}/receipt`

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_READ;
use sealpost_store::MessageId;
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, Reply, get};
use serde::Serialize;

use super::codes::{ALL, RECEIPT_NONE, RECEIPT_NOT_DUE};
use super::pages;
use super::service::Receipts;

/// What receipts add to the API.
pub fn feature(receipts: &Receipts) -> Feature {
    Feature {
        name: "receipts",
        about: "What was sent when to whom stays provable, also when nothing of its content is stored any more.",
        routes: [receipt(receipts)].into_iter().chain(pages::routes(receipts)).collect(),
        codes: ALL,
    }
}

/// A receipt.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageReceipt")]
struct ReceiptView {
    /// The message.
    message_id: MessageId,
    /// The signed text, to be kept as it is.
    receipt: String,
    /// The key it is signed under; get it by another way, too.
    verifier_key: String,
}

fn receipt(receipts: &Receipts) -> Endpoint {
    let receipts = receipts.clone();
    get("/v1/messages/{id}/receipt")
        .needs(MESSAGES_READ)
        .class(Class::Read)
        .summary("The signed receipt of a message")
        .describe(
            "What was sent when, to whom, in which version, as commitments, signed under the key of the ledger's checkpoints; with the \
             proof that the ledger commits to it once a checkpoint covers it. `sealpost receipt verify` checks it offline, also against \
             a copy of the content. There is none of a message that was taken back, or to somebody who was erased.",
        )
        .answers::<ReceiptView>(200)
        .refuses(&[&RECEIPT_NONE, &RECEIPT_NOT_DUE])
        .to(move |call: Call| handle(receipts.clone(), call))
}

async fn handle(receipts: Receipts, call: Call) -> Result<Reply, Failure> {
    let id: MessageId = call.id("id")?;
    let receipt = receipts.receipt(&call.ctx, id).await?;
    let verifier_key = receipts.messages.store().verifier_key()?.to_string();
    Ok(Reply::ok(&ReceiptView { message_id: id, receipt, verifier_key })?)
}
