//! What stands about the proof on an endpoint's page, and `GET` and `POST /app/{env}/endpoints/{id}/proof`.

use askama::Template;
use askama::filters::HtmlSafe;
use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, Org, Store, Time};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Line, When};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, get, post};
use serde::Deserialize;
use serde_json::json;

use super::api::{WayWord, seen};
use super::model::{Proof, Way};
use super::service::{self, Place};
use crate::endpoints::Endpoints;
use crate::endpoints::model::Endpoint;

/// The ways, as they are chosen.
pub(in crate::endpoints) const WAYS: [(&str, &str); 3] = [
    ("ping", "It answers a signed ping"),
    ("dns", "A TXT record at _sealpost.<host>"),
    ("well_known", "A text at /.well-known/sealpost-verify"),
];

pub(in crate::endpoints) fn routes(house: &Store) -> Vec<Route> {
    vec![ask(house), change(house)]
}

/// The panel.
#[derive(Clone, Debug, Template)]
#[template(path = "endpoints/proof/panel.html")]
pub(in crate::endpoints) struct Panel {
    says: &'static str,
    proved: Option<When>,
    ends: Option<When>,
    warned: bool,
    at: Option<(&'static str, Line)>,
    text: Option<Line>,
    edit: Option<String>,
}

impl HtmlSafe for Panel {}

impl Panel {
    /// How far an endpoint is; `edit` leads whoever may to where the way is chosen.
    pub(in crate::endpoints) fn of(
        endpoints: &Endpoints,
        (org, endpoint): (Org, &Endpoint),
        proof: Proof,
        now: Time,
        edit: Option<String>,
    ) -> Self {
        let seen = seen(endpoints, org, endpoint, proof);
        Self {
            says: match seen.proof.way {
                Way::Ping => "by answering a signed ping",
                Way::Dns => "by a TXT record",
                Way::WellKnown => "by a text that it serves",
            },
            proved: seen.proof.proved_at.map(|at| When::new(at, now)),
            ends: seen.proof.expires_at().map(|at| When::new(at, now)),
            warned: seen.proof.warned_at.is_some(),
            at: match seen.place {
                Place::Nowhere => None,
                Place::Record(name) => Some(("Record", Line::new(name))),
                Place::Url(url) => Some(("Served at", Line::new(url))),
            },
            text: seen.text.map(Line::new),
            edit,
        }
    }

    /// A panel with everything on it, for pictures.
    #[cfg(test)]
    pub(in crate::endpoints) fn sample(now: Time, edit: Option<String>) -> Self {
        Self {
            says: "by a TXT record",
            proved: Some(When::new(now.plus_ms(-80 * 86_400_000), now)),
            ends: Some(When::new(now.plus_ms(10 * 86_400_000), now)),
            warned: true,
            at: Some(("Record", Line::new("_sealpost.a-rather-long-name.billing.example.com"))),
            text: Some(Line::new("sealpost-verify=0123456789abcdef0123456789abcdef01234567")),
            edit,
        }
    }
}

/// Another way.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProofForm")]
struct Form {
    way: Option<WayWord>,
}

fn ask(house: &Store) -> Route {
    let house = house.clone();
    get("/app/{env}/endpoints/{id}/proof")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how an endpoint is to prove itself")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let found = house.read::<_, Failure>(&call.ctx, move |tx| {
                    crate::endpoints::find(tx, id)?;
                    Ok(service::find(tx, id)?)
                });
                question(&call, id, found.await?.way).show(&call)
            }
        })
}

fn change(house: &Store) -> Route {
    let house = house.clone();
    post("/app/{env}/endpoints/{id}/proof")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.change_proof")
        .done("It proves itself so from now on")
        .summary("Choose how an endpoint proves itself")
        .takes_form::<Form>()
        .example(json!({ "way": "dns" }))
        .answers_with(303, "")
        .to(move |call: Call<Form>| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let way = call.body.way.map(Way::from).unwrap_or_default();
                let reply = call.done(&format!("/endpoints/{id}"));
                call.write(&house, move |tx| Ok(service::change(tx, id, way)?.map(|_| reply))).await
            }
        })
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId, way: Way) -> Ask {
    let says =
        "What it has proved in another way stays good for its time. The page of the endpoint says what to publish.";
    Ask::new(call, "How does this endpoint prove itself?", says, &format!("/endpoints/{id}"))
        .field(
            Field::new("way", "It is believed when")
                .kind(Kind::Choice(WAYS.map(|(value, says)| Choice::new(value, says)).into()))
                .value(way.word()),
        )
        .submit("Choose")
}
