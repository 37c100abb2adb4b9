//! `GET` and `POST /app/{env}/storage/purge`

use schemars::JsonSchema;
use sealpost_access::permissions::STORAGE_MANAGE;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::change::reason;
use crate::events::Class as Of;
use crate::storage::codes::{PURGE_UNCONFIRMED, STORAGE_KEPT};
use crate::storage::model::Mode;
use crate::storage::{Storage, purges};

/// What is to be gone.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StoragePurgeForm")]
struct Form {
    class: Option<String>,
    /// The class again.
    confirm: Option<String>,
    reason: Option<String>,
}

pub(super) fn ask(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    get("/app/{env}/storage/purge")
        .needs(STORAGE_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what of the past is to be gone")
        .to(move |call: Call| {
            let storage = storage.clone();
            async move {
                let standing = storage.standing(&call.ctx).await?;
                let rules = standing.policy.of(call.ctx.org.environment);
                let stored = storage.horizon(&call.ctx, rules).await?;
                let counts: Vec<String> = stored
                    .iter()
                    .filter(|one| rules.rule(one.class).mode != Mode::Keep)
                    .map(|one| format!("{} of {}", grouped(one.stored), one.class.as_str()))
                    .collect();
                let note = match counts.is_empty() {
                    true => "Every class is kept: choose another mode first.".to_owned(),
                    false => format!("Stored are payloads of {}.", counts.join(", ")),
                };
                question(&call, &Form::default()).note(Tone::Warn, note).show(&call)
            }
        })
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/app/{env}/storage/purge")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("storage.purge")
        .done("Being purged")
        .summary("Purge past payloads of a class that isn't kept any more")
        .takes_form::<Form>()
        .example(json!({ "class": "marketing", "confirm": "marketing", "reason": "Not kept any more, ticket 4512" }))
        .answers_with(303, "")
        .refuses(&[&PURGE_UNCONFIRMED, &STORAGE_KEPT])
        .to(move |call: Call<Form>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call<Form>) -> Result<Reply, Failure> {
    let begun = async {
        let Form { class, confirm, .. } = &call.body;
        let class = class.as_deref().and_then(|word| Of::ALL.into_iter().find(|class| class.as_str() == word));
        let class = class.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/class", "choice_unknown"))?;
        let confirm = confirm.as_deref().unwrap_or_default().trim().to_owned();
        let reason = reason(call.body.reason.as_deref())?;
        let (keys, done) = (storage.store.keys().organisation(call.ctx.org.id).await?, call.done("/storage"));
        call.write(&storage.store, move |tx| {
            Ok(purges::begin(tx, &keys, class, &confirm, reason.as_ref())?.map(|_| done))
        })
        .await
    };
    match begun.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "What is stored of this class in this environment goes, whatever its age, but for what is held or under way. This can’t \
                be undone.";
    let of = |given: &Option<String>| given.clone().unwrap_or_default();
    let choices = Of::ALL.into_iter().map(|class| Choice::new(class.as_str(), class.as_str())).collect();
    Ask::new(call, "Purge past payloads?", says, "/storage")
        .field(Field::new("class", "Class").kind(Kind::Choice(choices)).value(of(&form.class)))
        .field(Field::new("confirm", "The class again").value(of(&form.confirm)).placeholder("marketing").required())
        .field(Field::new("reason", "Reason").value(of(&form.reason)).placeholder("Not kept any more, ticket 4512"))
        .sensitive()
        .submit("Purge")
        .danger()
}
