//! `GET` and `POST /app/{env}/revisions/{id}/roll-back`

use schemars::JsonSchema;
use sealpost_access::permissions::SECURITY_MANAGE;
use sealpost_store::RevisionId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::reason::Reason;
use crate::revisions::api::{Api, OF_ROLL_BACKS};
use crate::revisions::service;
use crate::security::Turned;

/// Why.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RollBackForm")]
struct Form {
    reason: Option<String>,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/revisions/{id}/roll-back")
        .needs(SECURITY_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to change a setting to what it said")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: RevisionId = call.id("id")?;
                let (keys, all) = (api.house.keys().organisation(call.ctx.org.id).await?, api.all.clone());
                api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, &all, id)).await?;
                question(&call, id, "").show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/revisions/{id}/roll-back")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("revision.roll_back")
        .done("Rolled back")
        .summary("Change a setting to what it said")
        .takes_form::<Form>()
        .example(json!({ "reason": "The migration is over" }))
        .answers_with(303, "")
        .refuses(&OF_ROLL_BACKS)
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let id: RevisionId = call.id("id")?;
    let said = call.body.reason.clone().unwrap_or_default();
    let rolled = async {
        let reason = Some(said.clone()).filter(|text| !text.trim().is_empty());
        let reason = reason.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/reason", "field_missing"))?;
        let reason = Reason::parse(reason).map_err(|bad| Refusal::of(&BODY_INVALID).at("/reason", bad.to_string()))?;
        let (keys, all) = (api.house.keys().organisation(call.ctx.org.id).await?, api.all.clone());
        let (done, approvals) = (call.done("/revisions"), call.at("/approvals"));
        let act = move |tx: &mut sealpost_store::Tx<'_>| {
            Ok(service::roll_back(tx, &keys, &all, id, &reason)?.map(|turned| match turned {
                Turned::Done => done,
                Turned::Waits(approval) => Reply::see_other(&format!("{approvals}/{approval}")),
            }))
        };
        call.write(&api.house, act).await
    };
    match rolled.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id, &said).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: RevisionId, said: &str) -> Ask {
    let says = "The setting says again what it said then. That is a change of its own: where it takes an approval, it waits for one.";
    Ask::new(call, "Roll back to this?", says, &format!("/revisions/{id}"))
        .field(Field::new("reason", "Why").value(said).hint("It is on the record.").required())
        .sensitive()
        .submit("Roll back")
}
