//! `GET /v1/contacts/duplicates`, `POST /v1/contacts/duplicates/{id}/dismiss`, `POST /v1/contacts/{id}/merge`

use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_READ, CONTACTS_WRITE};
use sealpost_store::{ContactId, DuplicateId, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, IdempotencyKey, Page, PageQuery, Reply, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::codes::{self, MERGE_INTO_ITSELF, MERGE_TARGET_UNKNOWN};
use super::pages;
use super::service::{ACTION, Duplicates, Wanted, dismiss};
use crate::contacts::{Because, Contact, ContactView, Pair, Prefer, Same};
use crate::cursor;

/// What duplicates add to the API.
pub fn feature(duplicates: &Duplicates) -> Feature {
    Feature {
        name: "duplicates",
        about: "Contacts who may be one person, found over blind indexes, and how they become one. Nobody is shown in clear for it.",
        routes: vec![list(duplicates), merge(duplicates), not_one(duplicates)]
            .into_iter()
            .chain(pages::routes(duplicates))
            .collect(),
        codes: codes::ALL,
    }
}

/// Two contacts who may be one person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Duplicate")]
struct DuplicateView {
    /// Its id.
    id: DuplicateId,
    /// Why they may be.
    because: Because,
    /// Both, the older one first.
    contacts: [ContactView; 2],
    /// Whether what they have of each kind is the same; nothing where one of them has none.
    same: Same,
    /// Since when that is known.
    created_at: Time,
}

fn list(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    get("/v1/contacts/duplicates")
        .needs(CONTACTS_READ)
        .class(Class::Read)
        .summary("List pairs of contacts who may be one person, newest first, masked")
        .describe(
            "An address has one holder, so no two contacts have the same. Pairs have spellings of one: `mailbox` without tags as \
             `+news`, `line` without what some countries write into mobile numbers; or a request `named_together` an address of each as \
             one person's (`recipient_ambiguous`). Found over keyed hashes; nothing is opened to find them.",
        )
        .queries::<PageQuery>()
        .answers::<Page<DuplicateView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(duplicates.clone(), call))
}

async fn handle_list(duplicates: Duplicates, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(duplicates.store.keys(), &"duplicates", call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), DuplicateId::from_bytes)?;
    let found = duplicates.contacts.pairs(&call.ctx, before, listing.fetch()).await?;
    let view = |(pair, both): (Pair, Option<[Contact; 2]>)| {
        both.map(|both| DuplicateView {
            id: pair.id,
            because: pair.because,
            same: Same::of(&both),
            contacts: both.map(|contact| ContactView::of(&call.ctx, &contact)),
            created_at: pair.created_at,
        })
    };
    Ok(Reply::ok(&listing.sifted(found, |(pair, _)| pair.id.bytes().to_vec(), view))?)
}

/// Into whom.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactMerge")]
struct Body {
    /// The contact that stays.
    into: ContactId,
    /// Whose values stand where both have one: `target`, unless said otherwise.
    #[serde(default)]
    prefer: Prefer,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

fn merge(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    post("/v1/contacts/{id}/merge")
        .needs(CONTACTS_WRITE)
        .class(Class::Write)
        .acts(ACTION)
        .summary("Merge a contact into another, for good")
        .describe(
            "From then on both ids, and every address of either, are one person's. Values that don't stand at the target stay further \
             addresses of the person; a name that doesn't is gone. Messages, exports, holds and suppressions are the person's: the \
             stricter stands. Erasing the person erases both. There is no undoing it. Merged before, nothing changes. \
             Further addresses are read at the contact.",
        )
        .takes::<Body>()
        .answers::<ContactView>(200)
        .refuses(&[&MERGE_TARGET_UNKNOWN, &MERGE_INTO_ITSELF])
        .example(json!({ "into": "con_01kf3b2y5xfh0r4c9v7t8m6e1s", "prefer": "target" }))
        .to(move |call: Call<Body>| handle_merge(duplicates.clone(), call))
}

async fn handle_merge(duplicates: Duplicates, call: Call<Body>) -> Result<Reply, Failure> {
    let wanted = Wanted { source: call.id("id")?, into: call.body.into, prefer: call.body.prefer };
    let prepared = duplicates.prepare(&call.ctx, wanted).await?;
    let (ctx, both) = (call.masked_ctx(), prepared.contacts());
    let reply = call
        .write(&duplicates.store, move |tx| {
            let merged = prepared.apply(tx)?;
            let reply = Reply::ok(&ContactView::of(&ctx, merged.value()))?;
            Ok(merged.map(|_| reply))
        })
        .await?;
    duplicates.merged(&call.ctx, both);
    Ok(reply)
}

fn not_one(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    post("/v1/contacts/duplicates/{id}/dismiss")
        .needs(CONTACTS_WRITE)
        .class(Class::Write)
        .acts("duplicate.dismiss")
        .summary("Say that two contacts are two people")
        .describe("They are listed no more, whatever else makes them alike.")
        .answers_with(204, "")
        .to(move |call: Call| {
            let duplicates = duplicates.clone();
            async move {
                let id = call.id("id")?;
                call.write(&duplicates.store, move |tx| Ok(dismiss(tx, id)?.map(|()| Reply::empty()))).await
            }
        })
}
