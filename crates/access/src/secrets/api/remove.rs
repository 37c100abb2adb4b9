//! `DELETE /v1/secrets/{id}`

use sealpost_store::SecretId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, delete};

use super::Api;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::codes::SECRET_IN_USE;
use crate::secrets::named;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    delete("/v1/secrets/{id}")
        .needs(SECRETS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("secret.remove")
        .summary("Remove a secret")
        .describe("With all its versions, for good. Refused while something uses it: `used_by` says what.")
        .answers_with(204, "application/json")
        .refuses(&[&SECRET_IN_USE])
        .to(move |call: Call| remove(api.clone(), call))
}

async fn remove(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: SecretId = call.id("id")?;
    let users = api.users;
    call.write(&api.house, move |tx| Ok(named::remove(tx, users, id)?.map(|()| Reply::empty()))).await
}
