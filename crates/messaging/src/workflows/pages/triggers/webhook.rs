//! `GET` and `POST /app/{env}/workflows/{id}/triggers/webhook`

use schemars::JsonSchema;
use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_access::secrets::{SecretRef, may_refer};
use sealpost_store::WorkflowId;
use sealpost_web::problem::{BODY_INVALID, Place};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::{Call, Caller, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::mapping;
use crate::workflows::Workflows;
use crate::workflows::codes::TRIGGER_INVALID;
use crate::workflows::definition::{Path, To};
use crate::workflows::triggers::{self, Check, NewTrigger, Source, Webhook};

/// What says for whom, by the name it has in the API.
const KINDS: [(&str, &str); 4] = [
    ("email", "an e-mail address"),
    ("phone", "a phone number"),
    ("external_id", "your id of the contact"),
    ("contact_id", "the contact’s id"),
];

/// What says for whom, as people read it.
pub(super) fn kind(word: &str) -> &'static str {
    KINDS.iter().find(|(name, _)| *name == word).map_or("", |(_, says)| *says)
}

/// How a webhook is believed and read.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowWebhookTriggerForm")]
struct Form {
    /// How it is known who calls: a way of signing, or `key`.
    check: Option<String>,
    /// The name or id of a stored secret.
    secret: Option<String>,
    /// What says for whom: `email`, `phone`, `external_id` or `contact_id`.
    of: Option<String>,
    /// Where in the body (`/data/…`) that is.
    to: Option<String>,
    /// Where in the body (`/data/…`) it says what its sender calls it.
    id: Option<String>,
    /// A line for each field: its name, `=`, and a field of what came (`/data/…`) or a value.
    data: Option<String>,
}

fn path(text: &str, place: &'static str) -> Result<Path, Refusal> {
    Path::parse(text.trim()).ok_or_else(|| Refusal::of(&BODY_INVALID).at(place, "field_path_invalid"))
}

impl Form {
    fn wanted(&self, caller: &Caller) -> Result<NewTrigger, Refusal> {
        let missing = |place: &'static str| move || Refusal::of(&BODY_INVALID).at(place, "field_missing");
        let filled = |field: &Option<String>| field.clone().filter(|text| !text.trim().is_empty());
        let secret = filled(&self.secret).ok_or_else(missing("/secret"))?;
        let secret = SecretRef::parse(secret.trim());
        let secret = secret.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/secret", "name_invalid"))?;
        may_refer(caller)?;
        let check = self.check.as_deref().and_then(Check::by_name);
        let check = check.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/check", "check_unknown"))?;
        let to = path(&filled(&self.to).ok_or_else(missing("/to"))?, "/to")?;
        let to = match self.of.as_deref() {
            Some("email") => To::Email(to),
            Some("phone") => To::Phone(to),
            Some("external_id") => To::ExternalId(to),
            Some("contact_id") => To::ContactId(to),
            _ => return Err(Refusal::of(&BODY_INVALID).at("/of", "recipient_unknown")),
        };
        let id = filled(&self.id).map(|text| path(&text, "/id")).transpose()?;
        let data = mapping::read(self.data.as_deref().unwrap_or_default())?;
        Ok(NewTrigger { source: Source::Webhook(Webhook { check, secret, to, id }), data })
    }
}

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows/{id}/triggers/webhook")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask which webhook begins runs of a workflow")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                workflows.find(&call.ctx, id).await?;
                question(&call, id, &Form::default()).show(&call)
            }
        })
}

