//! `GET /v1/settings/security`

use sealpost_access::permissions::{LEDGER_READ, SECURITY_READ};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::Api;
use super::view::SettingsView;
use crate::security::service;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/settings/security")
        .needs(SECURITY_READ)
        .class(Class::Search)
        .summary("Read the security settings")
        .describe("Each switch with how it stands and its last change; why, for whoever may read the ledger.")
        .answers::<SettingsView>(200)
        .to(move |call: Call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call) -> Result<Reply, Failure> {
    let all = service::all(&api.house, &call.ctx, &api.switches).await?;
    Ok(Reply::ok(&SettingsView::of(&all, call.caller.permissions.contains(LEDGER_READ)))?)
}
