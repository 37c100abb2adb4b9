//! `GET` and `POST /app/{env}/secrets/{id}/handover`

use schemars::JsonSchema;
use sealpost_store::SecretId;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::shell::{Ask, ShownOnce};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::permissions::SECRETS_MANAGE;
use crate::secrets::Overlap;
use crate::secrets::api::Api;
use crate::secrets::codes::SECRET_MANAGED;
use crate::secrets::handover::Lifetime;
use crate::secrets::handover::{api, service};
use crate::secrets::named::Asked;
use crate::secrets::pages::find;

/// A new version for somebody.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewHandOverForm")]
struct Form {
    /// For how many more seconds the older versions may be used.
    overlap_seconds: Overlap,
    /// For how many seconds the link may be opened.
    expires_in_seconds: Lifetime,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/{id}/handover")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how to hand over a new value of a secret")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let secret = find(&api, &call).await?;
                question(&call, secret.id).show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/secrets/{id}/handover")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("secret.hand_over")
        .summary("Give a secret another value and hand it over")
        .describe("Shows the link this once.")
        .takes_form::<Form>()
        .example(json!({ "overlap_seconds": 86_400, "expires_in_seconds": 3_600 }))
        .answers_with(200, "text/html")
        .refuses(&[&SECRET_MANAGED])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    match give(&api, &call, id).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id).again(&call, failure),
    }
}

async fn give(house: &Api, call: &Call<Form>, id: SecretId) -> Result<Reply, Failure> {
    let asked = Asked::ready(&house.house, &call.ctx, call.peer()).await?;
    let order = api::order(&call.ctx, call.body.overlap_seconds, call.body.expires_in_seconds)?;
    let (keys, public_url, pages) = (house.house.keys().clone(), house.public_url.clone(), call.pages()?);
    call.write(&house.house, move |tx| {
        let made = service::hand_over(tx, &asked, &keys, id, &order)?;
        let handover = &made.value().handover;
        let next = ("See what becomes of it".to_owned(), pages.at("/secrets/handovers"));
        let says = "Give the link to one person, on a way that only they read. It shows the value once; a second opening is an alarm.";
        let page = ShownOnce::new(format!("{} has version {}", handover.name.as_str(), handover.version), says, next)
            .secret("Link", made.value().link(&public_url));
        let reply = pages.once("Handed over", &page, &page.again())?;
        Ok(made.map(|_| reply))
    })
    .await
}

fn question<B, Q>(call: &Call<B, Q>, id: SecretId) -> Ask {
    let overlaps = [(0, "Not at all"), (3_600, "An hour"), (86_400, "A day"), (604_800, "Seven days")];
    let lifetimes = [(900, "A quarter of an hour"), (3_600, "An hour"), (14_400, "Four hours"), (86_400, "A day")];
    let choices = |all: [(u32, &'static str); 4]| all.map(|(seconds, says)| Choice::new(seconds, says)).into();
    let says =
        "It gets another, strong value, which nobody sees here: a link shows it once, to whoever opens that first.";
    Ask::new(call, "Hand over a new value?", says, &format!("/secrets/{id}"))
        .sensitive()
        .note(Tone::Warn, "The value that is in use now is replaced. It stays good for as long as you say.")
        .field(
            Field::new("overlap_seconds", "The older one stays good for")
                .kind(Kind::Choice(choices(overlaps)))
                .value("86400"),
        )
        .field(
            Field::new("expires_in_seconds", "The link may be opened for")
                .kind(Kind::Choice(choices(lifetimes)))
                .value("3600"),
        )
        .submit("Make the link")
}
