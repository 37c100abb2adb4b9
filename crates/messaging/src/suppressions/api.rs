//! The routes of suppressions.

use schemars::JsonSchema;
use sealpost_access::permissions::{SUPPRESSIONS_READ, SUPPRESSIONS_WRITE};
use sealpost_seal::normal::{Email, Phone};
use sealpost_store::{Store, SuppressionId, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, Page, PageQuery, Refusal, Reply, delete, get, post};
use serde::{Deserialize, Serialize};

use super::codes::{self, ADDRESS_UNSUITABLE};
use super::model::{Reason, Suppression};
use super::service;
use crate::channels::ChannelKind;
use crate::contacts::Given;
use crate::cursor;

/// What suppressions add to the API.
pub fn feature(store: &Store) -> Feature {
    Feature {
        name: "suppressions",
        about: "Addresses nobody may write to. Kept as keyed hashes: they can be checked, never read.",
        routes: vec![create(store), list(store), lift(store), check(store)],
        codes: codes::ALL,
    }
}

/// An address, and why nobody may write to it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSuppression")]
struct NewBody {
    /// For which way of writing.
    channel: ChannelKind,
    /// E-mail address, for `email`.
    email: Option<Given<Email>>,
    /// Phone number in E.164, for `sms`.
    phone: Option<Given<Phone>>,
    /// Why; `manual` unless said otherwise.
    reason: Option<Reason>,
}

/// An address.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SuppressionCheck")]
struct CheckBody {
    /// For which way of writing.
    channel: ChannelKind,
    /// E-mail address, for `email`.
    email: Option<Given<Email>>,
    /// Phone number in E.164, for `sms`.
    phone: Option<Given<Phone>>,
}

/// A suppression. Whose address it is can't be told.
#[derive(Serialize, JsonSchema)]
struct SuppressionView {
    /// Its id.
    id: SuppressionId,
    /// For which way of writing.
    channel: ChannelKind,
    /// Why.
    reason: Reason,
    /// Since when.
    created_at: Time,
}

/// Whether nobody may write to an address.
#[derive(Serialize, JsonSchema)]
struct Checked {
    /// Whether nobody may.
    suppressed: bool,
    /// The suppression, if there is one.
    suppression: Option<SuppressionView>,
}

impl From<&Suppression> for SuppressionView {
    fn from(suppression: &Suppression) -> Self {
        let Suppression { id, channel, reason, created_at } = *suppression;
        Self { id, channel, reason, created_at }
    }
}

/// How the address of a request stands in the list.
async fn value<B>(
    store: &Store,
    call: &Call<B>,
    channel: ChannelKind,
    email: &Option<Given<Email>>,
    phone: &Option<Given<Phone>>,
) -> Result<[u8; 16], Failure> {
    let normal = match (channel, email, phone) {
        (ChannelKind::Email, Some(Given(email)), None) => email.index_form(),
        (ChannelKind::Sms, None, Some(Given(phone))) => phone.index_form(),
        (ChannelKind::Email | ChannelKind::Sms, _, _) => return Err(Refusal::of(&ADDRESS_UNSUITABLE).into()),
    };
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    Ok(service::value_of(&keys, call.ctx.org.environment, channel, &normal))
}

fn create(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/suppressions")
        .needs(SUPPRESSIONS_WRITE)
        .class(Class::Write)
        .acts("suppression.create")
        .summary("Suppress an address")
        .describe("If the address is suppressed already, that suppression is answered.")
        .takes::<NewBody>()
        .answers::<SuppressionView>(201)
        .refuses(&[&ADDRESS_UNSUITABLE])
        .example(serde_json::json!({ "channel": "email", "email": "ada@example.com" }))
        .to(move |call: Call<NewBody>| handle_create(store.clone(), call))
}

async fn handle_create(store: Store, call: Call<NewBody>) -> Result<Reply, Failure> {
    let NewBody { channel, email, phone, reason } = &call.body;
    let value = value(&store, &call, *channel, email, phone).await?;
    let (channel, reason) = (*channel, reason.unwrap_or(Reason::Manual));
    call.write(&store, move |tx| {
        let suppressed = service::suppress(tx, channel, value, reason)?;
        let reply = Reply::json(201, &SuppressionView::from(suppressed.value()))?;
        Ok(suppressed.map(|_| reply))
    })
    .await
}

fn list(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/suppressions")
        .needs(SUPPRESSIONS_READ)
        .class(Class::Read)
        .summary("List suppressions, newest first, without their addresses")
        .queries::<PageQuery>()
        .answers::<Page<SuppressionView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(store.clone(), call))
}

async fn handle_list(store: Store, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(store.keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), SuppressionId::from_bytes)?;
    let limit = listing.fetch();
    let rows = store.read(&call.ctx, move |tx| service::list(tx, before, limit)).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| SuppressionView::from(&row));
    Ok(Reply::ok(&page)?)
}

fn lift(store: &Store) -> Endpoint {
    let store = store.clone();
    delete("/v1/suppressions/{id}")
        .needs(SUPPRESSIONS_WRITE)
        .class(Class::Write)
        .acts("suppression.delete")
        .summary("Lift a suppression")
        .answers_with(204, "application/json")
        .to(move |call: Call| handle_lift(store.clone(), call))
}

async fn handle_lift(store: Store, call: Call) -> Result<Reply, Failure> {
    let lift = service::Lift(call.id("id")?);
    call.write(&store, move |tx| Ok(lift.apply(tx)?.map(|()| Reply::empty()))).await
}

fn check(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/suppressions/check")
        .needs(SUPPRESSIONS_READ)
        .class(Class::Search)
        .changes_nothing("a question whose terms are personal, and so don't belong in a URL")
        .summary("Ask whether an address is suppressed")
        .takes::<CheckBody>()
        .answers::<Checked>(200)
        .refuses(&[&ADDRESS_UNSUITABLE])
        .example(serde_json::json!({ "channel": "sms", "phone": "+12025550143" }))
        .to(move |call: Call<CheckBody>| handle_check(store.clone(), call))
}

async fn handle_check(store: Store, call: Call<CheckBody>) -> Result<Reply, Failure> {
    let CheckBody { channel, email, phone } = &call.body;
    let value = value(&store, &call, *channel, email, phone).await?;
    let channel = *channel;
    let found = store.peek(&call.ctx, move |tx| service::check(tx, channel, value)).await?;
    let suppression = found.as_ref().map(SuppressionView::from);
    Ok(Reply::ok(&Checked { suppressed: suppression.is_some(), suppression })?)
}
