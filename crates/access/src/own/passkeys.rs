//! `GET` and `POST /app/{env}/you/passkeys/{id}/remove`

use sealpost_store::{PasskeyId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use super::Own;
use super::page::device;
use crate::passkeys;
use crate::passkeys::codes::LAST_PASSKEY;

pub(super) fn ask(own: &Own) -> Endpoint {
    let own = own.clone();
    get("/app/{env}/you/passkeys/{id}/remove")
        .signed_in("it is about nobody but the member")
        .page()
        .class(Class::Read)
        .summary("Ask whether to remove a passkey")
        .to(move |call: Call| {
            let own = own.clone();
            async move { question(&own, &call).await?.show(&call) }
        })
}

pub(super) fn route(own: &Own) -> Endpoint {
    let own = own.clone();
    post("/app/{env}/you/passkeys/{id}/remove")
        .signed_in("it is about nobody but the member")
        .session()
        .step_up()
        .class(Class::Write)
        .acts("passkey.remove")
        .done("Passkey removed")
        .summary("Remove a passkey")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&LAST_PASSKEY])
        .to(move |call| remove(own.clone(), call))
}

async fn remove(own: Own, call: Call<Yes>) -> Result<Reply, Failure> {
    let (id, keys): (PasskeyId, _) = (call.id("id")?, own.passkeys.house().keys().clone());
    let done = call.done("/you");
    let act = move |tx: &mut Tx<'_>| Ok(passkeys::remove(tx, &keys, id)?.map(|()| done));
    match call.write(own.passkeys.house(), act).await {
        Ok(reply) => {
            own.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&own, &call).await?.again(&call, failure),
    }
}

async fn question<B, Q>(own: &Own, call: &Call<B, Q>) -> Result<Ask, Failure> {
    let id: PasskeyId = call.id("id")?;
    let all = own.passkeys.own(&call.ctx).await?;
    let passkey = all.iter().find(|passkey| passkey.id == id).ok_or_else(not_found)?;
    let title = format!("Remove the passkey of {}?", device(passkey));
    let says =
        "The sessions it began end, on every node. Remove it from the device, too: there it knows nothing of this.";
    Ok(Ask::new(call, title, says, "/you").sensitive().danger().submit("Remove"))
}
