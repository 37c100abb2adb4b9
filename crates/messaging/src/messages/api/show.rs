//! `GET /v1/messages/{id}`, `GET /v1/messages/{id}/timeline`

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_READ;
use sealpost_store::MessageId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Serialize;

use crate::messages::Messages;
use crate::messages::view::{MessageView, StepView};

pub(super) fn show(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/v1/messages/{id}")
        .needs(MESSAGES_READ)
        .class(Class::Read)
        .summary("Read a message, masked")
        .answers::<MessageView>(200)
        .to(move |call: Call| {
            let messages = messages.clone();
            async move {
                let message = messages.find(&call.ctx, call.id("id")?).await?;
                Ok(Reply::ok(&messages.views().full(&call.ctx, &message).await?)?)
            }
        })
}

/// A message's life, in order.
#[derive(Serialize, JsonSchema)]
struct Timeline {
    /// The message.
    message_id: MessageId,
    /// Its steps, oldest first.
    steps: Vec<StepView>,
}

pub(super) fn timeline(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/v1/messages/{id}/timeline")
        .needs(MESSAGES_READ)
        .class(Class::Read)
        .summary("Read what happened to a message")
        .answers::<Timeline>(200)
        .to(move |call: Call| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call) -> Result<Reply, Failure> {
    let message = messages.find(&call.ctx, call.id("id")?).await?;
    let steps = messages.timeline(&call.ctx, &message).await?;
    Ok(Reply::ok(&Timeline { message_id: message.id, steps: steps.into_iter().map(StepView::from).collect() })?)
}
