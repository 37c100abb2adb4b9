//! `GET` and `POST /app/{env}/secrets/new`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::shell::{Ask, ShownOnce};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::Api;
use crate::secrets::codes::SECRET_EXISTS;
use crate::secrets::named::{self, Asked};
use crate::secrets::{Description, NewNamed, RemindAfter, SecretName};

/// A secret to be stored.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretForm")]
struct Form {
    name: Option<String>,
    /// Generated if left empty.
    #[schemars(with = "Option<String>")]
    value: Option<SecretText>,
    description: Option<String>,
    remind_after_days: Option<String>,
}

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/secrets/new")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for a new secret")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/secrets/new")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("secret.create")
        .summary("Store a secret")
        .describe("Shows its value this once, if it was generated.")
        .takes_form::<Form>()
        .example(json!({ "name": "payment-api-key", "value": "correct horse battery staple" }))
        .answers_with(200, "text/html")
        .refuses(&[&SECRET_EXISTS])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    match create(&api, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

async fn create(api: &Api, call: &Call<Form>) -> Result<Reply, Failure> {
    let Form { name, value, description, remind_after_days } = &call.body;
    let given = value.as_ref().filter(|value| !value.expose().is_empty());
    let (value, shown) = named::value(given, &call.ctx)?;
    let new = NewNamed {
        name: read_name(name.as_deref())?,
        description: read_description(description.as_deref())?,
        remind: read_remind(remind_after_days.as_deref())?.unwrap_or_default(),
        value,
    };
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let pages = call.pages()?;
    call.write(&api.house, move |tx| {
        let made = named::create(tx, &asked, &new)?;
        let secret = made.value();
        let next = ("Go on to the secret".to_owned(), pages.at(&format!("/secrets/{}", secret.id)));
        let says = "Its value is used from now on, and never shown again.";
        let page = ShownOnce::new(format!("{} is stored", secret.name.as_str()), says, next);
        let page = match &shown {
            Some(value) => page.secret("Value", value.expose()),
            None => page,
        };
        let reply = pages.once("Secret stored", &page, &page.again())?;
        Ok(made.map(|_| reply))
    })
    .await
}

/// A name, or what a form says of it.
pub(super) fn read_name(text: Option<&str>) -> Result<SecretName, Refusal> {
    SecretName::parse(text.unwrap_or_default().trim())
        .map_err(|_| Refusal::of(&BODY_INVALID).at("/name", "name_invalid"))
}

/// A description; nothing, if it is absent.
pub(super) fn read_description(text: Option<&str>) -> Result<Description, Refusal> {
    Description::parse(text.unwrap_or_default().trim())
        .map_err(|_| Refusal::of(&BODY_INVALID).at("/description", "text_unsuitable"))
}

/// A number of days, if there is one.
pub(super) fn read_remind(text: Option<&str>) -> Result<Option<RemindAfter>, Refusal> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let days = text.parse().ok().and_then(|days| RemindAfter::days(days).ok());
    days.map(Some).ok_or_else(|| Refusal::of(&BODY_INVALID).at("/remind_after_days", "out_of_range"))
}

/// The fields that every form of a secret has.
pub(super) fn fields(ask: Ask, name: &str, description: &str, remind: &str) -> Ask {
    ask.field(
        Field::new("name", "Secret name").value(name).placeholder("payment-api-key").hint("a–z, 0–9, dash").required(),
    )
    .field(Field::new("description", "Description").value(description))
    .field(
        Field::new("remind_after_days", "Remind of its age after so many days")
            .kind(Kind::Typed("number"))
            .value(remind)
            .hint("0 to 3650; 0 is never."),
    )
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let of = |value: &Option<String>, otherwise: &str| value.clone().unwrap_or_else(|| otherwise.to_owned());
    let says = "Once stored, its value is used and never shown again.";
    let ask = Ask::new(call, "Store a secret", says, "/secrets").sensitive();
    let (name, description) = (of(&form.name, ""), of(&form.description, ""));
    fields(ask, &name, &description, &of(&form.remind_after_days, "90"))
        .field(
            Field::new("value", "Value")
                .kind(Kind::Typed("password"))
                .hint("Left empty, a strong one is generated and shown once."),
        )
        .submit("Save")
}
