//! `GET` and `POST /app/{env}/messages/{id}/cancel`

use sealpost_access::permissions::MESSAGES_CANCEL;
use sealpost_store::MessageId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::messages::codes::MESSAGE_LEFT;
use crate::messages::{Messages, service};

pub(super) fn ask(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/app/{env}/messages/{id}/cancel")
        .needs(MESSAGES_CANCEL)
        .page()
        .class(Class::Read)
        .summary("Ask whether to cancel a message")
        .to(move |call: Call| {
            let messages = messages.clone();
            async move {
                let id = call.id("id")?;
                messages.find(&call.ctx, id).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn cancel(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/app/{env}/messages/{id}/cancel")
        .needs(MESSAGES_CANCEL)
        .session()
        .class(Class::Write)
        .acts("message.cancel")
        .done("Message cancelled")
        .summary("Cancel a message that has not left")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&MESSAGE_LEFT])
        .to(move |call: Call<Yes>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: MessageId = call.id("id")?;
    let hearing = messages.hearing_of_cancel(&call.ctx, id).await?;
    let reply = call.done(&format!("/messages/{id}"));
    let done = call.write(messages.store(), move |tx| Ok(service::cancel(tx, id, hearing)?.map(|()| reply))).await;
    match done {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: MessageId) -> Ask {
    Ask::new(
        call,
        "Cancel this message?",
        "It is taken back before it leaves, and can’t be sent again. Endpoints hear of it as message.cancelled.",
        &format!("/messages/{id}"),
    )
    .submit("Cancel the message")
    .danger()
}
