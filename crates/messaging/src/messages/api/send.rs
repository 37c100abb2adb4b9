//! `POST /v1/messages`

use sealpost_access::permissions::MESSAGES_SEND;
use sealpost_web::{Call, Class, Code, Endpoint, Failure, Fault, Item, Refusal, Reply, post};
use serde_json::Value;

use crate::messages::Messages;
use crate::messages::accept::{AcceptedView, NewMessage, NotAccepted, RACES, accept};
use crate::messages::codes::{self, CONTACT_RACED};
use crate::messages::follow::By;

/// Why a message may be refused, besides what every route may say.
pub(crate) const REFUSALS: &[&Code] = &[
    &codes::EVENT_UNKNOWN,
    &codes::ADDRESS_MISSING,
    &codes::ADDRESS_NOT_OF_CONTACT,
    &codes::RECIPIENT_SUPPRESSED,
    &codes::RECIPIENT_AMBIGUOUS,
    &codes::TEMPLATE_DATA_INVALID,
    &codes::CARD_NUMBER,
    &codes::CALLBACK_INVALID,
    &codes::TOO_LATE,
    &codes::VOLATILE_MEMORY_FULL,
];

pub(super) fn send(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/v1/messages")
        .needs(MESSAGES_SEND)
        .class(Class::Send)
        .acts("message.accept")
        .summary("Send a message")
        .describe(
            "Answered once the message is durable, or, where payloads are stored never, once it is in memory (`\"durability\": \"volatile\"`). In the test environment it goes to the sandbox outbox and reaches nobody. \
             Nothing personal comes back.",
        )
        .takes::<NewMessage>()
        .answers::<AcceptedView>(202)
        .refuses(REFUSALS)
        .example(serde_json::json!({
            "event": "otp.login",
            "to": { "phone": "+15550100123" },
            "data": { "code": "417233" },
        }))
        .to(move |call: Call<NewMessage>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<NewMessage>) -> Result<Reply, Failure> {
    settle(&messages, &call, &call.body, |accepted| Reply::json(202, accepted)).await
}

/// Accepts the message that a request in another form amounts to, and answers in that form.
pub(crate) async fn send_as<B>(
    messages: &Messages,
    call: &Call<B>,
    message: &Value,
    answer: impl Fn(&AcceptedView) -> Result<Reply, Fault> + Clone + Send + 'static,
) -> Result<Reply, Failure> {
    settle(messages, call, &Item::new(message)?.read()?, answer).await
}

async fn settle<B>(
    messages: &Messages,
    call: &Call<B>,
    new: &NewMessage,
    answer: impl Fn(&AcceptedView) -> Result<Reply, Fault> + Clone + Send + 'static,
) -> Result<Reply, Failure> {
    for _ in 0..RACES {
        let prepared = messages.accepting.prepare(&call.ctx, new, By::Request).await?;
        let answer = answer.clone();
        let written = call
            .write_or::<_, NotAccepted>(messages.store(), move |tx| {
                prepared.guard(tx)?;
                let accepted = accept(tx, prepared)?;
                let reply = answer(accepted.value()).map_err(Failure::from)?;
                Ok(accepted.map(|_| reply))
            })
            .await;
        match written {
            Err(NotAccepted::Raced) => {}
            settled => return settled.map_err(NotAccepted::into_failure),
        }
    }
    Err(Refusal::of(&CONTACT_RACED).retry_after(1).into())
}
