//! `GET` and `POST /app/{env}/channels/new`

use sealpost_access::permissions::CHANNELS_MANAGE;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde_json::json;

use super::form::{Form, beside_fields};
use crate::channels::Channels;
use crate::channels::codes::{CHANNEL_EXISTS, CHANNEL_INVALID};
use crate::channels::model::NewChannel;
use crate::label::Label;

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/channels/new")
        .needs(CHANNELS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a new channel is")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn create(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    post("/app/{env}/channels/new")
        .needs(CHANNELS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("channel.create")
        .done("Channel added")
        .summary("Add a channel")
        .takes_form::<Form>()
        .example(json!({
            "name": "mail", "host": "smtp.example.com", "port": "465", "security": "implicit_tls", "username": "mailer",
            "password": "correct horse battery staple", "from_address": "news@mail.example.com", "helo": "mail.example.com",
            "dkim_domain": "mail.example.com", "dkim_selector": "s1", "dkim_algorithm": "ed25519"
        }))
        .answers_with(303, "")
        .refuses(&[&CHANNEL_EXISTS, &CHANNEL_INVALID, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle(channels.clone(), call))
}

async fn handle(channels: Channels, call: Call<Form>) -> Result<Reply, Failure> {
    match make(&channels, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, beside_fields(failure)),
    }
}

async fn make(channels: &Channels, call: &Call<Form>) -> Result<Reply, Failure> {
    let name = Label::parse(call.body.name.as_deref().unwrap_or_default().trim());
    let name = name.map_err(|_| Refusal::of(&CHANNEL_INVALID).at("/name", "label_invalid"))?;
    let new = NewChannel { name, email: call.body.new_email(&call.caller)? };
    let create = channels.prepare(&call.ctx, new).await?;
    let done = call.done("/channels");
    call.write(channels.store(), move |tx| {
        // Its page says what waits, and which record to publish meanwhile.
        Ok(create.create(tx)?.map(|made| done.leads_to(&made.channel.id.to_string())))
    })
    .await
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "Mail goes through this relay, in this name. Its password is never shown again.";
    let ask = Ask::new(call, "Add a channel", says, "/channels").field(
        Field::new("name", "Name")
            .value(form.name.clone().unwrap_or_default())
            .placeholder("mail")
            .hint("a–z, 0–9, dot, dash, underscore")
            .required(),
    );
    form.fields(ask, &call.caller, "Kept as a secret of the channel’s own.").submit("Add")
}
