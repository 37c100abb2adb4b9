//! `GET /v1/me/passkeys`

use schemars::JsonSchema;
use sealpost_store::{PasskeyId, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Serialize;

use super::Api;
use crate::passkeys::model::Passkey;
use crate::passkeys::signature::fingerprint;

/// All passkeys of a member.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Passkeys")]
struct PasskeysView {
    /// Oldest first.
    data: Vec<PasskeyView>,
}

/// A passkey.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Passkey")]
pub(super) struct PasskeyView {
    id: PasskeyId,
    /// SHA-256 of its public key: by this, records of approvals name what has signed a vote.
    key: String,
    /// The kind of browser it was registered in, as far as it is one we know; else `other`.
    browser: &'static str,
    /// Its system, as far as it is one we know; else `other`.
    system: &'static str,
    /// Whether it can be copied to other devices of its owner's.
    backup_eligible: bool,
    /// Whether it has been, as far as is known.
    backed_up: bool,
    created_at: Time,
    used_at: Option<Time>,
}

impl From<&Passkey> for PasskeyView {
    fn from(passkey: &Passkey) -> Self {
        Self {
            id: passkey.id,
            key: fingerprint(&passkey.public_key),
            browser: passkey.agent.browser(),
            system: passkey.agent.system(),
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
            created_at: passkey.created_at,
            used_at: passkey.used_at,
        }
    }
}

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/me/passkeys")
        .signed_in("it is about nobody but the member")
        .class(Class::Read)
        .summary("List your passkeys")
        .answers::<PasskeysView>(200)
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call) -> Result<Reply, Failure> {
    let all = api.passkeys.own(&call.ctx).await?;
    Ok(Reply::ok(&PasskeysView { data: all.iter().map(PasskeyView::from).collect() })?)
}