pub(super) fn add(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflows/{id}/triggers/webhook")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Class::Write)
        .acts("workflow.add_trigger")
        .done("The webhook begins runs from now on")
        .summary("Have a webhook begin runs of a workflow")
        .describe("Who names a stored secret needs `secrets:manage`, too.")
        .takes_form::<Form>()
        .example(json!({ "check": "standard", "secret": "crm-webhook", "of": "email", "to": "/data/customer/email" }))
        .answers_with(303, "")
        .refuses(&[&TRIGGER_INVALID])
        .to(move |call: Call<Form>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Form>) -> Result<Reply, Failure> {
    let id: WorkflowId = call.id("id")?;
    let added = async {
        let (new, done) = (call.body.wanted(&call.caller)?, call.done(&format!("/workflows/{id}")));
        call.write(workflows.store(), move |tx| Ok(triggers::create(tx, id, new)?.map(|_| done))).await
    };
    match added.await {
        Ok(reply) => {
            workflows.changed(&call.ctx);
            Ok(reply)
        }
        Err(failure) => question(&call, id, &call.body).again(&call, in_form(failure)),
    }
}

/// The API has what is wrong with a webhook within `webhook`; a form has a field for each part of it.
fn in_form(failure: Failure) -> Failure {
    let Failure::Refused(refusal) = failure else { return failure };
    if refusal.code().code != TRIGGER_INVALID.code {
        return Failure::Refused(refusal);
    }
    let placed = refusal.errors().iter().fold(Refusal::of(&TRIGGER_INVALID), |placed, wrong| {
        let place = match &wrong.place {
            Place::Pointer(place) => place.strip_prefix("/webhook").unwrap_or(place).to_owned(),
            _ => String::new(),
        };
        placed.at(place, wrong.code.clone())
    });
    Failure::Refused(placed)
}

fn question<B, Q>(call: &Call<B, Q>, id: WorkflowId, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let says = "It gets an address of its own. Whoever sends there proves who they are by a stored secret.";
    let ask = Ask::new(call, "Begin it by a webhook", says, &format!("/workflows/{id}"));
    let ask = match may_refer(&call.caller) {
        Ok(()) => ask,
        Err(_) => ask.note(Tone::Warn, "To name a stored secret takes the permission secrets:manage."),
    };
    let checks = Check::names().filter_map(|name| Some(Choice::new(name, check(Check::by_name(name)?))));
    let kinds = KINDS.map(|(name, says)| Choice::new(name, sentence(says)));
    ask.field(
        Field::new("check", "It is known who calls by")
            .kind(Kind::Choice(checks.collect()))
            .value(form.check.clone().unwrap_or_else(|| "standard".to_owned())),
    )
    .field(
        Field::new("secret", "Stored secret")
            .value(of(&form.secret))
            .placeholder("crm-webhook")
            .hint("Its name in Secrets: what the sender signs by, or the key.")
            .required(),
    )
    .field(Field::new("of", "It says for whom by").kind(Kind::Choice(kinds.into())).value(of(&form.of)))
    .field(
        Field::new("to", "Where that is")
            .value(of(&form.to))
            .placeholder("/data/customer/email")
            .hint("The body that comes is /data.")
            .required(),
    )
    .field(
        Field::new("id", "Where its sender’s name for it is")
            .value(of(&form.id))
            .placeholder("/data/id")
            .hint("One run for each. Left empty, it is the id that is signed, or the body itself."),
    )
    .field(mapping::field(form.data.as_deref()))
    .submit("Add the webhook")
}

fn check(check: Check) -> String {
    match check {
        Check::Key => "The secret itself, in a header: for who can’t sign".to_owned(),
        Check::Signature(profile) if profile.is_replay_safe() => format!("A signature: {}", profile.name),
        Check::Signature(profile) => format!("A signature that has no time: {}", profile.name),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let refusal = Refusal::of(&TRIGGER_INVALID)
            .at("/webhook/secret/secret", "secret_unknown")
            .at("/webhook/to", "not_in_data")
            .at("/data", "card_number");
        let Failure::Refused(placed) = in_form(refusal.into()) else { panic!("it is refused") };
        let places: Vec<_> = placed.errors().iter().map(|wrong| wrong.place.clone()).collect();
        let at = |place: &str| Place::Pointer(place.into());
        assert_eq!(places, [at("/secret/secret"), at("/to"), at("/data")]);
    }

    #[test]
    fn whatever_says_for_whom_is_said_in_words() {
        let path = || Path::parse("/data/to").unwrap();
        for to in [To::Email(path()), To::Phone(path()), To::ExternalId(path()), To::ContactId(path())] {
            assert!(!kind(to.parts().0).is_empty(), "{to:?}");
        }
    }
}
