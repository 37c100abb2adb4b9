//! The routes of erasures.

use schemars::JsonSchema;
use sealpost_access::permissions::{CONTACTS_ERASE, ERASURES_READ};
use sealpost_govern::Reason;
use sealpost_store::{ContactId, ErasureId, Time};
use sealpost_web::{
    Call, Class, Endpoint, Failure, Feature, IdempotencyKey, Page, PageQuery, Refusal, Reply, delete, get, post,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::codes::{ALL, ERASURE_UNDER_WAY};
use super::ground::{Asked, Finality, Ground};
use super::model::Erasure;
use super::pages;
use super::service::{Erasures, begin};
use super::settings;
use crate::cursor;
use crate::storage::codes::LEGAL_HOLD;

/// What erasures add to the API.
pub fn feature(erasures: &Erasures) -> Feature {
    Feature {
        name: "erasures",
        about: "People who were forgotten, for good, and the certificates that say so.",
        routes: vec![
            erase(erasures),
            erase_saying_why(erasures),
            list(erasures),
            show(erasures),
            certificate(erasures),
            settings::show(erasures),
            settings::change(erasures),
        ]
        .into_iter()
        .chain(pages::routes(erasures))
        .collect(),
        codes: ALL,
    }
}

/// A person was erased.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ContactErased")]
struct ErasedView {
    /// The erasure.
    id: ErasureId,
    /// Who it was.
    contact_id: ContactId,
    /// `immediate`: their key is destroyed by the time of this answer.
    erasure: &'static str,
    /// When no copy of the key store that was made before opens anything of them any more.
    final_at: Time,
}

/// An erasure: ids, times and counts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Erasure")]
pub(super) struct ErasureView {
    /// Its id.
    id: ErasureId,
    /// Who was erased.
    contact_id: ContactId,
    /// `under_way`, or `done`: then there is a certificate.
    state: &'static str,
    /// When it began.
    created_at: Time,
    /// When nothing was left to do.
    done_at: Option<Time>,
    /// Where it stands in the ledger.
    ledger_seq: Option<u64>,
    /// Values removed from the contact.
    values: u64,
    /// Rows removed by which the contact was found.
    indexes: u64,
    /// Contacts that had been merged into them, and are erased with them.
    merged: u64,
    /// Messages taken back before they left.
    cancelled_messages: u64,
    /// Messages whose content was removed.
    messages: u64,
    /// Suppressions that stay, as keyed hashes, and when they end.
    suppressions: u64,
    /// When these end.
    suppressed_until: Option<Time>,
    /// Whether it was done again, on data restored from before.
    reapplied: bool,
    /// On what ground, if that was said.
    reason: Option<Ground>,
    /// When no copy of the key store that was made before opens anything of the person any more.
    final_at: Option<Time>,
}

impl ErasureView {
    fn of(e: Erasure) -> Self {
        Self {
            id: e.id,
            contact_id: e.contact,
            state: if e.done_at.is_some() { "done" } else { "under_way" },
            created_at: e.begun_at,
            done_at: e.done_at,
            ledger_seq: e.leaf,
            values: e.fields,
            indexes: e.indexes,
            merged: e.merged,
            cancelled_messages: e.cancelled,
            messages: e.messages,
            suppressions: e.suppressions,
            suppressed_until: e.kept_until,
            reapplied: e.reapplied,
            reason: e.ground,
            final_at: e.final_at,
        }
    }
}

/// Why, and how soon.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EraseQuery {
    /// On what ground: it is in the ledger, and on the certificate.
    reason: Option<Ground>,
    /// When it is to be final; `with_copies` unless said otherwise.
    erasure: Option<Finality>,
}

