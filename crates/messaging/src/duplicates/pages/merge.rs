//! `GET` and `POST /app/{env}/contacts/{id}/merge`

use schemars::JsonSchema;
use sealpost_access::permissions::CONTACTS_WRITE;
use sealpost_store::ContactId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::contacts::Prefer;
use crate::duplicates::Duplicates;
use crate::duplicates::codes::{MERGE_INTO_ITSELF, MERGE_TARGET_UNKNOWN};
use crate::duplicates::service::{ACTION, Wanted};

/// Into whom, as a link says it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MergeQuery")]
struct Query {
    /// The contact that stays.
    into: Option<ContactId>,
}

/// Into whom.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MergeForm")]
struct Form {
    /// The contact that stays.
    #[serde(default)]
    into: Option<String>,
    /// Whose values stand where both have one.
    #[serde(default)]
    prefer: Option<Prefer>,
}

pub(super) fn ask(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    get("/app/{env}/contacts/{id}/merge")
        .needs(CONTACTS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask into whom to merge a contact")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| {
            let duplicates = duplicates.clone();
            async move {
                let id = call.id("id")?;
                duplicates.contacts.lead(&call.ctx, id).await?;
                let into = call.query.into.map(|into| into.to_string());
                question(&call, id, &Form { into, prefer: None }).show(&call)
            }
        })
}

pub(super) fn merge(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    post("/app/{env}/contacts/{id}/merge")
        .needs(CONTACTS_WRITE)
        .session()
        .class(Class::Write)
        .acts(ACTION)
        .done("Merged")
        .summary("Merge a contact into another, for good")
        .takes_form::<Form>()
        .example(json!({ "into": "con_01kf3b2y5xfh0r4c9v7t8m6e1s", "prefer": "target" }))
        .answers_with(303, "")
        .refuses(&[&MERGE_TARGET_UNKNOWN, &MERGE_INTO_ITSELF])
        .to(move |call: Call<Form>| handle(duplicates.clone(), call))
}

async fn handle(duplicates: Duplicates, call: Call<Form>) -> Result<Reply, Failure> {
    let source = call.id("id")?;
    let merged = async {
        let into = call.body.into.as_deref().and_then(|into| into.trim().parse().ok());
        let into = into.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/into", "not_a_contact_id"))?;
        let wanted = Wanted { source, into, prefer: call.body.prefer.unwrap_or_default() };
        let prepared = duplicates.prepare(&call.ctx, wanted).await?;
        let both @ [_, target] = prepared.contacts();
        let reply = call.done(&format!("/contacts/{target}"));
        let reply = call.write(&duplicates.store, move |tx| Ok(prepared.apply(tx)?.map(|_| reply))).await?;
        duplicates.merged(&call.ctx, both);
        Ok(reply)
    };
    match merged.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, source, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: ContactId, form: &Form) -> Ask {
    let says = "From then on both are one person: their messages, holds and addresses, and whom to leave alone. Addresses that don’t \
                stand stay further addresses; a name that doesn’t is gone. This can’t be undone.";
    let prefer = vec![
        Choice::new("target", "Those of the contact that stays"),
        Choice::new("source", "Those of the contact that is merged"),
    ];
    let prefers_source = form.prefer == Some(Prefer::Source);
    Ask::new(call, "Merge this contact?", says, &format!("/contacts/{id}"))
        .field(
            Field::new("into", "Into")
                .value(form.into.clone().unwrap_or_default())
                .placeholder("con_…")
                .hint("The contact that stays.")
                .required(),
        )
        .field(
            Field::new("prefer", "Values that stand where both have one")
                .kind(Kind::Choice(prefer))
                .value(if prefers_source { "source" } else { "target" }),
        )
        .submit("Merge")
        .danger()
}
