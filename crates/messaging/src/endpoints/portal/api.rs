//! `POST` and `GET /v1/endpoints/{id}/portal-links`, `POST /v1/portal-links/{id}/revoke`

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{EndpointId, PortalLinkId, Store, Time};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, post};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::model::{Lifetime, PortalLink};
use super::{service, store};
use crate::endpoints::Endpoints;
use crate::endpoints::codes::PORTAL_LINK_OVER;

pub(in crate::endpoints) fn routes(house: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![issue(house, endpoints), list(house), revoke(house)]
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::seconds(u32::deserialize(deserializer)?).map_err(|_| D::Error::custom("out_of_range"))
    }
}

impl JsonSchema for Lifetime {
    fn schema_name() -> Cow<'static, str> {
        "PortalLinkSeconds".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 60, "maximum": 86_400, "default": 3_600 })
    }
}

/// A new link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPortalLink")]
struct Body {
    /// For how many seconds it may be used: 60 to 86400 (a day); 3600 (an hour) unless said otherwise.
    #[serde(default)]
    expires_in_seconds: Lifetime,
}

/// A link to the deliveries of an endpoint.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PortalLink")]
struct View {
    id: PortalLinkId,
    /// To those of which endpoint.
    endpoint_id: EndpointId,
    /// `open`, `expired` or `revoked`.
    state: &'static str,
    created_at: Time,
    /// Until when it may be used.
    expires_at: Time,
    /// When it was taken back.
    revoked_at: Option<Time>,
    /// When it was last used, as far as is written down: the first time in every hour is.
    opened_at: Option<Time>,
    /// In how many hours it was used.
    hours: u32,
}

impl View {
    fn of(link: &PortalLink, now: Time) -> Self {
        Self {
            id: link.id,
            endpoint_id: link.endpoint,
            state: link.state(now).word(),
            created_at: link.created_at,
            expires_at: link.expires_at,
            revoked_at: link.revoked_at,
            opened_at: link.opened_at,
            hours: link.hours,
        }
    }
}

/// A link that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PortalLinkWithUrl")]
struct IssuedView {
    #[serde(flatten)]
    view: View,
    /// The link. `null` if this answers a repeated request.
    url: Option<String>,
}

/// The links of an endpoint.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PortalLinks")]
struct List {
    /// The newest 50, newest first, never with their URLs.
    data: Vec<View>,
}

fn issue(house: &Store, endpoints: &Endpoints) -> Route {
    let (house, public_url) = (house.clone(), endpoints.public_url.clone());
    post("/v1/endpoints/{id}/portal-links")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.share_deliveries")
        .summary("Make a link to an endpoint's deliveries")
        .describe(
            "Whoever has it sees the newest deliveries to this endpoint, their states and times, without an account: nothing of what was \
             sent, and nothing else. It can be taken back.",
        )
        .takes::<Body>()
        .example(json!({ "expires_in_seconds": 3_600 }))
        .answers::<IssuedView>(201)
        .to(move |call: Call<Body>| {
            let (house, public_url) = (house.clone(), public_url.clone());
            async move {
                let id: EndpointId = call.id("id")?;
                let (keys, lifetime) = (house.keys().clone(), call.body.expires_in_seconds);
                call.write(&house, move |tx| {
                    let made = service::issue(tx, &keys, id, lifetime)?;
                    let (issued, now) = (made.value(), tx.ctx().now());
                    let view = |url| IssuedView { view: View::of(&issued.link, now), url };
                    let reply = Reply::secret_once(201, &view(Some(issued.url(&public_url))), &view(None))?;
                    Ok(made.map(|_| reply))
                })
                .await
            }
        })
}

fn list(house: &Store) -> Route {
    let house = house.clone();
    get("/v1/endpoints/{id}/portal-links")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("List the links to an endpoint's deliveries")
        .describe("For a month after their time.")
        .answers::<List>(200)
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let (id, now): (EndpointId, _) = (call.id("id")?, call.ctx.now());
                let found = house.read::<_, Failure>(&call.ctx, move |tx| {
                    crate::endpoints::find(tx, id)?;
                    Ok(store::of_endpoint(tx, id)?)
                });
                Ok(Reply::ok(&List { data: found.await?.iter().map(|link| View::of(link, now)).collect() })?)
            }
        })
}

fn revoke(house: &Store) -> Route {
    let house = house.clone();
    post("/v1/portal-links/{id}/revoke")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.unshare_deliveries")
        .summary("Take a link back")
        .answers::<View>(200)
        .refuses(&[&PORTAL_LINK_OVER])
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: PortalLinkId = call.id("id")?;
                call.write(&house, move |tx| {
                    let revoked = service::revoke(tx, id)?;
                    let reply = Reply::ok(&View::of(revoked.value(), tx.ctx().now()))?;
                    Ok(revoked.map(|_| reply))
                })
                .await
            }
        })
}
