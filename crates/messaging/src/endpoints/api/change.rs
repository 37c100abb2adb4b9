//! `PATCH` and `DELETE /v1/endpoints/{id}`, `POST /v1/endpoints/{id}/rotate-secret`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::{Overlap, may_refer};
use sealpost_govern::approvals;
use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, delete, patch, post};
use serde::{Deserialize, Serialize};

use super::body;
use super::create::id;
use super::view::{ChangedView, EndpointView};
use crate::endpoints::Endpoints;
use crate::endpoints::codes::{
    ENDPOINT_INVALID, ROTATION_GUIDED, ROTATION_UNDER_WAY, SECRET_INVALID, SECRET_STORED, URL_REFUSED,
};
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::endpoints::service::{self, Changes};
use crate::endpoints::signing::{self, GivenProfile, Shown, ShownView};
use crate::endpoints::transport;
use crate::versions::Promoted;

/// What to change; absent is unchanged.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// A new place: the endpoint is pending again. See the URL of a new one.
    #[schemars(length(max = 2048))]
    url: Option<String>,
    /// What it is for.
    #[schemars(length(max = 500))]
    description: Option<String>,
    /// Which events it hears of.
    events: Option<Vec<String>>,
    /// How deliveries are signed, besides `standard`. What a profile has stays unless something else is said of it.
    profiles: Option<Vec<GivenProfile>>,
    /// Whether `standard` rides along. `false` takes `standard_off_acknowledged`.
    standard: Option<bool>,
    /// You know that receivers are left with what the other profiles protect.
    #[serde(default)]
    standard_off_acknowledged: bool,
    /// Sign with this stored secret from now on, instead of the one it signs with now.
    secret: Option<body::NamedSecret>,
    /// Whether to stop calling it. Enabling again needs a new ping.
    disabled: Option<bool>,
    /// The number of the policy that you believe is in force; refused with `412` if another is. The `ETag` in `If-Match` says the same.
    #[schemars(range(min = 1))]
    expected_version: Option<u32>,
}

pub(super) fn update(store: &Store, endpoints: &Endpoints) -> Endpoint {
    let (store, endpoints) = (store.clone(), endpoints.clone());
    patch("/v1/endpoints/{id}")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.update")
        .summary("Change an endpoint")
        .describe(
            "In live, where endpoints take an approval, another URL, further events and weaker signatures wait for one: then the answer is \
             `202` with what waits, and nothing of the request has happened. To protect more takes nobody else.",
        )
        .takes::<Body>()
        .answers::<ChangedView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&ENDPOINT_INVALID, &SECRET_INVALID, &URL_REFUSED])
        .refuses(&POLICY_REFUSES)
        .example(serde_json::json!({ "description": "Delivery reports for billing" }))
        .to(move |mut call: Call<Body>| {
            let (store, endpoints) = (store.clone(), endpoints.clone());
            async move {
                let id = id(&call)?;
                if let Some(url) = &call.body.url {
                    endpoints.check_url(&call.ctx, url, Some(id)).await?;
                }
                call.body.description.as_deref().map(body::description).transpose()?;
                let secret = call.body.secret.take().map(|named| named.secret);
                if secret.is_some() {
                    may_refer(&call.caller)?;
                }
                let changes = Changes {
                    secret,
                    url: call.body.url.take(),
                    description: call.body.description.take(),
                    events: call.body.events.take().map(body::events).transpose()?,
                    disabled: call.body.disabled,
                };
                let may = may_refer(&call.caller);
                let (given, standard) = (call.body.profiles.take(), call.body.standard);
                let acknowledged = call.body.standard_off_acknowledged;
                let signing = signing::profiles(given, standard, acknowledged, &call.caller)?;
                let keys = store.keys().organisation(call.ctx.org.id).await?;
                let expected = policy::expected(&call, call.body.expected_version);
                call.write(&store, move |tx| {
                    transport::may_lead(tx, id, changes.url.as_deref(), may)?;
                    let changed = service::change(tx, &keys, id, (changes, signing), &expected)?;
                    let reply = match changed.value() {
                        Promoted::Waits(approval) => approvals::accepted(approval)?,
                        Promoted::InForce((endpoint, made)) => {
                            let view = |profile: fn(&Shown) -> ShownView| ChangedView {
                                endpoint: EndpointView::from(endpoint),
                                profile_secrets: made.iter().map(profile).collect(),
                            };
                            let reply = Reply::secret_once(200, &view(ShownView::full), &view(ShownView::again))?;
                            reply.version(&policy::tag(endpoint))
                        }
                    };
                    Ok(changed.map(|_| reply))
                })
                .await
            }
        })
}

pub(super) fn remove(store: &Store) -> Endpoint {
    let store = store.clone();
    delete("/v1/endpoints/{id}")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.remove")
        .summary("Remove an endpoint")
        .describe("Its keys are destroyed. Deliveries that wait for it end as dead letters.")
        .answers_with(204, "application/json")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id = id(&call)?;
                call.write(&store, move |tx| Ok(service::remove(tx, id)?.map(|()| Reply::empty()))).await
            }
        })
}

/// How to rotate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// How long the old secret signs beside the new one, in seconds: 0 to 604800.
    #[schemars(range(min = 0, max = 604_800))]
    overlap_seconds: u32,
}

/// A new secret.
#[derive(Serialize, JsonSchema)]
struct RotatedView {
    /// The new shared signing secret. Shown this once.
    secret: Option<String>,
}

pub(super) fn rotate_secret(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/endpoints/{id}/rotate-secret")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.rotate_secret")
        .summary("Give an endpoint a new signing secret")
        .describe("Until the overlap ends deliveries carry a signature by each of the two secrets, where the profile has room for two. One with room for one rotates by steps (`…/rotation`), or without an overlap.")
        .takes::<Rotation>()
        .answers::<RotatedView>(200)
        .refuses(&[&ENDPOINT_INVALID, &ROTATION_GUIDED, &ROTATION_UNDER_WAY, &SECRET_STORED])
        .example(serde_json::json!({ "overlap_seconds": 86_400 }))
        .to(move |call: Call<Rotation>| rotate(store.clone(), call))
}

async fn rotate(store: Store, call: Call<Rotation>) -> Result<Reply, Failure> {
    let id = id(&call)?;
    let overlap = Overlap::seconds(call.body.overlap_seconds)
        .map_err(|_| Refusal::of(&ENDPOINT_INVALID).at("/overlap_seconds", "out_of_range"))?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    call.write(&store, move |tx| {
        let secret = service::rotate_secret(tx, &keys, id, overlap)?;
        let full = RotatedView { secret: Some(secret.value().expose().to_owned()) };
        let reply = Reply::secret_once(200, &full, &RotatedView { secret: None })?;
        Ok(secret.map(|_| reply))
    })
    .await
}
