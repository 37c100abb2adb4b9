//! `GET` and `POST /app/{env}/erasure-settings`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_ERASE;
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::erasures::{Erasures, policy, settings};

/// For how many days.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ErasurePolicyForm")]
struct Form {
    #[serde(default)]
    suppression_days: Option<String>,
}

pub(super) fn ask(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/app/{env}/erasure-settings")
        .needs(CONTACTS_ERASE)
        .page()
        .class(Class::Read)
        .summary("Ask for how long suppressions of erased people are kept")
        .to(move |call: Call| {
            let erasures = erasures.clone();
            async move {
                let standing = erasures.store.peek(&call.ctx, policy::standing).await?;
                question(&call, &standing.suppression_days.to_string()).show(&call)
            }
        })
}

pub(super) fn change(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    post("/app/{env}/erasure-settings")
        .needs(CONTACTS_ERASE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("erasure_policy.change")
        .done("Decided, for erasures from now on")
        .summary("Decide for how long suppressions of erased people are kept")
        .takes_form::<Form>()
        .example(json!({ "suppression_days": "365" }))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE])
        .to(move |call: Call<Form>| handle(erasures.clone(), call))
}

async fn handle(erasures: Erasures, call: Call<Form>) -> Result<Reply, Failure> {
    let given = call.body.suppression_days.clone().unwrap_or_default();
    let changed = async {
        let wrong = || Refusal::of(&BODY_INVALID).at("/suppression_days", "out_of_range");
        let days = settings::days(given.trim().parse().map_err(|_| wrong())?)?;
        let keys = erasures.store.keys().organisation(call.ctx.org.id).await?;
        let done = call.done("/erasures");
        call.write(&erasures.store, move |tx| Ok(policy::change(tx, &keys, days, None)?.map(|_| done))).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &given).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, days: &str) -> Ask {
    let says = "Of an address that nobody may write to, a keyed hash outlives the person, so that an import makes nobody write to them \
                again. It is on the certificate. What was promised on one stays as it was.";
    let days = Field::new("suppression_days", "Days")
        .kind(Kind::Typed("number"))
        .value(days)
        .hint("0 to 3650. With 0 nothing of the address outlives the person.")
        .required();
    Ask::new(call, "How long suppressions outlive a person", says, "/erasures").field(days).sensitive().submit("Decide")
}
