//! `POST /v1/replies`

use sealpost_access::permissions::WORKFLOWS_RUN;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, post};
use serde_json::json;

use crate::messages::codes as sending;
use crate::workflows::Workflows;
use crate::workflows::replies::{NewReply, Taken};

pub(super) fn receive(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/replies")
        .needs(WORKFLOWS_RUN)
        .class(Class::Send)
        .acts("reply.receive")
        .summary("Say that a contact has replied")
        .describe(
            "Every run for them goes on that waits for a reply, or will before it sends anything else. If none does, it begins runs of the \
             workflows that a reply begins. Where there is neither nothing happens, and nobody is made known. Nothing personal comes back.",
        )
        .takes::<NewReply>()
        .answers::<Taken>(202)
        .refuses(&[
            &BODY_INVALID,
            &sending::CARD_NUMBER,
            &sending::RECIPIENT_UNKNOWN,
            &sending::RECIPIENT_AMBIGUOUS,
            &sending::ADDRESS_MISSING,
            &sending::VOLATILE_MEMORY_FULL,
            &sending::CONTACT_RACED,
        ])
        .example(json!({ "from": { "phone": "+15550100123" }, "text": "Yes, see you then" }))
        .to(move |call: Call<NewReply>| {
            let workflows = workflows.clone();
            async move { workflows.receive_reply(&call).await }
        })
}
