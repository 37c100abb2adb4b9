//! `GET` and `POST /app/{env}/approvals/{id}/cancel`, `…/apply`, `…/follow-up`

use schemars::JsonSchema;
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_VOTE};
use sealpost_store::ApprovalId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::Field;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::approvals::api::{Api, OF_DECISIONS};
use crate::approvals::codes::{APPROVAL_BY_ASKER, APPROVAL_NO_EMERGENCY, APPROVAL_NOT_YOURS};
use crate::approvals::service;
use crate::reason::Reason;

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![ask_cancel(api), cancel(api), ask_apply(api), apply(api), ask_follow_up(api), follow_up(api)]
}

/// Whether there is a request of this id to ask about.
async fn expect(api: &Api, call: &Call) -> Result<ApprovalId, Failure> {
    let id: ApprovalId = call.id("id")?;
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, id)).await?;
    Ok(id)
}

fn ask_cancel(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/approvals/{id}/cancel")
        .needs(APPROVALS_VOTE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take back what one asked for")
        .to(move |call: Call| {
            let api = api.clone();
            async move { to_cancel(&call, expect(&api, &call).await?).show(&call) }
        })
}

fn cancel(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/approvals/{id}/cancel")
        .needs(APPROVALS_VOTE)
        .session()
        .class(Class::Write)
        .acts("approval.cancel")
        .done("Taken back")
        .summary("Take back what you asked for")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&OF_DECISIONS)
        .refuses(&[&APPROVAL_NOT_YOURS])
        .to(move |call: Call<Yes>| {
            let api = api.clone();
            async move {
                let (id, keys) = (call.id("id")?, api.house.keys().organisation(call.ctx.org.id).await?);
                let done = call.done(&format!("/approvals/{id}"));
                let ended = call.write(&api.house, move |tx| Ok(service::cancel(tx, &keys, id)?.map(|_| done))).await;
                ended.or_else(|failure| to_cancel(&call, id).again(&call, failure))
            }
        })
}

fn to_cancel<B, Q>(call: &Call<B, Q>, id: ApprovalId) -> Ask {
    let says = "Nobody has to decide about it any more.";
    Ask::new(call, "Take it back?", says, &format!("/approvals/{id}")).submit("Take back")
}

fn ask_apply(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/approvals/{id}/apply")
        .needs(APPROVALS_VOTE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to put into force what was approved")
        .to(move |call: Call| {
            let api = api.clone();
            async move { to_apply(&call, expect(&api, &call).await?).show(&call) }
        })
}

fn apply(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/approvals/{id}/apply")
        .needs(APPROVALS_VOTE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval.apply")
        .done("In force")
        .summary("Put into force what was approved")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&OF_DECISIONS)
        .refuses(&[&APPROVAL_BY_ASKER])
        .to(move |call: Call<Yes>| {
            let api = api.clone();
            async move {
                let (id, keys) = (call.id("id")?, api.house.keys().organisation(call.ctx.org.id).await?);
                let (done, all) = (call.done(&format!("/approvals/{id}")), api.all.clone());
                let write =
                    move |tx: &mut sealpost_store::Tx<'_>| Ok(service::apply(tx, &keys, &all, id)?.map(|_| done));
                let ended = call.write(&api.house, write).await;
                ended.or_else(|failure| to_apply(&call, id).again(&call, failure))
            }
        })
}

fn to_apply<B, Q>(call: &Call<B, Q>, id: ApprovalId) -> Ask {
    let says = "Exactly what was voted on goes live, for everybody, at once.";
    Ask::new(call, "Put it into force?", says, &format!("/approvals/{id}")).sensitive().submit("Put into force")
}

/// What came of an emergency.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalFollowUpForm")]
struct Form {
    comment: Option<String>,
}

fn ask_follow_up(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/approvals/{id}/follow-up")
        .needs(APPROVALS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what came of an emergency")
        .to(move |call: Call| {
            let api = api.clone();
            async move { to_follow_up(&call, expect(&api, &call).await?, "").show(&call) }
        })
}

fn follow_up(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/approvals/{id}/follow-up")
        .needs(APPROVALS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval.follow_up")
        .done("On record")
        .summary("Say what came of an emergency")
        .takes_form::<Form>()
        .example(json!({ "comment": "Masking is on again since Monday" }))
        .answers_with(303, "")
        .refuses(&OF_DECISIONS)
        .refuses(&[&APPROVAL_NO_EMERGENCY])
        .to(move |call: Call<Form>| {
            let api = api.clone();
            async move {
                let (id, said) = (call.id("id")?, call.body.comment.clone().unwrap_or_default());
                let looked = async {
                    let comment = Reason::parse(said.clone())
                        .map_err(|bad| Refusal::of(&BODY_INVALID).at("/comment", bad.to_string()))?;
                    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                    let done = call.done(&format!("/approvals/{id}"));
                    call.write(&api.house, move |tx| Ok(service::follow_up(tx, &keys, id, &comment)?.map(|_| done)))
                        .await
                };
                let looked: Result<Reply, Failure> = looked.await;
                looked.or_else(|failure| to_follow_up(&call, id, &said).again(&call, failure))
            }
        })
}

fn to_follow_up<B, Q>(call: &Call<B, Q>, id: ApprovalId, said: &str) -> Ask {
    let says = "You have looked at what two people put into force in an emergency. What came of it?";
    Ask::new(call, "What came of it?", says, &format!("/approvals/{id}"))
        .field(Field::new("comment", "What you found").value(said).hint("It is on the record.").required())
        .sensitive()
        .submit("Keep")
}
