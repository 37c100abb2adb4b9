//! `DELETE /v1/me/passkeys/{id}`

use sealpost_store::{PasskeyId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete};

use super::Api;
use crate::passkeys::codes::LAST_PASSKEY;
use crate::passkeys::service;

pub(super) fn route(api: Api) -> Endpoint {
    delete("/v1/me/passkeys/{id}")
        .signed_in("it is about nobody but the member")
        .step_up()
        .class(Class::Write)
        .acts("passkey.remove")
        .summary("Remove a passkey")
        .describe(
            "Ends the sessions it began, on every node. The only passkey can't be removed: register another one first.",
        )
        .answers_with(204, "")
        .refuses(&[&LAST_PASSKEY])
        .to(move |call| remove(api.clone(), call))
}

async fn remove(api: Api, call: Call) -> Result<Reply, Failure> {
    let (id, keys): (PasskeyId, _) = (call.id("id")?, api.passkeys.house().keys().clone());
    let act = move |tx: &mut Tx<'_>| Ok::<_, Failure>(service::remove(tx, &keys, id)?.map(|()| Reply::empty()));
    let reply = call.write(api.passkeys.house(), act).await?;
    api.sessions.forget();
    Ok(reply)
}
