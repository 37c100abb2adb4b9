//! `GET` and `POST /app/{env}/people/{id}/role`

use schemars::JsonSchema;
use sealpost_store::{MemberId, Tx};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use super::words::{self, Roles};
use crate::members::api::Api;
use crate::members::codes::{LAST_OWNER, ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::members::model::Member;
use crate::members::role::{self, Outcome, TheirRole};
use crate::permissions::MEMBERS_MANAGE;
use crate::roles::RoleRef;

/// Which role a member has from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MemberRoleForm")]
struct Form {
    role: RoleRef,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/people/{id}/role")
        .needs(MEMBERS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which role a member shall have")
        .to(move |call: Call| {
            let api = api.clone();
            async move { question(&api, &call).await?.show(&call) }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/people/{id}/role")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("member.role")
        .done("Role changed")
        .summary("Give a member another role")
        .describe("Leads to what waits, where a role that may more than theirs takes an approval.")
        .takes_form::<Form>()
        .example(json!({ "role": "agent" }))
        .answers_with(303, "")
        .refuses(&[&LAST_OWNER, &ONESELF, &OUTRANKED, &OWNERS_ONLY, &ROLE_EXCEEDS, &ROLE_UNKNOWN])
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let (id, role): (MemberId, _) = (call.id("id")?, call.body.role);
    let keys = api.members.house().keys().organisation(call.ctx.org.id).await?;
    let done = call.done(&format!("/people/{id}"));
    let (gate, to, approvals) = (api.gate, TheirRole { member: id, role }, call.at("/approvals"));
    let act = move |tx: &mut Tx<'_>| {
        Ok(role::give(tx, &keys, gate, to, None)?.map(|outcome| match outcome {
            Outcome::InForce => done,
            Outcome::Waits(asked) => Reply::see_other(&format!("{approvals}/{}", asked.approval)),
        }))
    };
    match call.write(api.members.house(), act).await {
        Ok(reply) => {
            api.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&api, &call).await?.again(&call, failure),
    }
}

async fn question<B, Q>(api: &Api, call: &Call<B, Q>) -> Result<Ask, Failure> {
    let id: MemberId = call.id("id")?;
    let member: Member = api.members.find(&call.ctx, id).await?.ok_or_else(not_found)?;
    let roles = Roles::all(api.members.house(), &call.ctx).await?;
    let title = format!("Another role for {}", words::called(&member));
    let says = "They are signed out everywhere: within a second no node believes what they could do before.";
    let role = Field::new("role", "Role").kind(Kind::Choice(roles.choices())).value(member.role.to_string());
    Ok(Ask::new(call, title, says, &format!("/people/{id}")).sensitive().field(role).submit("Change"))
}
