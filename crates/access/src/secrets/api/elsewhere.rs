//! `GET /v1/secrets/elsewhere`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, StoreError, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Serialize;

use super::Api;
use crate::permissions::SECRETS_MANAGE;
use crate::sso::{self, ConnectionCredential};

/// A credential that is kept with what uses it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CredentialElsewhere")]
struct ElsewhereView {
    /// `oidc_client_secret`, `saml_keys`.
    what: &'static str,
    /// The connection it belongs to, where it is replaced, too.
    connection_id: SsoConnectionId,
    /// What that is called.
    name: String,
    /// Since when it is this one.
    since: Time,
    /// When somebody signed in by the connection last, to within a minute.
    last_used_at: Option<Time>,
}

/// All of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CredentialsElsewhere")]
struct AllView {
    data: Vec<ElsewhereView>,
}

impl From<ConnectionCredential> for ElsewhereView {
    fn from(of: ConnectionCredential) -> Self {
        let ConnectionCredential { connection, name, what, since, last_used_at } = of;
        Self { what, connection_id: connection, name, since, last_used_at }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/secrets/elsewhere")
        .needs(SECRETS_MANAGE)
        .class(Class::Read)
        .summary("List credentials that are kept with what uses them")
        .describe(
            "Of single sign-on, whose connections belong to both environments: the oldest connection first, never with values. \
             They are replaced at their connection.",
        )
        .answers::<AllView>(200)
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call) -> Result<Reply, Failure> {
    let all = api.house.read::<_, StoreError>(&call.ctx, sso::credentials).await?;
    Ok(Reply::ok(&AllView { data: all.into_iter().map(ElsewhereView::from).collect() })?)
}
