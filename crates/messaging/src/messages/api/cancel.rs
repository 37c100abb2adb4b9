//! `POST /v1/messages/{id}/cancel`

use sealpost_access::permissions::MESSAGES_CANCEL;
use sealpost_store::MessageId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use crate::messages::codes::MESSAGE_LEFT;
use crate::messages::view::MessageView;
use crate::messages::{Messages, service};

pub(super) fn cancel(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/v1/messages/{id}/cancel")
        .needs(MESSAGES_CANCEL)
        .class(Class::Write)
        .acts("message.cancel")
        .summary("Cancel a message that has not left")
        .answers::<MessageView>(200)
        .refuses(&[&MESSAGE_LEFT])
        .to(move |call: Call| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call) -> Result<Reply, Failure> {
    let id: MessageId = call.id("id")?;
    let message = messages.find(&call.ctx, id).await?.cancelled(call.ctx.now());
    let view = messages.views().full(&call.masked_ctx(), &message).await?;
    let hearing = messages.hearing_of_cancel(&call.ctx, id).await?;
    call.write(messages.store(), move |tx| {
        let done = service::cancel(tx, id, hearing)?;
        let reply = Reply::ok(&view)?;
        Ok(done.map(|()| reply))
    })
    .await
}
