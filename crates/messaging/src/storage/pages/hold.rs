//! `GET` and `POST /app/{env}/storage/hold`

use schemars::JsonSchema;
use sealpost_access::permissions::STORAGE_MANAGE;
use sealpost_store::{ContactId, MessageId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::change::reason;
use crate::storage::Storage;
use crate::storage::codes::HOLD_TARGET_UNKNOWN;
use crate::storage::holds::{self, Target};

/// Who or what is to be held.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LegalHoldForm")]
struct Form {
    contact_id: Option<String>,
    /// Ids of messages with spaces or line breaks between.
    messages: Option<String>,
    reason: Option<String>,
}

impl Form {
    fn target(&self) -> Result<Target, Refusal> {
        let unknown = |place: &'static str| Refusal::of(&HOLD_TARGET_UNKNOWN).at(place, "unknown");
        let text = |field: &Option<String>| field.as_deref().map(str::trim).unwrap_or_default().to_owned();
        match (text(&self.contact_id), text(&self.messages)) {
            (contact, messages) if messages.is_empty() => {
                let contact: ContactId = contact.parse().map_err(|_| unknown("/contact_id"))?;
                Ok(Target::Contact(contact))
            }
            (contact, messages) if contact.is_empty() => {
                let ids: Result<Vec<MessageId>, _> = messages.split_whitespace().map(str::parse).collect();
                Ok(Target::Messages(ids.map_err(|_| unknown("/messages"))?))
            }
            _ => Err(Refusal::of(&HOLD_TARGET_UNKNOWN).at("/contact_id", "one_of_both")),
        }
    }
}

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/storage/hold")
        .needs(STORAGE_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask who or what is to be held")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/app/{env}/storage/hold")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("hold.place")
        .done("Held")
        .summary("Hold what is stored of messages to a person, or of some messages")
        .takes_form::<Form>()
        .example(json!({ "contact_id": "con_01kf3b2y5xfh0r4c9v7t8m6e1s", "reason": "Case 24-117" }))
        .answers_with(303, "")
        .refuses(&[&HOLD_TARGET_UNKNOWN])
        .to(move |call: Call<Form>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call<Form>) -> Result<Reply, Failure> {
    let placed = async {
        let target = call.body.target()?;
        let missing = || Refusal::of(&BODY_INVALID).at("/reason", "field_missing");
        let reason = reason(call.body.reason.as_deref())?.ok_or_else(missing)?;
        let (keys, done) = (storage.store.keys().organisation(call.ctx.org.id).await?, call.done("/storage"));
        call.write(&storage.store, move |tx| Ok(holds::place(tx, &keys, &target, &reason)?.map(|_| done))).await
    };
    match placed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "What is stored stays until the hold is lifted, whatever a rule says, and the person isn’t erased. What is never stored \
                can’t be held.";
    let of = |given: &Option<String>| given.clone().unwrap_or_default();
    Ask::new(call, "Hold what is stored", says, "/storage")
        .field(Field::new("contact_id", "Contact").value(of(&form.contact_id)).placeholder("con_…"))
        .field(
            Field::new("messages", "Or messages")
                .kind(Kind::Lines(3, true))
                .value(of(&form.messages))
                .placeholder("msg_…")
                .hint("Up to 1000, with spaces or line breaks between."),
        )
        .field(Field::new("reason", "Reason").value(of(&form.reason)).placeholder("Case 24-117").required())
        .sensitive()
        .submit("Hold")
}
