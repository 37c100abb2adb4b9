//! `POST /v1/secrets/{id}/versions`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::SecretId;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::view::MadeView;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::Overlap;
use crate::secrets::codes::SECRET_MANAGED;
use crate::secrets::named::{self, Asked};

/// Another version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSecretVersion")]
struct Body {
    /// The value, 1 to 16384 bytes; 256 bits are generated if it is absent.
    #[schemars(with = "Option<String>")]
    value: Option<SecretText>,
    /// For how many more seconds the older versions may be used: 0 to 604800 (7 days).
    overlap_seconds: Overlap,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/secrets/{id}/versions")
        .needs(SECRETS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("secret.rotate")
        .summary("Rotate a secret")
        .describe(
            "Gives it another value. Older versions may be used until the overlap ends, or they would have ended anyway. What the \
             product keeps for an endpoint or a channel is rotated there.",
        )
        .takes::<Body>()
        .example(json!({ "value": "staple battery horse correct", "overlap_seconds": 86_400 }))
        .answers::<MadeView<'static>>(201)
        .refuses(&[&SECRET_MANAGED])
        .to(move |call| rotate(api.clone(), call))
}

async fn rotate(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let asked = Asked::ready(&api.house, &call.ctx, call.peer()).await?;
    let (value, shown) = named::value(call.body.value.as_ref(), &call.ctx)?;
    let (users, overlap) = (api.users, call.body.overlap_seconds);
    call.write(&api.house, move |tx| {
        let rotated = named::rotate(tx, &asked, users, id, &value, overlap)?;
        let secret = rotated.value();
        let (full, again) = (MadeView::of(secret, shown.as_ref()), MadeView::of(secret, None));
        let reply = Reply::secret_once(201, &full, &again)?;
        Ok(rotated.map(|_| reply))
    })
    .await
}
