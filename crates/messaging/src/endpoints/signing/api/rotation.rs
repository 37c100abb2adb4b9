//! `POST` and `DELETE /v1/endpoints/{id}/rotation`, `POST …/rotation/try`, `POST …/rotation/finish`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::Overlap;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, delete, post};
use serde::Deserialize;

use super::view::ShownView;
use crate::endpoints::Endpoints;
use crate::endpoints::api::{EndpointView, TriedView};
use crate::endpoints::codes::{
    ENDPOINT_INVALID, ROTATION_MISSING, ROTATION_UNDER_WAY, ROTATION_UNPROVEN, SECRET_STORED, URL_REFUSED,
};
use crate::endpoints::signing::model::known;
use crate::endpoints::signing::rotation as steps;

/// Whose secret is to change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotationBegin")]
struct Begin {
    /// That of this profile; the endpoint's own, if absent.
    profile: Option<String>,
}

pub(super) fn begin(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/endpoints/{id}/rotation")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.begin_rotation")
        .summary("Begin to rotate a secret by steps")
        .describe(
            "For formats with room for one signature. A new secret is made and shown once; deliveries go on being signed by the old one, \
             and by both where there is room. Give it to the receiver, then `try`.",
        )
        .takes::<Begin>()
        .example(serde_json::json!({}))
        .answers::<ShownView>(201)
        .refuses(&[&ENDPOINT_INVALID, &ROTATION_UNDER_WAY, &SECRET_STORED])
        .to(move |call: Call<Begin>| begun(store.clone(), call))
}

async fn begun(store: Store, call: Call<Begin>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let profile = named(call.body.profile.as_deref())?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    call.write(&store, move |tx| {
        let begun = steps::begin(tx, &keys, id, profile)?;
        let (full, again) = (ShownView::full(begun.value()), ShownView::again(begun.value()));
        let reply = Reply::secret_once(201, &full, &again)?;
        Ok(begun.map(|_| reply))
    })
    .await
}

/// The profile that is meant, if one is.
pub(in crate::endpoints) fn named(profile: Option<&str>) -> Result<Option<&'static str>, Refusal> {
    let unknown = || Refusal::of(&ENDPOINT_INVALID).at("/profile", "profile_unknown");
    profile.map(|name| known(name).ok_or_else(unknown)).transpose()
}

pub(super) fn attempt(endpoints: &Endpoints) -> Endpoint {
    let endpoints = endpoints.clone();
    post("/v1/endpoints/{id}/rotation/try")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.try_rotation")
        .summary("Ask the receiver whether it knows the new secret")
        .describe(
            "A ping that the new secret signs alone. Answered 2xx within 5 seconds, the rotation can be finished.",
        )
        .answers::<TriedView>(200)
        .refuses(&[&ROTATION_MISSING, &URL_REFUSED])
        .to(move |call: Call| {
            let endpoints = endpoints.clone();
            async move {
                let tried = endpoints.try_rotation(&call.ctx, call.id("id")?).await?;
                Ok(Reply::ok(&TriedView::from(tried))?)
            }
        })
}

/// How to finish.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotationFinish")]
struct Finish {
    /// How long the old secret signs beside the new one where there is room for two, in seconds: 0 to 604800.
    #[schemars(range(min = 0, max = 604_800))]
    overlap_seconds: u32,
}

pub(super) fn finish(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/endpoints/{id}/rotation/finish")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.finish_rotation")
        .summary("Sign with the new secret")
        .describe("In formats with room for one signature the old secret ends at once; the receiver has shown that it knows the new one.")
        .takes::<Finish>()
        .example(serde_json::json!({ "overlap_seconds": 86_400 }))
        .answers::<EndpointView>(200)
        .refuses(&[&ENDPOINT_INVALID, &ROTATION_MISSING, &ROTATION_UNPROVEN, &SECRET_STORED])
        .to(move |call: Call<Finish>| finished(store.clone(), call))
}

async fn finished(store: Store, call: Call<Finish>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let overlap = Overlap::seconds(call.body.overlap_seconds)
        .map_err(|_| Refusal::of(&ENDPOINT_INVALID).at("/overlap_seconds", "out_of_range"))?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    call.write(&store, move |tx| {
        let finished = steps::finish(tx, &keys, id, overlap)?;
        let reply = Reply::ok(&EndpointView::from(finished.value()))?;
        Ok(finished.map(|_| reply))
    })
    .await
}

pub(super) fn cancel(store: &Store) -> Endpoint {
    let store = store.clone();
    delete("/v1/endpoints/{id}/rotation")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.cancel_rotation")
        .summary("Take a new secret back")
        .describe("The one before goes on signing. The new one is destroyed.")
        .answers_with(204, "application/json")
        .refuses(&[&ROTATION_MISSING])
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                call.write(&store, move |tx| Ok(steps::cancel(tx, id)?.map(|()| Reply::empty()))).await
            }
        })
}
