//! `GET` and `POST /v1/settings/storage/holds`, `POST /v1/settings/storage/holds/{id}/lift`

use schemars::JsonSchema;
use sealpost_access::permissions::{STORAGE_MANAGE, STORAGE_READ};
use sealpost_govern::Reason;
use sealpost_store::{ContactId, LegalHoldId, MessageId};
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::body::HoldView;
use crate::cursor;
use crate::storage::Storage;
use crate::storage::codes::{HOLD_LIFTED, HOLD_TARGET_UNKNOWN};
use crate::storage::holds::{self, Target};

/// Who or what is to be held.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewLegalHold")]
struct Body {
    /// A person: whatever is stored of messages to them, now and later.
    contact_id: Option<ContactId>,
    /// Or 1 to 1000 messages.
    #[schemars(length(max = 1000))]
    messages: Option<Vec<MessageId>>,
    /// Why, for whoever asks later.
    reason: Reason,
}

impl Body {
    fn target(&mut self) -> Result<Target, Refusal> {
        match (self.contact_id, self.messages.take()) {
            (Some(contact), None) => Ok(Target::Contact(contact)),
            (None, Some(messages)) => Ok(Target::Messages(messages)),
            _ => Err(Refusal::of(&HOLD_TARGET_UNKNOWN).at("/contact_id", "one_of_both")),
        }
    }
}

pub(super) fn list(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    get("/v1/settings/storage/holds")
        .needs(STORAGE_READ)
        .class(Class::Read)
        .summary("List legal holds, newest first")
        .queries::<PageQuery>()
        .answers::<Page<HoldView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(storage.clone(), call))
}

async fn handle_list(storage: Storage, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(storage.store.keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), LegalHoldId::from_bytes)?;
    let before = before.unwrap_or(LegalHoldId::from_bytes([0xff; 16]));
    let found = storage.holds(&call.ctx, before, listing.fetch()).await?;
    Ok(Reply::ok(&listing.page(found, |one| one.id.bytes().to_vec(), |one| HoldView::from(&one)))?)
}

pub(super) fn place(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/v1/settings/storage/holds")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("hold.place")
        .summary("Hold what is stored of messages to a person, or of some messages")
        .describe(
            "From the answer on neither retention nor a purge nor the end of a message lets it go, and the person isn't erased \
             (`409 legal_hold`). What is never stored can't be held.",
        )
        .takes::<Body>()
        .answers::<HoldView>(201)
        .refuses(&[&HOLD_TARGET_UNKNOWN])
        .example(json!({ "contact_id": "con_01kf3b2y5xfh0r4c9v7t8m6e1s", "reason": "Case 24-117" }))
        .to(move |call: Call<Body>| handle_place(storage.clone(), call))
}

async fn handle_place(storage: Storage, call: Call<Body>) -> Result<Reply, Failure> {
    let keys = storage.store.keys().organisation(call.ctx.org.id).await?;
    let (call, mut body) = call.take_body();
    let target = body.target()?;
    call.write(&storage.store, move |tx| {
        let placed = holds::place(tx, &keys, &target, &body.reason)?;
        let reply = Reply::json(201, &HoldView::from(placed.value()))?;
        Ok(placed.map(|_| reply))
    })
    .await
}

pub(super) fn lift(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/v1/settings/storage/holds/{id}/lift")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("hold.lift")
        .summary("Lift a legal hold")
        .describe("What it kept goes as it would have gone without it, within a minute.")
        .answers::<HoldView>(200)
        .refuses(&[&HOLD_LIFTED])
        .to(move |call: Call| {
            let storage = storage.clone();
            async move {
                let id: LegalHoldId = call.id("id")?;
                call.write(&storage.store, move |tx| {
                    let lifted = holds::lift(tx, id)?;
                    let reply = Reply::ok(&HoldView::from(lifted.value()))?;
                    Ok(lifted.map(|_| reply))
                })
                .await
            }
        })
}
