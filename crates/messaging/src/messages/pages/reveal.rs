//! `GET` and `POST /app/{env}/messages/{id}/reveal`

use sealpost_access::permissions::DATA_REVEAL;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field as Kind, Viewer};
use sealpost_store::MessageId;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::show::{Says, Shown, clear_data, page};
use crate::channels::ChannelKind;
use crate::looking::{self, Form, SHOWN_SECONDS};
use crate::messages::Messages;
use crate::messages::codes;
use crate::messages::model::Content;
use crate::messages::view::{Opened, field};

pub(super) fn ask(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/app/{env}/messages/{id}/reveal")
        .needs(DATA_REVEAL)
        .page()
        .class(Class::Read)
        .summary("Ask why a message is to be seen in clear")
        .to(move |call: Call| {
            let messages = messages.clone();
            async move {
                let id = call.id("id")?;
                messages.find(&call.ctx, id).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn reveal(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/app/{env}/messages/{id}/reveal")
        .needs(DATA_REVEAL)
        .session()
        .step_up()
        .class(Class::Reveal)
        .acts("message.reveal")
        .reveals()
        .summary("See a message in clear")
        .describe("The look is in the ledger, with its reason, before the first clear byte leaves. Nothing of it is in the URL.")
        .takes_form::<Form>()
        .example(json!({ "reason": "Customer called back, ticket 4512" }))
        .answers_with(200, "text/html")
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED, &codes::PAYLOAD_NOT_STORED])
        .to(move |call: Call<Form>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, mut call: Call<Form>) -> Result<Reply, Failure> {
    let id: MessageId = call.id("id")?;
    let message = messages.find(&call.ctx, id).await?;
    let looked = match call.body.take() {
        Ok(reason) => messages.reveal(&call.ctx, &message, &reason).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (viewer, opened) = match looked {
        Ok(looked) => looked,
        Err(failure) => return question(&call, id).again(&call, failure),
    };
    let mut view = messages.views().full(&call.ctx, &message).await?;
    let Opened { recipient, payload } = opened;
    view.to = viewer.text(&recipient, field(&message));
    let says = match payload {
        Some(payload) => {
            view.data = Some(clear_data(&viewer, payload.data));
            said(&viewer, message.channel, payload.content)
        }
        None => Says::Nothing("Its content is not stored by policy."),
    };
    let shown = Shown { request: call.ctx.request.to_string(), seconds: SHOWN_SECONDS };
    let page = page(&messages, &call, &message, view, says, Some(shown)).await?;
    call.show(&page.event, &page)
}

fn said(viewer: &Viewer, channel: ChannelKind, content: Content) -> Says {
    let see = |text: String| viewer.text(&Personal::new(text), Kind::Payload).display().to_owned();
    match channel {
        ChannelKind::Email => {
            Says::Letter { subject: see(content.subject.unwrap_or_default()), text: see(content.text) }
        }
        ChannelKind::Sms => Says::Bubble(see(content.text)),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: MessageId) -> Ask {
    let shown = "Recipient, data and content are shown";
    looking::question(call, "See this message in clear?", shown, &format!("/messages/{id}"))
}
