//! `POST /v1/messages`

use sealpost_access::permissions::MESSAGES_SEND;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};

use crate::messages::Messages;
use crate::messages::accept::{AcceptedView, NewMessage, NotAccepted, RACES, accept};
use crate::messages::codes::{self, CONTACT_RACED};

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
        .refuses(&[
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
        ])
        .example(serde_json::json!({
            "event": "otp.login",
            "to": { "phone": "+15550100123" },
            "data": { "code": "417233" },
        }))
        .to(move |call: Call<NewMessage>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<NewMessage>) -> Result<Reply, Failure> {
    for _ in 0..RACES {
        let prepared = messages.accepting.prepare(&call.ctx, &call.body).await?;
        let written = call
            .write_or::<_, NotAccepted>(messages.store(), move |tx| {
                prepared.guard(tx)?;
                let accepted = accept(tx, prepared)?;
                let reply = Reply::json(202, accepted.value()).map_err(Failure::from)?;
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
