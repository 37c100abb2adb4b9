//! `GET` and `POST` of `/app/{env}/endpoints/{id}/edit`, `/pause`, `/rotate` and `/remove`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::{Overlap, may_refer};
use sealpost_store::{EndpointId, Store, Tx};
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::shell::{Ask, Pages, ShownOnce, Yes};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::create::{listed, signing, signing_fields};
use crate::endpoints::Endpoints;
use crate::endpoints::api::body;
use crate::endpoints::codes::{ENDPOINT_INVALID, ROTATION_GUIDED, ROTATION_UNDER_WAY, SECRET_STORED, URL_REFUSED};
use crate::endpoints::model::Endpoint;
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::endpoints::service::{self, Changes};
use crate::endpoints::signing::{self, STANDARD, Shown, with_secrets};
use crate::endpoints::transport;
use crate::versions::{Expected, Promoted};

/// What to change.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndpointChangeForm")]
struct Form {
    url: Option<String>,
    description: Option<String>,
    events: Option<String>,
    profiles: Option<String>,
    standard: Option<String>,
    /// The number of the policy that was looked at.
    expected_version: Option<u32>,
}

/// How to rotate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretRotationForm")]
struct Rotation {
    overlap_seconds: Option<u32>,
}

pub(super) fn ask(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/edit")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what to change about an endpoint")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let endpoint = find(&store, &call).await?;
                let form = Form {
                    url: Some(endpoint.url.clone()),
                    description: Some(endpoint.description.clone()),
                    events: Some(endpoint.events.patterns().join(" ")),
                    profiles: Some(besides_standard(&endpoint)),
                    standard: Some(if endpoint.profiles.names().contains(&STANDARD) { "on" } else { "off" }.into()),
                    expected_version: Some(endpoint.version),
                };
                question(&call, endpoint.id, &form).show(&call)
            }
        })
}

async fn find<B, Q>(store: &Store, call: &Call<B, Q>) -> Result<Endpoint, Failure> {
    let id: EndpointId = call.id("id")?;
    store.read(&call.ctx, move |tx| service::find(tx, id)).await
}

pub(super) fn update(store: &Store, endpoints: &Endpoints) -> Route {
    let (store, endpoints) = (store.clone(), endpoints.clone());
    post("/app/{env}/endpoints/{id}/edit")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.update")
        .done("Endpoint changed")
        .summary("Change an endpoint")
        .takes_form::<Form>()
        .example(json!({ "url": "https://receiver.example.com/hooks", "description": "Delivery reports for billing" }))
        .answers_with(303, "")
        .also_answers(200, "text/html")
        .refuses(&[&ENDPOINT_INVALID, &URL_REFUSED])
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call<Form>| {
            let (store, endpoints) = (store.clone(), endpoints.clone());
            async move {
                let id: EndpointId = call.id("id")?;
                let changed = async {
                    let form = call.body.clone();
                    let url = form.url.unwrap_or_default();
                    endpoints.check_url(&call.ctx, &url, Some(id)).await?;
                    let description = form.description.unwrap_or_default();
                    body::description(&description)?;
                    let changes = Changes {
                        url: Some(url),
                        description: Some(description),
                        events: Some(body::events(listed(form.events.as_deref()))?),
                        ..Changes::default()
                    };
                    let may = may_refer(&call.caller);
                    let signing = signing(form.profiles.as_deref(), form.standard.as_deref(), &call.caller)?;
                    let keys = store.keys().organisation(call.ctx.org.id).await?;
                    let (pages, done) = (call.pages()?, call.done(&format!("/endpoints/{id}")));
                    let expected = policy::expected(&call, form.expected_version);
                    let update = move |tx: &mut Tx<'_>| {
                        transport::may_lead(tx, id, changes.url.as_deref(), may)?;
                        let changed = service::change(tx, &keys, id, (changes, signing), &expected)?;
                        let reply = match changed.value() {
                            Promoted::Waits(approval) => {
                                Reply::see_other(&pages.at(&format!("/approvals/{}", approval.id)))
                            }
                            Promoted::InForce((_, made)) if made.is_empty() => done,
                            Promoted::InForce((_, made)) => secrets_of(&pages, id, made)?,
                        };
                        Ok(changed.map(|_| reply))
                    };
                    call.write(&store, update).await
                };
                match changed.await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id, &call.body).again(&call, failure),
                }
            }
        })
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let ask = Ask::new(
        call,
        "Change this endpoint",
        "With another URL it has to prove again that it wants to be called.",
        &format!("/endpoints/{id}"),
    )
    .field(Field::new("url", "URL").kind(Kind::Typed("url")).value(of(&form.url)).required())
    .field(Field::new("description", "What it is for").value(of(&form.description)))
    .field(Field::new("events", "Events").value(of(&form.events)).hint("Left empty, it hears of all."));
    let ask = match form.expected_version {
        Some(version) => ask.hidden("expected_version", version.to_string()),
        None => ask,
    };
    signing_fields(ask, &of(&form.profiles), form.standard.as_deref().unwrap_or("on")).submit("Change")
}

