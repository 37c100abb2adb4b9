//! `POST /v1/secrets/{id}/handover`, `GET /v1/handovers`, `GET /v1/handovers/{id}`, `POST /v1/handovers/{id}/revoke`

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::{HandOverId, SecretId, Time};
use sealpost_web::{
    Call, Class, Endpoint, Failure, IdempotencyKey, Listing, Page, PageQuery, Refusal, Reply, get, post,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::model::{HandOver, Lifetime};
use super::service::{self, Order};
use super::store;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::Overlap;
use crate::secrets::api::Api;
use crate::secrets::codes::{HANDOVER_OVER, SECRET_MANAGED};
use crate::secrets::named::{self, Asked};

pub(in crate::secrets) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![hand_over(api), list(api), show(api), revoke(api)]
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::seconds(u32::deserialize(deserializer)?).map_err(|_| D::Error::custom("out_of_range"))
    }
}

impl JsonSchema for Lifetime {
    fn schema_name() -> Cow<'static, str> {
        "HandOverSeconds".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 60, "maximum": 86_400, "default": 3_600 })
    }
}

/// A new version, on its way to a person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewHandOver")]
struct Body {
    /// For how many more seconds the older versions may be used: 0 to 604800 (7 days).
    overlap_seconds: Overlap,
    /// For how many seconds the link may be opened: 60 to 86400 (a day); 3600 (an hour) unless said otherwise.
    #[serde(default)]
    expires_in_seconds: Lifetime,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// A hand-over.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HandOver")]
struct HandOverView {
    id: HandOverId,
    /// Which secret.
    secret_id: SecretId,
    /// What that is called.
    secret_name: String,
    /// The version that was made for it.
    version: u32,
    /// `open`, `opened`, `opened_again` (somebody tried a second time), `expired` or `revoked`. But for the first, nothing of the value
    /// is kept here.
    state: &'static str,
    created_at: Time,
    /// Until when the link may be opened.
    expires_at: Time,
    /// When it was opened.
    opened_at: Option<Time>,
    /// When somebody tried a second time, first.
    opened_again_at: Option<Time>,
    /// When it was taken back.
    revoked_at: Option<Time>,
}

impl HandOverView {
    fn of(handover: &HandOver, now: Time) -> Self {
        Self {
            id: handover.id,
            secret_id: handover.secret,
            secret_name: handover.name.as_str().to_owned(),
            version: handover.version,
            state: handover.state(now).word(),
            created_at: handover.created_at,
            expires_at: handover.expires_at,
            opened_at: handover.opened_at,
            opened_again_at: handover.again_at,
            revoked_at: handover.revoked_at,
        }
    }
}

/// A hand-over that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HandOverWithLink")]
struct IssuedView {
    #[serde(flatten)]
    view: HandOverView,
    /// The link, to be given to one person: it shows the value once. `null` if this answers a repeated request.
    link: Option<String>,
}

fn hand_over(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/secrets/{id}/handover")
        .needs(SECRETS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("secret.hand_over")
        .summary("Give a secret another value and hand it over")
        .describe(
            "Makes a version of 256 bits, and a link that shows it once to whoever opens it first. No route answers with the value, \
             this one neither. What is behind the link can't be opened without it. A second opening is an alarm.",
        )
        .takes::<Body>()
        .example(json!({ "overlap_seconds": 86_400, "expires_in_seconds": 3_600 }))
        .answers::<IssuedView>(201)
        .refuses(&[&SECRET_MANAGED])
        .to(move |call: Call<Body>| handed(api.clone(), call))
}

async fn handed(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let order = order(&call.ctx, call.body.overlap_seconds, call.body.expires_in_seconds)?;
    let (keys, public_url) = (api.house.keys().clone(), api.public_url.clone());
    call.write(&api.house, move |tx| {
        let made = service::hand_over(tx, &asked, &keys, id, &order)?;
        let (issued, now) = (made.value(), tx.ctx().now());
        let view = |link| IssuedView { view: HandOverView::of(&issued.handover, now), link };
        let reply = Reply::secret_once(201, &view(Some(issued.link(&public_url))), &view(None))?;
        let reply = reply.location(&format!("/v1/handovers/{}", issued.handover.id));
        Ok(made.map(|_| reply))
    })
    .await
}

/// A value that nobody has seen, for somebody.
pub(super) fn order(ctx: &sealpost_store::Ctx, overlap: Overlap, lifetime: Lifetime) -> Result<Order, Refusal> {
    let (value, _) = named::value(None, ctx)?;
    Ok(Order { value, overlap, lifetime })
}

fn list(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/handovers")
        .needs(SECRETS_MANAGE)
        .class(Class::Read)
        .summary("List hand-overs")
        .describe("Newest first, for a month after they were made, never with values or links.")
        .queries::<PageQuery>()
        .answers::<Page<HandOverView>>(200)
        .to(move |call: Call<(), PageQuery>| page(api.clone(), call))
}

async fn page(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let (before, fetch, now) = (behind(&listing, call.query.cursor.as_deref())?, listing.fetch(), call.ctx.now());
    let rows = api.house.read(&call.ctx, move |tx| store::page(tx, before, fetch)).await?;
    let page = listing.page(rows, |one| one.id.bytes().to_vec(), |one| HandOverView::of(&one, now));
    Ok(Reply::ok(&page)?)
}

/// Behind which hand-over a page begins.
pub(super) fn behind(listing: &Listing<'_>, cursor: Option<&str>) -> Result<HandOverId, Refusal> {
    let position = listing.position(cursor)?.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    Ok(HandOverId::from_bytes(position.unwrap_or([0xff; 16])))
}

fn show(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/handovers/{id}")
        .needs(SECRETS_MANAGE)
        .class(Class::Read)
        .summary("Show a hand-over")
        .describe("What has become of it, never its value or its link.")
        .answers::<HandOverView>(200)
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let (id, now): (HandOverId, _) = (call.id("id")?, call.ctx.now());
                let found = api.house.read(&call.ctx, move |tx| service::show(tx, id)).await?;
                Ok::<_, Failure>(Reply::ok(&HandOverView::of(&found, now))?)
            }
        })
}

fn revoke(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/handovers/{id}/revoke")
        .needs(SECRETS_MANAGE)
        .class(Class::Write)
        .acts("secret.hand_over_revoke")
        .summary("Take a hand-over back")
        .describe(
            "Destroys what its link would have shown. The version stays: rotate the secret if its value may be known.",
        )
        .answers::<HandOverView>(200)
        .refuses(&[&HANDOVER_OVER])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: HandOverId = call.id("id")?;
                call.write(&api.house, move |tx| {
                    let revoked = service::revoke(tx, id)?;
                    let reply = Reply::ok(&HandOverView::of(revoked.value(), tx.ctx().now()))?;
                    Ok(revoked.map(|_| reply))
                })
                .await
            }
        })
}
