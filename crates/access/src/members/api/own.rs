//! `PUT /v1/me/name`

use schemars::JsonSchema;
use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, not_found, put};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::body::{self, NameText};
use crate::members::model::MemberName;
use crate::members::service;

/// What colleagues call a member from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// `null` for nothing.
    #[serde(deserialize_with = "body::name")]
    #[schemars(with = "Option<NameText>")]
    name: Option<MemberName>,
}

pub(super) fn rename(api: Api) -> Endpoint {
    put("/v1/me/name")
        .signed_in("it is about nobody but the member")
        .class(Class::Write)
        .acts("member.rename")
        .summary("Change what your colleagues call you")
        .takes::<Body>()
        .example(json!({ "name": "Sam Example" }))
        .answers_with(204, "")
        .to(move |call| change(api.clone(), call))
}

async fn change(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let id = MemberId::from_bytes(call.ctx.actor.id);
    let name = api.members.prepare_name(&call.ctx, id, call.body.name.as_ref()).await?.ok_or_else(not_found)?;
    let act = move |tx: &mut Tx<'_>| Ok(service::rename(tx, &name)?.map(|()| Reply::empty()));
    call.write(api.members.house(), act).await
}
