//! What stands about links on an endpoint's page; `GET` and `POST` of `/app/{env}/endpoints/{id}/share` and
//! `/app/{env}/portal-links/{id}/revoke`.

use askama::Template;
use askama::filters::HtmlSafe;
use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, PortalLinkId, Store, Time};
use sealpost_web::shell::parts::{Choice, Field, Kind, Shape, State as Sign, Tone, When};
use sealpost_web::shell::{Ask, ShownOnce, Yes};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::model::{Lifetime, PortalLink, State};
use super::service;
use crate::endpoints::Endpoints;
use crate::endpoints::codes::PORTAL_LINK_OVER;

pub(in crate::endpoints) fn routes(house: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![ask(house), share(house, endpoints), ask_back(house), take_back(house)]
}

/// The panel.
#[derive(Clone, Debug, Template)]
#[template(path = "endpoints/portal/panel.html")]
pub(in crate::endpoints) struct Panel {
    rows: Vec<Row>,
    share: Option<String>,
}

impl HtmlSafe for Panel {}

/// One link.
#[derive(Clone, Debug)]
struct Row {
    id: PortalLinkId,
    state: Sign,
    ends: When,
    opened: Option<When>,
    back: Option<String>,
}

/// Links on the page: those that are of interest now.
const SHOWN: usize = 5;

impl Panel {
    /// The newest links; `at` leads whoever may there somewhere after `/app/{env}`.
    pub(in crate::endpoints) fn of(
        endpoint: EndpointId,
        links: &[PortalLink],
        now: Time,
        at: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let row = |link: &PortalLink| Row {
            id: link.id,
            state: match link.state(now) {
                State::Open => Sign::new("Open", Shape::Half, Tone::Warn),
                State::Expired => Sign::new("Over", Shape::Ended, Tone::Idle),
                State::Revoked => Sign::new("Taken back", Shape::Ended, Tone::Idle),
            },
            ends: When::new(link.expires_at, now),
            opened: link.opened_at.map(|at| When::new(at, now)),
            back: at(&format!("/portal-links/{}/revoke", link.id)).filter(|_| link.state(now) == State::Open),
        };
        Self { rows: links.iter().take(SHOWN).map(row).collect(), share: at(&format!("/endpoints/{endpoint}/share")) }
    }

    /// A panel with one of each, for pictures.
    #[cfg(test)]
    pub(in crate::endpoints) fn sample(now: Time) -> Self {
        let link = |number: u8, minutes: i64, revoked, opened| PortalLink {
            id: PortalLinkId::from_bytes([number; 16]),
            endpoint: EndpointId::from_bytes([1; 16]),
            created_at: now,
            expires_at: now.plus_ms(minutes * 60_000),
            revoked_at: revoked,
            opened_at: opened,
            hours: 1,
        };
        let links = [link(1, 40, None, Some(now)), link(2, 20, Some(now), None), link(3, -90, None, Some(now))];
        Self::of(EndpointId::from_bytes([1; 16]), &links, now, |path| Some(format!("/app/test{path}")))
    }
}

/// For how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PortalLinkForm")]
struct Form {
    /// For how many seconds the link may be used.
    #[serde(default)]
    expires_in_seconds: Lifetime,
}

fn ask(house: &Store) -> Route {
    let house = house.clone();
    get("/app/{env}/endpoints/{id}/share")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for how long somebody may see an endpoint's deliveries")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                house.read(&call.ctx, move |tx| crate::endpoints::find(tx, id)).await?;
                question(&call, id).show(&call)
            }
        })
}

fn share(house: &Store, endpoints: &Endpoints) -> Route {
    let (house, public_url) = (house.clone(), endpoints.public_url.clone());
    post("/app/{env}/endpoints/{id}/share")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.share_deliveries")
        .summary("Make a link to an endpoint's deliveries")
        .describe("Shows the link this once.")
        .takes_form::<Form>()
        .example(json!({ "expires_in_seconds": 3_600 }))
        .answers_with(200, "text/html")
        .to(move |call: Call<Form>| {
            let (house, public_url) = (house.clone(), public_url.clone());
            async move {
                let id: EndpointId = call.id("id")?;
                match shared(&house, &public_url, &call, id).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id).again(&call, failure),
                }
            }
        })
}

async fn shared(house: &Store, public_url: &str, call: &Call<Form>, id: EndpointId) -> Result<Reply, Failure> {
    let (keys, pages, lifetime) = (house.keys().clone(), call.pages()?, call.body.expires_in_seconds);
    let public_url = public_url.to_owned();
    call.write(house, move |tx| {
        let made = service::issue(tx, &keys, id, lifetime)?;
        let next = ("Back to the endpoint".to_owned(), pages.at(&format!("/endpoints/{id}")));
        let says =
            "Whoever has this link sees the deliveries to this endpoint, until its time is over or you take it back.";
        let page = ShownOnce::new("The link is made", says, next).secret("Link", made.value().url(&public_url));
        let reply = pages.once("Link made", &page, &page.again())?;
        Ok(made.map(|_| reply))
    })
    .await
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    let lifetimes = [(900, "A quarter of an hour"), (3_600, "An hour"), (14_400, "Four hours"), (86_400, "A day")];
    let choices = lifetimes.map(|(seconds, says)| Choice::new(seconds, says)).into();
    let says = "A link shows whoever you give it to the deliveries of this endpoint: events, states and times. Nothing of what was sent, \
                and nothing else.";
    Ask::new(call, "Let somebody see its deliveries?", says, &format!("/endpoints/{id}"))
        .field(Field::new("expires_in_seconds", "For").kind(Kind::Choice(choices)).value("3600"))
        .submit("Make the link")
}

fn ask_back(house: &Store) -> Route {
    let house = house.clone();
    get("/app/{env}/portal-links/{id}/revoke")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take a link back")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: PortalLinkId = call.id("id")?;
                let link = house.read(&call.ctx, move |tx| service::find(tx, id)).await?;
                question_back(&call, link.endpoint).show(&call)
            }
        })
}

fn take_back(house: &Store) -> Route {
    let house = house.clone();
    post("/app/{env}/portal-links/{id}/revoke")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.unshare_deliveries")
        .done("The link opens nothing any more")
        .summary("Take a link back")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&PORTAL_LINK_OVER])
        .to(move |call: Call<Yes>| {
            let house = house.clone();
            async move {
                let id: PortalLinkId = call.id("id")?;
                let link = house.read(&call.ctx, move |tx| service::find(tx, id)).await?;
                let reply = call.done(&format!("/endpoints/{}", link.endpoint));
                match call.write(&house, move |tx| Ok(service::revoke(tx, id)?.map(|_| reply))).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question_back(&call, link.endpoint).again(&call, failure),
                }
            }
        })
}

fn question_back<B, Q>(call: &Call<B, Q>, endpoint: EndpointId) -> Ask {
    let says = "Whoever has it sees nothing any more.";
    Ask::new(call, "Take this link back?", says, &format!("/endpoints/{endpoint}")).submit("Take it back").danger()
}