fn besides_standard(endpoint: &Endpoint) -> String {
    let names = endpoint.profiles.names().iter().filter(|name| **name != STANDARD);
    names.copied().collect::<Vec<_>>().join(" ")
}

/// The secrets that were made for profiles which are new.
fn secrets_of(pages: &Pages, id: EndpointId, made: &[Shown]) -> Result<Reply, Failure> {
    let next = ("To the endpoint".to_owned(), pages.at(&format!("/endpoints/{id}")));
    let says = "These formats have secrets of their own: the text of each is its key. Give them to the receiver.";
    let shown = with_secrets(ShownOnce::new("The endpoint is changed", says, next), made);
    pages.once("New secrets", &shown, &shown.again())
}

pub(super) fn ask_pause(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/pause")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to pause an endpoint")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let endpoint = find(&store, &call).await?;
                pausing(&call, endpoint.id).show(&call)
            }
        })
}

pub(super) fn pause(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/pause")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.update")
        .summary("Stop calling an endpoint")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let changes = Changes { disabled: Some(true), ..Changes::default() };
                let reply = call.done(&format!("/endpoints/{id}"));
                let keys = store.keys().organisation(call.ctx.org.id).await?;
                let pause = move |tx: &mut Tx<'_>| {
                    let (same, believes) = (signing::Change::default(), Expected::default());
                    Ok(service::change(tx, &keys, id, (changes, same), &believes)?.map(|_| reply))
                };
                call.write(&store, pause).await
            }
        })
}

fn pausing<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(
        call,
        "Pause this endpoint?",
        "It is not called any more. To go on it has to prove itself again: the receiver may be another by then.",
        &format!("/endpoints/{id}"),
    )
    .submit("Pause")
}

pub(super) fn ask_rotate(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/rotate")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how to rotate an endpoint's secret")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let endpoint = find(&store, &call).await?;
                rotating(&call, endpoint.id).show(&call)
            }
        })
}

pub(super) fn rotate(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/rotate")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.rotate_secret")
        .summary("Give an endpoint a new signing secret")
        .describe("Shows it this once.")
        .takes_form::<Rotation>()
        .example(json!({ "overlap_seconds": "86400" }))
        .answers_with(200, "text/html")
        .refuses(&[&ENDPOINT_INVALID, &ROTATION_GUIDED, &ROTATION_UNDER_WAY, &SECRET_STORED])
        .to(move |call: Call<Rotation>| {
            let store = store.clone();
            async move {
                match rotated(&store, &call).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => rotating(&call, call.id("id")?).again(&call, failure),
                }
            }
        })
}

async fn rotated(store: &Store, call: &Call<Rotation>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let overlap = Overlap::seconds(call.body.overlap_seconds.unwrap_or(86_400))
        .map_err(|_| Refusal::of(&ENDPOINT_INVALID).at("/overlap_seconds", "out_of_range"))?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let pages = call.pages()?;
    call.write(store, move |tx| {
        let secret = service::rotate_secret(tx, &keys, id, overlap)?;
        let next = ("To the endpoint".to_owned(), pages.at(&format!("/endpoints/{id}")));
        let says = "Both secrets sign until the overlap ends, where the profile has room for two.";
        let shown =
            ShownOnce::new("The new signing secret", says, next).secret("Signing secret", secret.value().expose());
        let reply = pages.once("New secret", &shown, &shown.again())?;
        Ok(secret.map(|_| reply))
    })
    .await
}

fn rotating<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    let choices = [(0, "None: the old one ends at once"), (3600, "1 hour"), (86_400, "1 day"), (604_800, "7 days")];
    let choices = choices.into_iter().map(|(seconds, says)| Choice::new(seconds, says)).collect();
    Ask::new(
        call,
        "Rotate this endpoint’s secret?",
        "A new secret is made and shown once. The old one signs beside it for as long as you say. Formats with room for one \
         signature rotate by steps: see how it is signed.",
        &format!("/endpoints/{id}"),
    )
    .field(Field::new("overlap_seconds", "Overlap").kind(Kind::Choice(choices)).value("86400"))
    .submit("Rotate")
}

pub(super) fn ask_remove(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/remove")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to remove an endpoint")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let endpoint = find(&store, &call).await?;
                removing(&call, endpoint.id).show(&call)
            }
        })
}

pub(super) fn remove(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/remove")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.remove")
        .done("Endpoint removed")
        .summary("Remove an endpoint")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let reply = call.done("/endpoints");
                call.write(&store, move |tx| Ok(service::remove(tx, id)?.map(|()| reply))).await
            }
        })
}

fn removing<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(call, "Remove this endpoint?", "", &format!("/endpoints/{id}"))
        .note(
            Tone::Bad,
            "Its keys are destroyed, and deliveries that wait for it end as dead letters. This can’t be undone.",
        )
        .submit("Remove")
        .danger()
}
