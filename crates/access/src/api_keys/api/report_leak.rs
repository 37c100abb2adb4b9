//! `POST /v1/keys/report-leak`

use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Api;
use crate::api_keys::service;

/// A key somebody found.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Leak {
    /// The text of the key.
    #[schemars(with = "String")]
    key: SecretText,
}

/// That is all there is to know.
#[derive(Serialize, JsonSchema)]
struct Thanks {
    /// Always true, whether or not the text was a key.
    accepted: bool,
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/keys/report-leak")
        .open_to_all("whoever finds a key in public is the one who should end it, and has no account here")
        .class(Class::Open)
        .acts("key.revoke")
        .summary("Report a leaked API key")
        .describe("A secret key posted here is revoked at once. The answer is the same whatever is posted.")
        .takes::<Leak>()
        .body_limit(1024)
        .example(json!({ "key": "sk_test_0000000000000000000000000000000000000" }))
        .answers::<Thanks>(202)
        .to(move |call| report_leak(api.clone(), call))
}

async fn report_leak(api: Api, call: Call<Leak>) -> Result<Reply, Failure> {
    if let Some(id) = service::report_leak(&api.house, call.body.key.expose(), call.ctx.request).await? {
        api.forget(id);
    }
    Ok(Reply::json(202, &Thanks { accepted: true })?)
}
