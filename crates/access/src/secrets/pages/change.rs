//! `GET` and `POST /app/{env}/secrets/{id}/edit`

use schemars::JsonSchema;
use sealpost_store::SecretId;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::create::{fields, read_description, read_name, read_remind};
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::Api;
use crate::secrets::codes::SECRET_EXISTS;
use crate::secrets::named::{self, Asked};
use crate::secrets::{CardChange, NamedSecret};

/// What a secret is called; what else is absent stays.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangedSecretForm")]
struct Form {
    name: Option<String>,
    description: Option<String>,
    remind_after_days: Option<String>,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/{id}/edit")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a secret is to be called")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let secret = find(&api, &call).await?;
                let form = Form {
                    name: Some(secret.name.as_str().to_owned()),
                    description: Some(secret.description.as_str().to_owned()),
                    remind_after_days: Some(secret.remind.as_days().to_string()),
                };
                question(&call, secret.id, &form).show(&call)
            }
        })
}

/// The secret a page is about.
pub(in crate::secrets) async fn find<B, Q>(api: &Api, call: &Call<B, Q>) -> Result<NamedSecret, Failure> {
    let (id, users): (SecretId, _) = (call.id("id")?, api.users);
    api.house.read(&call.ctx, move |tx| named::show(tx, users, id)).await
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/secrets/{id}/edit")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("secret.change")
        .done("Secret changed")
        .summary("Change what a secret is called")
        .takes_form::<Form>()
        .example(json!({ "name": "shop-warehouse", "description": "For the shop and the warehouse" }))
        .answers_with(303, "")
        .refuses(&[&SECRET_EXISTS])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    match change(&api, &call, id).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id, &call.body).again(&call, failure),
    }
}

async fn change(api: &Api, call: &Call<Form>, id: SecretId) -> Result<Reply, Failure> {
    let Form { name, description, remind_after_days } = &call.body;
    let change = CardChange {
        name: Some(read_name(name.as_deref())?),
        description: description.as_deref().map(|text| read_description(Some(text))).transpose()?,
        remind: read_remind(remind_after_days.as_deref())?,
    };
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let (users, done) = (api.users, call.done(&format!("/secrets/{id}")));
    call.write(&api.house, move |tx| Ok(named::change(tx, &asked, users, id, &change)?.map(|_| done))).await
}

fn question<B, Q>(call: &Call<B, Q>, id: SecretId, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let says = "What refers to it goes on to, whatever it is called. Its value stays.";
    let ask = Ask::new(call, "Edit this secret", says, &format!("/secrets/{id}")).sensitive();
    fields(ask, &of(&form.name), &of(&form.description), &of(&form.remind_after_days)).submit("Save")
}