/// Why, and how soon.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewErasure")]
struct EraseBody {
    /// On what ground: it is in the ledger, and on the certificate.
    reason: Ground,
    /// What else there is to say, sealed into the ledger. Not who it was.
    note: Option<Reason>,
    /// When it is to be final; `with_copies` unless said otherwise.
    #[serde(default)]
    erasure: Finality,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

fn erase(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    delete("/v1/contacts/{id}")
        .needs(CONTACTS_ERASE)
        .step_up()
        .class(Class::Write)
        .acts("contact.erase")
        .summary("Erase a person, for good")
        .describe(
            "Destroys the key under which everything about the person is sealed, takes back what waits to be sent, and removes \
             values, indexes and contents. Ids, states and ledger leaves stay; of an address that was suppressed a keyed hash, for \
             as long as the organisation has decided. There is no way back, and no backup that helps. With `erasure=immediate` the \
             keys of all older copies of the key store are destroyed, too; otherwise these rotate out within seven days.",
        )
        .queries::<EraseQuery>()
        .answers::<ErasedView>(200)
        .refuses(&[&LEGAL_HOLD])
        .to(move |call: Call<(), EraseQuery>| {
            let asked =
                Asked { ground: call.query.reason, note: None, finality: call.query.erasure.unwrap_or_default() };
            handle_erase(erasures.clone(), call, asked)
        })
}

fn erase_saying_why(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    post("/v1/contacts/{id}/erase")
        .needs(CONTACTS_ERASE)
        .step_up()
        .class(Class::Write)
        .acts("contact.erase")
        .summary("Erase a person, for good, and say why")
        .describe("As `DELETE`, with room for a note.")
        .takes::<EraseBody>()
        .example(json!({ "reason": "asked", "note": "Ticket 4512", "erasure": "immediate" }))
        .answers::<ErasedView>(200)
        .refuses(&[&LEGAL_HOLD])
        .to(move |mut call: Call<EraseBody>| {
            let EraseBody { reason, note, erasure, .. } = &mut call.body;
            let asked = Asked { ground: Some(*reason), note: note.take(), finality: *erasure };
            handle_erase(erasures.clone(), call, asked)
        })
}

async fn handle_erase<B, Q>(erasures: Erasures, call: Call<B, Q>, asked: Asked) -> Result<Reply, Failure> {
    let contact = erasures.expect(&call.ctx, call.id("id")?).await?;
    let prepared = erasures.prepare(&call.ctx, contact, &asked).await?;
    let (id, final_at) = (prepared.id, asked.finality.at(call.ctx.now()));
    let reply = call
        .write(&erasures.store, move |tx| {
            let view = ErasedView { id: prepared.id, contact_id: contact, erasure: "immediate", final_at };
            let reply = Reply::ok(&view)?;
            Ok(begin(tx, &prepared)?.map(|_| reply))
        })
        .await?;
    erasures.complete(call.ctx.org, id).await?;
    Ok(reply)
}

fn list(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/v1/erasures")
        .needs(ERASURES_READ)
        .class(Class::Read)
        .summary("List erasures, newest first")
        .queries::<PageQuery>()
        .answers::<Page<ErasureView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(erasures.clone(), call))
}

async fn handle_list(erasures: Erasures, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(erasures.store.keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), ErasureId::from_bytes)?;
    let found = erasures.list(&call.ctx, before, listing.fetch()).await?;
    Ok(Reply::ok(&listing.page(found, |one| one.id.bytes().to_vec(), ErasureView::of))?)
}

fn show(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/v1/erasures/{id}")
        .needs(ERASURES_READ)
        .class(Class::Read)
        .summary("Read an erasure")
        .answers::<ErasureView>(200)
        .to(move |call: Call| {
            let erasures = erasures.clone();
            async move {
                let erasure = erasures.find(&call.ctx, call.id("id")?).await?;
                Ok(Reply::ok(&ErasureView::of(erasure))?)
            }
        })
}

fn certificate(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/v1/erasures/{id}/certificate")
        .needs(ERASURES_READ)
        .class(Class::Read)
        .summary("The signed certificate of an erasure")
        .describe(
            "What was destroyed where, what remains and why, signed under the key of the ledger's checkpoints; with the proof that it \
             is in the ledger once a checkpoint covers it. `sealpost erasure verify` checks it offline.",
        )
        .answers::<CertificateView>(200)
        .refuses(&[&ERASURE_UNDER_WAY])
        .to(move |call: Call| handle_certificate(erasures.clone(), call))
}

/// A certificate.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ErasureCertificate")]
struct CertificateView {
    /// The erasure.
    id: ErasureId,
    /// The signed text, to be kept as it is.
    certificate: String,
    /// The key it is signed under; get it by another way, too.
    verifier_key: String,
}

async fn handle_certificate(erasures: Erasures, call: Call) -> Result<Reply, Failure> {
    let erasure = erasures.find(&call.ctx, call.id("id")?).await?;
    let certificate = erasures.certificate(&call.ctx, &erasure).await?;
    let certificate = certificate.ok_or(&ERASURE_UNDER_WAY).map_err(Refusal::of)?;
    let verifier_key = erasures.store.verifier_key()?.to_string();
    Ok(Reply::ok(&CertificateView { id: erasure.id, certificate, verifier_key })?)
}
