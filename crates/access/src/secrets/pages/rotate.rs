//! `GET` and `POST /app/{env}/secrets/{id}/rotate`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::SecretId;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, ShownOnce};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::change::find;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::Overlap;
use crate::secrets::api::Api;
use crate::secrets::codes::SECRET_MANAGED;
use crate::secrets::named::{self, Asked};

/// Another version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretVersionForm")]
struct Form {
    /// Generated if left empty.
    #[schemars(with = "Option<String>")]
    value: Option<SecretText>,
    /// For how many more seconds the older versions may be used.
    overlap_seconds: Overlap,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/{id}/rotate")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for another value of a secret")
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
    post("/app/{env}/secrets/{id}/rotate")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("secret.rotate")
        .summary("Rotate a secret")
        .describe("Shows the new value this once, if it was generated.")
        .takes_form::<Form>()
        .example(json!({ "value": "staple battery horse correct", "overlap_seconds": 86_400 }))
        .answers_with(200, "text/html")
        .refuses(&[&SECRET_MANAGED])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    match rotate(&api, &call, id).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id).again(&call, failure),
    }
}

async fn rotate(api: &Api, call: &Call<Form>, id: SecretId) -> Result<Reply, Failure> {
    let given = call.body.value.as_ref().filter(|value| !value.expose().is_empty());
    let (value, shown) = named::value(given, &call.ctx)?;
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let (users, overlap, pages) = (api.users, call.body.overlap_seconds, call.pages()?);
    call.write(&api.house, move |tx| {
        let rotated = named::rotate(tx, &asked, users, id, &value, overlap)?;
        let secret = rotated.value();
        let next = ("Go on to the secret".to_owned(), pages.at(&format!("/secrets/{id}")));
        let title = format!("{} has version {}", secret.name.as_str(), secret.newest.number);
        let page = ShownOnce::new(title, "It is used from now on, and never shown again.", next);
        let page = match &shown {
            Some(value) => page.secret("Value", value.expose()),
            None => page,
        };
        let reply = pages.once("Secret rotated", &page, &page.again())?;
        Ok(rotated.map(|_| reply))
    })
    .await
}

fn question<B, Q>(call: &Call<B, Q>, id: SecretId) -> Ask {
    let overlaps = [(0, "Not at all"), (3_600, "An hour"), (86_400, "A day"), (604_800, "Seven days")];
    let overlaps = overlaps.map(|(seconds, says)| Choice::new(seconds, says)).into();
    let says = "It gets another value. Whoever has the older one changes over while both are good.";
    Ask::new(call, "Rotate this secret?", says, &format!("/secrets/{id}"))
        .sensitive()
        .field(
            Field::new("value", "New value")
                .kind(Kind::Typed("password"))
                .hint("Left empty, a strong one is generated and shown once."),
        )
        .field(
            Field::new("overlap_seconds", "The older one stays good for").kind(Kind::Choice(overlaps)).value("86400"),
        )
        .submit("Rotate")
}
