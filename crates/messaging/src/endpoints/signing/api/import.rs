//! `POST /v1/endpoints/{id}/import-secret`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{EndpointId, Store};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::Deserialize;

use crate::endpoints::api::body::Encoding;
use crate::endpoints::codes::{ENDPOINT_INVALID, SECRET_INVALID, SECRET_STORED};
use crate::endpoints::service::importable;
use crate::endpoints::signing::model::known;
use crate::endpoints::signing::service;

/// A secret that the receiver has already.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretImport")]
struct Body {
    /// For this profile alone; for the endpoint itself, if absent.
    profile: Option<String>,
    /// Its text, as the receiver has it.
    #[schemars(with = "String", length(min = 1, max = 512))]
    value: SecretText,
    /// How the text becomes a key; never inferred from its prefix.
    #[schemars(with = "Encoding")]
    encoding: KeyEncoding,
    /// It is an old one: then it may have fewer than 32 bytes, and you are reminded to replace it.
    #[serde(default)]
    imported: bool,
}

pub(super) fn import(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/endpoints/{id}/import-secret")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.import_secret")
        .summary("Sign with a secret the receiver has already")
        .describe("The one before signs no more. A rotation that is under way comes to nothing.")
        .takes::<Body>()
        .example(serde_json::json!({ "value": "an old secret of the receiver's own", "encoding": "text" }))
        .answers_with(204, "application/json")
        .refuses(&[&ENDPOINT_INVALID, &SECRET_INVALID, &SECRET_STORED])
        .to(move |call: Call<Body>| handle(store.clone(), call))
}

async fn handle(store: Store, mut call: Call<Body>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let profile = call
        .body
        .profile
        .as_deref()
        .map(|name| known(name).ok_or_else(|| Refusal::of(&ENDPOINT_INVALID).at("/profile", "profile_unknown")));
    let (profile, encoding) = (profile.transpose()?, call.body.encoding);
    let value = std::mem::replace(&mut call.body.value, SecretText::new(String::new()));
    importable(value.expose(), encoding, call.body.imported)
        .map_err(|code| Refusal::of(&SECRET_INVALID).at("/value", code))?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    call.write(&store, move |tx| Ok(service::import(tx, &keys, id, profile, value, encoding)?.map(|()| Reply::empty())))
        .await
}
