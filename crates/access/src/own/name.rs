//! `POST /app/{env}/you/name`

use schemars::JsonSchema;
use sealpost_store::{MemberId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, not_found, post};
use serde::Deserialize;
use serde_json::json;

use super::Own;
use super::page::page;
use crate::members::{self, MemberName};

/// What colleagues call a member from now on; nothing if left empty.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OwnNameForm")]
struct Form {
    name: Option<String>,
}

pub(super) fn route(own: &Own) -> Endpoint {
    let own = own.clone();
    post("/app/{env}/you/name")
        .signed_in("it is about nobody but the member")
        .session()
        .class(Class::Write)
        .acts("member.rename")
        .done("Name changed")
        .summary("Change what your colleagues call you")
        .takes_form::<Form>()
        .example(json!({ "name": "Sam Example" }))
        .answers_with(303, "")
        .to(move |call| change(own.clone(), call))
}

async fn change(own: Own, mut call: Call<Form>) -> Result<Reply, Failure> {
    let form = std::mem::take(&mut call.body);
    let Ok(name) = form.name.map(MemberName::parse).transpose() else {
        let page = page(&own, &call, Some("One line of up to 200 characters.".to_owned())).await?;
        return Ok(call.show("You", &page)?.with_status(400));
    };
    let id = MemberId::from_bytes(call.ctx.actor.id);
    let name = own.members.prepare_name(&call.ctx, id, name.as_ref()).await?.ok_or_else(not_found)?;
    let done = call.done("/you");
    call.write(own.members.house(), move |tx: &mut Tx<'_>| Ok(members::rename(tx, &name)?.map(|()| done))).await
}
