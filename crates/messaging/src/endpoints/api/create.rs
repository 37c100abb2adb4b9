//! `POST /v1/endpoints`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::body::{self, ImportedSecret};
use super::view::{CreatedView, EndpointView};
use crate::endpoints::Endpoints;
use crate::endpoints::codes::{ENDPOINT_EXISTS, ENDPOINT_INVALID, SECRET_INVALID, URL_REFUSED};
use crate::endpoints::proof::{self, WayWord};
use crate::endpoints::service::{self, NewEndpoint};
use crate::endpoints::signing::{self, GivenProfile, Shown, ShownView};

/// A new endpoint.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// Its name: `[a-z0-9][a-z0-9-]{0,62}`.
    #[schemars(length(min = 1, max = 63), pattern("^[a-z0-9][a-z0-9-]{0,62}$"))]
    name: String,
    /// Where it is: https, a public host, port 443 or 8443. In live, where endpoints take an approval, others may agree to another port
    /// (`endpoint` of *approvals*), but to none of the bad ports of the Fetch standard.
    #[schemars(length(max = 2048))]
    url: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(length(max = 500))]
    description: String,
    /// Which events it hears of: names, `message.*` or `*`; all if empty.
    #[serde(default)]
    events: Vec<String>,
    /// How deliveries are signed, besides `standard`.
    #[serde(default)]
    profiles: Vec<GivenProfile>,
    /// Whether `standard` rides along, as it does if absent. `false` takes `standard_off_acknowledged`.
    standard: Option<bool>,
    /// You know that receivers are left with what the other profiles protect.
    #[serde(default)]
    standard_off_acknowledged: bool,
    /// A secret the receiver has already, or which stored one it is; one is generated if absent.
    secret: Option<ImportedSecret>,
    /// How it proves that it wants to be called; by a signed ping if absent.
    proof: Option<WayWord>,
}

pub(super) fn create(store: &Store, endpoints: &Endpoints) -> Endpoint {
    let (store, endpoints) = (store.clone(), endpoints.clone());
    post("/v1/endpoints")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.create")
        .summary("Create an endpoint")
        .describe("The endpoint is pending until it has proved that it wants to be called: store the secret with the receiver or publish the proof, then verify. In live, where endpoints take an approval, it is not called before others have agreed: `approval_id` is what waits.")
        .takes::<Body>()
        .answers::<CreatedView>(201)
        .refuses(&[&ENDPOINT_EXISTS, &ENDPOINT_INVALID, &SECRET_INVALID, &URL_REFUSED, &APPROVAL_PERSON_UNKNOWN])
        .example(serde_json::json!({ "name": "billing", "url": "https://receiver.example.com/hooks", "events": ["message.*"] }))
        .to(move |call: Call<Body>| handle(store.clone(), endpoints.clone(), call))
}

async fn handle(store: Store, endpoints: Endpoints, mut call: Call<Body>) -> Result<Reply, Failure> {
    endpoints.check_url(&call.ctx, &call.body.url, None).await?;
    body::description(&call.body.description)?;
    let new = NewEndpoint {
        name: body::name(&call.body.name)?,
        url: std::mem::take(&mut call.body.url),
        description: std::mem::take(&mut call.body.description),
        events: body::events(std::mem::take(&mut call.body.events))?,
        signing: signing::profiles(
            Some(std::mem::take(&mut call.body.profiles)),
            call.body.standard,
            call.body.standard_off_acknowledged,
            &call.caller,
        )?,
        secret: call.body.secret.take().map(|given| body::secret(given, &call.caller)).transpose()?,
    };
    let proof = call.body.proof;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    call.write(&store, move |tx| {
        let created = service::create(tx, &keys, new)?;
        if let Some(way) = proof {
            proof::choose(tx, created.value().endpoint.id, way.into())?;
        }
        let secrets = &created.value().profile_secrets;
        let view = |secret, profile: fn(&Shown) -> ShownView| CreatedView {
            endpoint: EndpointView::from(&created.value().endpoint),
            secret,
            public_key: created.value().public_key.clone(),
            profile_secrets: secrets.iter().map(profile).collect(),
            approval_id: created.value().waits.as_ref().map(|approval| approval.id),
        };
        let full = view(created.value().secret.as_ref().map(|secret| secret.expose().to_owned()), ShownView::full);
        let path = format!("/v1/endpoints/{}", created.value().endpoint.id);
        let reply = Reply::secret_once(201, &full, &view(None, ShownView::again))?.location(&path);
        Ok(created.map(|_| reply))
    })
    .await
}

/// The id in the path, or the one 404.
pub(super) fn id<B, Q>(call: &Call<B, Q>) -> Result<EndpointId, sealpost_web::Refusal> {
    call.id("id")
}
