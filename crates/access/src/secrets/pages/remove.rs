//! `GET` and `POST /app/{env}/secrets/{id}/remove`

use sealpost_store::SecretId;
use sealpost_web::shell::parts::Tone;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::change::find;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::Api;
use crate::secrets::codes::SECRET_IN_USE;
use crate::secrets::named;

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/{id}/remove")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to delete a secret")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let secret = find(&api, &call).await?;
                let ask = question(&call, secret.id);
                match secret.uses.is_empty() {
                    true => ask,
                    false => ask.note(Tone::Warn, "Something uses it: until that is gone, this is refused."),
                }
                .show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/secrets/{id}/remove")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("secret.remove")
        .done("Secret deleted")
        .summary("Delete a secret")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&SECRET_IN_USE])
        .to(move |call: Call<Yes>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let (users, done) = (api.users, call.done("/secrets"));
    let removed = call.write(&api.house, move |tx| Ok(named::remove(tx, users, id)?.map(|()| done))).await;
    removed.or_else(|failure| question(&call, id).again(&call, failure))
}

fn question<B, Q>(call: &Call<B, Q>, id: SecretId) -> Ask {
    let says = "Its value is destroyed with all its versions. This can’t be undone.";
    Ask::new(call, "Delete this secret?", says, &format!("/secrets/{id}")).sensitive().danger().submit("Delete")
}
