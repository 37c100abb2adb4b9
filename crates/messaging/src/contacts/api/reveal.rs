//! `POST /v1/contacts/{id}/reveal`

use schemars::JsonSchema;
use sealpost_access::permissions::DATA_REVEAL;
use sealpost_govern::Reason;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::Deserialize;

use super::view::ContactView;
use crate::contacts::Contacts;
use crate::contacts::model::Reveal;

/// What to see, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactReveal")]
struct Body {
    /// Which fields; the others stay masked.
    #[schemars(length(min = 1))]
    fields: Vec<Reveal>,
    /// For whoever reads the ledger later.
    reason: Reason,
}

pub(super) fn reveal(contacts: &Contacts) -> Endpoint {
    let contacts = contacts.clone();
    post("/v1/contacts/{id}/reveal")
        .needs(DATA_REVEAL)
        .step_up()
        .class(Class::Reveal)
        .acts("contact.reveal")
        .reveals()
        .summary("See fields of a contact in clear")
        .describe(
            "The look is in the ledger, with its reason, before the first clear byte leaves. A key has as many looks in a day (UTC) \
             as the masking policy says.",
        )
        .takes::<Body>()
        .answers::<ContactView>(200)
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED])
        .example(serde_json::json!({ "fields": ["phone"], "reason": "Customer called back, ticket 4512" }))
        .to(move |call: Call<Body>| handle(contacts.clone(), call))
}

async fn handle(contacts: Contacts, call: Call<Body>) -> Result<Reply, Failure> {
    let Body { fields, reason } = &call.body;
    let (contact, viewer) = contacts.reveal(&call.ctx, call.id("id")?, fields, reason).await?;
    Ok(Reply::ok(&ContactView::revealed(&call.ctx, &contact, fields, &viewer))?)
}
