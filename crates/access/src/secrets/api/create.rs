//! `POST /v1/secrets`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::view::MadeView;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::codes::SECRET_EXISTS;
use crate::secrets::named::{self, Asked};
use crate::secrets::{Description, NewNamed, RemindAfter, SecretName};

/// A secret to be stored, in the environment of the caller's own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSecretBody")]
struct Body {
    /// What it will be called: others refer to it by its id, people by this.
    name: SecretName,
    /// What it is.
    #[serde(default)]
    description: Description,
    /// The value, 1 to 16384 bytes; 256 bits are generated if it is absent.
    #[schemars(with = "Option<String>")]
    value: Option<SecretText>,
    /// After how many days somebody is reminded of a version's age; never, if 0. 90 unless said otherwise.
    #[serde(default)]
    remind_after_days: RemindAfter,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/secrets")
        .needs(SECRETS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("secret.create")
        .summary("Store a secret")
        .describe(
            "A value that is brought in is never shown again. One that is generated is in this answer and nowhere else; a repeated \
             request with the same idempotency key answers without it.",
        )
        .takes::<Body>()
        .example(json!({ "name": "payment-api-key", "description": "For the shop", "value": "correct horse battery staple" }))
        .answers::<MadeView<'static>>(201)
        .refuses(&[&SECRET_EXISTS])
        .to(move |call| create(api.clone(), call))
}

async fn create(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let (value, shown) = named::value(call.body.value.as_ref(), &call.ctx)?;
    let new = NewNamed {
        name: call.body.name.clone(),
        description: call.body.description.clone(),
        remind: call.body.remind_after_days,
        value,
    };
    call.write(&api.house, move |tx| {
        let made = named::create(tx, &asked, &new)?;
        let secret = made.value();
        let path = format!("/v1/secrets/{}", secret.id);
        let (full, again) = (MadeView::of(secret, shown.as_ref()), MadeView::of(secret, None));
        let reply = Reply::secret_once(201, &full, &again)?.location(&path);
        Ok(made.map(|_| reply))
    })
    .await
}
