//! `POST /v1/messages/{id}/reveal`

use schemars::JsonSchema;
use sealpost_access::permissions::DATA_REVEAL;
use sealpost_seal::View;
use sealpost_store::MessageId;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contacts::Reason;
use crate::messages::Messages;
use crate::messages::codes::REASON_INVALID;
use crate::messages::view;

/// Why somebody looks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// For whoever reads the ledger later: 1 to 500 characters.
    #[schemars(length(min = 1, max = 500))]
    reason: String,
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
        .class(Class::Reveal)
        .acts("message.reveal")
        .reveals()
        .summary("See a message in clear")
        .describe("The look is in the ledger, with its reason, before the first clear byte leaves.")
        .takes::<Body>()
        .answers::<Revealed>(200)
        .refuses(&[&REASON_INVALID])
        .example(serde_json::json!({ "reason": "Customer called back, ticket 4512" }))
        .to(move |call: Call<Body>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, mut call: Call<Body>) -> Result<Reply, Failure> {
    let reason = Reason::parse(std::mem::take(&mut call.body.reason))
        .map_err(|_| Refusal::of(&REASON_INVALID).at("/reason", "text_unsuitable"))?;
    let message = messages.find(&call.ctx, call.id("id")?).await?;
    let (viewer, opened) = messages.reveal(&call.ctx, &message, &reason).await?;
    let (data, content) = match opened.payload {
        Some(payload) => {
            let content = serde_json::to_value(&payload.content).unwrap_or(Value::Null);
            (view::masked(&viewer, Value::Object(payload.data)), view::masked(&viewer, content))
        }
        None => (Value::Null, Value::Null),
    };
    let to = viewer.text(&opened.recipient, view::field(&message));
    Ok(Reply::ok(&Revealed { message_id: message.id, to, data, content })?)
}
