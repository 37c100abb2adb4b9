//! `GET` and `PATCH /v1/endpoints/{id}/proof`

use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{EndpointId, Org, Store, Time};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, patch};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{Proof, Way};
use super::service::{self, Place, place};
use crate::endpoints::Endpoints;
use crate::endpoints::model::{Endpoint, State};

pub(in crate::endpoints) fn routes(house: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![show(endpoints), change(house, endpoints)]
}

/// How an endpoint proves that it is there and wants to be called.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ProofWay")]
pub(in crate::endpoints) enum WayWord {
    /// It answers a signed ping.
    Ping,
    /// A TXT record at `_sealpost.<host>`.
    Dns,
    /// A text at `/.well-known/sealpost-verify`.
    WellKnown,
}

impl WayWord {
    /// The word, as it is sent.
    pub(in crate::endpoints) fn word(self) -> &'static str {
        Way::from(self).word()
    }
}

impl From<WayWord> for Way {
    fn from(word: WayWord) -> Self {
        match word {
            WayWord::Ping => Self::Ping,
            WayWord::Dns => Self::Dns,
            WayWord::WellKnown => Self::WellKnown,
        }
    }
}

/// Another way.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProofBody")]
struct Body {
    /// How it is to prove itself from now on.
    way: WayWord,
}

/// How far an endpoint is with proving itself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointProof")]
struct View {
    /// `ping`, `dns` or `well_known`.
    way: &'static str,
    /// When it did last.
    proved_at: Option<Time>,
    /// Until when that is good. Sealpost asks again by itself from 14 days before.
    expires_at: Option<Time>,
    /// The name of the TXT record that has to be there.
    record_name: Option<String>,
    /// The URL at which a text has to be served.
    url: Option<String>,
    /// What has to stand there, alone in its record or on its line. Shown while it isn't proved, or was asked for in vain.
    text: Option<String>,
}

/// How far it is, as a person or program sees it.
pub(super) struct Seen {
    pub(super) proof: Proof,
    pub(super) place: Place,
    pub(super) text: Option<String>,
}

pub(super) fn seen(endpoints: &Endpoints, org: Org, endpoint: &Endpoint, proof: Proof) -> Seen {
    let place = place(endpoints, proof.way, &endpoint.url);
    let is_called = matches!(endpoint.state, State::Active | State::Failing { .. });
    let is_wanted = !matches!(place, Place::Nowhere) && (proof.is_wanted() || !is_called);
    let text = is_wanted.then(|| proof.text(endpoints.store.keys().pepper(), org, endpoint.id));
    Seen { proof, place, text }
}

impl From<Seen> for View {
    fn from(seen: Seen) -> Self {
        let (record_name, url) = match seen.place {
            Place::Nowhere => (None, None),
            Place::Record(name) => (Some(name), None),
            Place::Url(url) => (None, Some(url)),
        };
        Self {
            way: seen.proof.way.word(),
            proved_at: seen.proof.proved_at,
            expires_at: seen.proof.expires_at(),
            record_name,
            url,
            text: seen.text,
        }
    }
}

fn show(endpoints: &Endpoints) -> Route {
    let endpoints = endpoints.clone();
    get("/v1/endpoints/{id}/proof")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("Read how an endpoint proves itself")
        .answers::<View>(200)
        .to(move |call: Call| {
            let endpoints = endpoints.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let found = endpoints.store.read::<_, Failure>(&call.ctx, move |tx| {
                    Ok((crate::endpoints::find(tx, id)?, service::find(tx, id)?))
                });
                let (endpoint, proof) = found.await?;
                Ok(Reply::ok(&View::from(seen(&endpoints, call.ctx.org, &endpoint, proof)))?)
            }
        })
}

fn change(house: &Store, endpoints: &Endpoints) -> Route {
    let (house, endpoints) = (house.clone(), endpoints.clone());
    patch("/v1/endpoints/{id}/proof")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.change_proof")
        .summary("Choose how an endpoint proves itself")
        .describe("What it has proved in another way stays good for its time. Publish the text, then verify.")
        .takes::<Body>()
        .answers::<View>(200)
        .example(json!({ "way": "dns" }))
        .to(move |call: Call<Body>| {
            let (house, endpoints) = (house.clone(), endpoints.clone());
            async move {
                let id: EndpointId = call.id("id")?;
                let (way, org) = (call.body.way.into(), call.ctx.org);
                call.write(&house, move |tx| {
                    let endpoint = crate::endpoints::find(tx, id)?;
                    let changed = service::change(tx, id, way)?;
                    let view = View::from(seen(&endpoints, org, &endpoint, changed.value().clone()));
                    let reply = Reply::ok(&view)?;
                    Ok(changed.map(|_| reply))
                })
                .await
            }
        })
}
