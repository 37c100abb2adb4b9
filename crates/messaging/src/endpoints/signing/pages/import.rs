//! `GET` and `POST /app/{env}/endpoints/{id}/import-secret`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::endpoints::codes::{ENDPOINT_INVALID, SECRET_INVALID, SECRET_STORED};
use crate::endpoints::model::Endpoint;
use crate::endpoints::service::{find, importable};
use crate::endpoints::signing::service;
use crate::endpoints::signing::{known, model};

/// A secret the receiver has already.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretImportForm")]
struct Form {
    profile: Option<String>,
    #[schemars(with = "Option<String>")]
    value: Option<SecretText>,
    encoding: Option<String>,
    age: Option<String>,
}

pub(super) fn ask(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/import-secret")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for a secret the receiver has already")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let endpoint = store.read(&call.ctx, move |tx| find(tx, id)).await?;
                question(&call, &endpoint, &Form::default()).show(&call)
            }
        })
}

pub(super) fn import(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/import-secret")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.import_secret")
        .done("Secret imported")
        .summary("Sign with a secret the receiver has already")
        .takes_form::<Form>()
        .example(json!({ "value": "an old secret of the receiver's own", "encoding": "text" }))
        .answers_with(303, "")
        .refuses(&[&ENDPOINT_INVALID, &SECRET_INVALID, &SECRET_STORED])
        .to(move |call: Call<Form>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                match imported(&store, &call, id).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => {
                        let endpoint = store.read(&call.ctx, move |tx| find(tx, id)).await?;
                        question(&call, &endpoint, &call.body).again(&call, failure)
                    }
                }
            }
        })
}

async fn imported(store: &Store, call: &Call<Form>, id: EndpointId) -> Result<Reply, Failure> {
    let Form { profile, value, encoding, age } = &call.body;
    let unknown = || Refusal::of(&ENDPOINT_INVALID).at("/profile", "profile_unknown");
    let profile = profile.as_deref().map(|name| known(name).ok_or_else(unknown)).transpose()?;
    let encoding = encoding.as_deref().unwrap_or("text");
    let encoding = KeyEncoding::ALL.into_iter().find(|one| one.word() == encoding);
    let encoding = encoding.ok_or_else(|| Refusal::of(&SECRET_INVALID).at("/encoding", "encoding_unknown"))?;
    let text = value.as_ref().map(SecretText::expose).unwrap_or_default();
    importable(text, encoding, age.as_deref() == Some("old"))
        .map_err(|code| Refusal::of(&SECRET_INVALID).at("/value", code))?;
    let value = SecretText::new(text.to_owned());
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let reply = call.done(&format!("/endpoints/{id}/signing"));
    call.write(store, move |tx| Ok(service::import(tx, &keys, id, profile, value, encoding)?.map(|()| reply))).await
}

fn question<B, Q>(call: &Call<B, Q>, endpoint: &Endpoint, form: &Form) -> Ask {
    let of = |value: &Option<String>, otherwise: &str| value.clone().unwrap_or_else(|| otherwise.to_owned());
    let profiles = endpoint
        .profiles
        .names()
        .iter()
        .filter(|name| ![model::STANDARD, sealpost_seal::signature::MESSAGE_SIGNATURES].contains(name));
    let profiles = profiles.map(|name| Choice::new(name, format!("{name} alone")));
    let profiles =
        std::iter::once(Choice::new("", "The endpoint: all profiles without one of their own")).chain(profiles);
    let encodings = vec![
        Choice::new("text", "The text itself, prefix and all"),
        Choice::new("base64", "Base64, after whsec_ if it is there"),
        Choice::new("hex", "Hexadecimal, after whsec_ if it is there"),
    ];
    let ages = vec![
        Choice::new("new", "A fresh one: at least 32 bytes"),
        Choice::new("old", "An old one that may be shorter: remind us to replace it"),
    ];
    Ask::new(
        call,
        "Import a secret",
        "Sign with a secret that the receiver has already. The one before signs no more.",
        &format!("/endpoints/{}/signing", endpoint.id),
    )
    .field(Field::new("profile", "For").kind(Kind::Choice(profiles.collect())).value(of(&form.profile, "")))
    .field(Field::new("value", "Secret").kind(Kind::Typed("password")).required())
    .field(
        Field::new("encoding", "How its text becomes the key")
            .kind(Kind::Choice(encodings))
            .value(of(&form.encoding, "text"))
            .hint("It can’t be seen from the text. If you don’t know, detect it from an old delivery."),
    )
    .field(Field::new("age", "Its age").kind(Kind::Choice(ages)).value(of(&form.age, "new")))
    .submit("Import")
}
