//! `PATCH /v1/secrets/{id}`

use schemars::JsonSchema;
use sealpost_store::SecretId;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, patch};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::view::SecretView;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::codes::SECRET_EXISTS;
use crate::secrets::named::{self, Asked};
use crate::secrets::{CardChange, Description, RemindAfter, SecretName};

/// What to change; absent is unchanged.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangedSecret")]
struct Body {
    /// Another name. What refers to the secret does so by its id, and goes on to.
    name: Option<SecretName>,
    /// Another description.
    description: Option<Description>,
    /// After how many days somebody is reminded of a version's age; never, if 0.
    remind_after_days: Option<RemindAfter>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    patch("/v1/secrets/{id}")
        .needs(SECRETS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("secret.change")
        .summary("Change what a secret is called")
        .describe(
            "Its name, its description, and when its age is told. Its value stays: that is replaced by a new version.",
        )
        .takes::<Body>()
        .example(json!({ "description": "For the shop and the warehouse" }))
        .answers::<SecretView>(200)
        .refuses(&[&SECRET_EXISTS])
        .to(move |call| change(api.clone(), call))
}

async fn change(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let Body { name, description, remind_after_days, .. } = &call.body;
    let change = CardChange { name: name.clone(), description: description.clone(), remind: *remind_after_days };
    let users = api.users;
    call.write(&api.house, move |tx| {
        let changed = named::change(tx, &asked, users, id, &change)?;
        let reply = Reply::ok(&SecretView::of(changed.value()))?;
        Ok(changed.map(|_| reply))
    })
    .await
}
