//! `GET` and `POST /app/{env}/endpoints/{id}/rotation`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, ShownOnce};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::with_secrets;
use crate::endpoints::codes::{ENDPOINT_INVALID, ROTATION_UNDER_WAY, SECRET_STORED};
use crate::endpoints::signing::api::named;
use crate::endpoints::signing::rotation as steps;
use crate::endpoints::signing::service::{self, How};

/// Whose secret is to change.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotationForm")]
struct Form {
    profile: Option<String>,
}

pub(super) fn ask(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/rotation")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which secret to rotate by steps")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let how = service::how(&store, &call.ctx, call.id("id")?).await?;
                question(&call, &how).show(&call)
            }
        })
}

pub(super) fn begin(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/rotation")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.begin_rotation")
        .summary("Begin to rotate a secret by steps")
        .describe("Shows the new one this once.")
        .takes_form::<Form>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(&[&ENDPOINT_INVALID, &ROTATION_UNDER_WAY, &SECRET_STORED])
        .to(move |call: Call<Form>| {
            let store = store.clone();
            async move {
                match begun(&store, &call).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => {
                        let how = service::how(&store, &call.ctx, call.id("id")?).await?;
                        question(&call, &how).again(&call, failure)
                    }
                }
            }
        })
}

async fn begun(store: &Store, call: &Call<Form>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let profile = named(call.body.profile.as_deref())?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let pages = call.pages()?;
    call.write(store, move |tx| {
        let begun = steps::begin(tx, &keys, id, profile)?;
        let next = ("Go on to try it".to_owned(), pages.at(&format!("/endpoints/{id}/signing")));
        let says =
            "Give it to the receiver. Until the receiver has shown that it knows it, the one before goes on signing.";
        let shown = ShownOnce::new("The new signing secret", says, next);
        let shown = with_secrets(shown, std::slice::from_ref(begun.value()))
            .other("How its text becomes the key", begun.value().encoding.word());
        let reply = pages.once("New secret", &shown, &shown.again())?;
        Ok(begun.map(|_| reply))
    })
    .await
}

fn question<B, Q>(call: &Call<B, Q>, how: &How) -> Ask {
    let own = how.own.iter().map(|(name, _)| Choice::new(name, format!("{name}’s own")));
    let choices = std::iter::once(Choice::new("", "The endpoint’s")).chain(own).collect();
    Ask::new(
        call,
        "Rotate a secret by steps?",
        "A new secret is made and shown once. The receiver answers a ping that it alone signs; then it signs deliveries. \
         Formats with room for one signature need this: theirs can’t overlap.",
        &format!("/endpoints/{}/signing", how.endpoint.id),
    )
    .field(Field::new("profile", "Which secret").kind(Kind::Choice(choices)).value(""))
    .submit("Make a new one")
}
