//! `POST /v1/messages/{id}/reveal`

use schemars::JsonSchema;
use sealpost_access::permissions::DATA_REVEAL;
use sealpost_govern::Reason;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_govern::masking::structure;
use sealpost_seal::View;
use sealpost_store::MessageId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::messages::Messages;
use crate::messages::codes;
use crate::messages::view;

/// Why somebody looks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// For whoever reads the ledger later.
    reason: Reason,
}

/// A message in clear.
#[derive(Serialize, JsonSchema)]
struct Revealed {
    /// The message.
    message_id: MessageId,
    /// The address it goes to.
    #[schemars(with = "Value")]
    to: View,
    /// What the caller gave to fill the template.
    data: Value,
    /// The rendered content.
    content: Value,
}

pub(super) fn reveal(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/v1/messages/{id}/reveal")
        .needs(DATA_REVEAL)
        .step_up()
        .class(Class::Reveal)
        .acts("message.reveal")
        .reveals()
        .summary("See a message in clear")
        .describe(
            "The look is in the ledger, with its reason, before the first clear byte leaves. A key has as many looks in a day (UTC) \
             as the masking policy says.",
        )
        .takes::<Body>()
        .answers::<Revealed>(200)
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED, &codes::PAYLOAD_NOT_STORED])
        .example(serde_json::json!({ "reason": "Customer called back, ticket 4512" }))
        .to(move |call: Call<Body>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<Body>) -> Result<Reply, Failure> {
    let message = messages.find(&call.ctx, call.id("id")?).await?;
    let (viewer, opened) = messages.reveal(&call.ctx, &message, &call.body.reason).await?;
    let (data, content) = match opened.payload {
        Some(payload) => {
            let content = serde_json::to_value(&payload.content).unwrap_or(Value::Null);
            (structure(&viewer, Value::Object(payload.data)), structure(&viewer, content))
        }
        None => (Value::Null, Value::Null),
    };
    let to = viewer.text(&opened.recipient, view::field(&message));
    Ok(Reply::ok(&Revealed { message_id: message.id, to, data, content })?)
}
