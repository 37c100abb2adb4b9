//! `GET` and `POST /app/{env}/security/ledger`: for how long details of the ledger are kept.

use schemars::JsonSchema;
use sealpost_access::permissions::SECURITY_MANAGE;
use sealpost_store::StoreError;
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::audit::{self, DetailsDays};
use crate::reason::Reason;
use crate::security::api::Api;
use crate::security::codes::RETENTION_REASON_REQUIRED;
use crate::security::ledger::put;

/// For how many days.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LedgerRetentionForm")]
struct Form {
    details_days: Option<DetailsDays>,
    reason: Option<String>,
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/security/ledger")
        .needs(SECURITY_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for how long details of the ledger are kept")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let standing = api.house.peek::<_, StoreError>(&call.ctx, audit::details_kept).await?;
                question(&call, &Form { details_days: standing.days, reason: None }).show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/security/ledger")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("security.change")
        .done("Kept so long from now on")
        .summary("Decide for how long details of the ledger are kept")
        .takes_form::<Form>()
        .example(json!({ "details_days": 90, "reason": "Retention schedule 2026" }))
        .answers_with(303, "")
        .refuses(&[&RETENTION_REASON_REQUIRED, &CHANGED_MEANWHILE])
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let Form { details_days, reason } = call.body.clone();
        let days = details_days.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/details_days", "field_missing"))?;
        let reason = reason.map(Reason::parse).transpose();
        let reason = reason.map_err(|bad| Refusal::of(&BODY_INVALID).at("/reason", bad.to_string()))?;
        let (keys, done) = (api.house.keys().organisation(call.ctx.org.id).await?, call.done("/security"));
        call.write(&api.house, move |tx| Ok(put(tx, &keys, days, reason.as_ref())?.map(|()| done))).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "Who did what to which thing stays, and so does the proof. What else was recorded of it is deleted after so many days.";
    Ask::new(call, "For how long details are kept", says, "/security")
        .sensitive()
        .field(
            Field::new("details_days", "Days")
                .kind(Kind::Typed("number"))
                .value(form.details_days.map(|days| days.count().to_string()).unwrap_or_default())
                .hint("30 to 3650")
                .required(),
        )
        .field(
            Field::new("reason", "Why")
                .value(form.reason.clone().unwrap_or_default())
                .hint("Needed if it is shorter than before. It is on the record."),
        )
        .submit("Decide")
}
