//! `GET` and `POST /app/{env}/channels/{id}/edit`

use sealpost_access::permissions::CHANNELS_MANAGE;
use sealpost_access::secrets::may_refer;
use sealpost_store::ChannelId;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::form::{Form, beside_fields};
use crate::channels::Channels;
use crate::channels::codes::CHANNEL_INVALID;
use crate::channels::policy::{self, POLICY_REFUSES};

pub(super) fn ask(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    get("/app/{env}/channels/{id}/edit")
        .needs(CHANNELS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what to change about a channel")
        .to(move |call: Call| {
            let channels = channels.clone();
            async move {
                let channel = channels.find(&call.ctx, call.id("id")?).await?;
                question(&call, channel.id, &Form::of(&channel)).show(&call)
            }
        })
}

pub(super) fn change(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    post("/app/{env}/channels/{id}/edit")
        .needs(CHANNELS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("channel.update")
        .done("Channel changed")
        .summary("Change a channel")
        .takes_form::<Form>()
        .example(json!({
            "host": "smtp.example.com", "port": "587", "security": "starttls", "from_address": "news@mail.example.com",
            "helo": "mail.example.com"
        }))
        .answers_with(303, "")
        .refuses(&[&CHANNEL_INVALID])
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call<Form>| handle(channels.clone(), call))
}

async fn handle(channels: Channels, call: Call<Form>) -> Result<Reply, Failure> {
    let id: ChannelId = call.id("id")?;
    match put(&channels, &call, id).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id, &call.body).again(&call, beside_fields(failure)),
    }
}

async fn put(channels: &Channels, call: &Call<Form>, id: ChannelId) -> Result<Reply, Failure> {
    let standing = channels.find(&call.ctx, id).await?;
    let changes = call.body.changes(&standing.email, &call.caller)?;
    let update = channels.prepare_update(&call.ctx, id, changes).await?;
    let update = update
        .may_move_secrets(may_refer(&call.caller).is_ok())
        .expecting(policy::expected(call, call.body.expected_version));
    let (done, approvals) = (call.done(&format!("/channels/{id}")), call.at("/approvals"));
    let change = move |tx: &mut sealpost_store::Tx<'_>| {
        Ok(update.apply(tx)?.map(|became| policy::settled(&became, done, &approvals)))
    };
    let reply = call.write(channels.store(), change).await?;
    channels.changed(&call.ctx);
    Ok(reply)
}

fn question<B, Q>(call: &Call<B, Q>, id: ChannelId, form: &Form) -> Ask {
    let says = "Mail goes so from the next message on. In live others may have to agree first to what leads elsewhere or protects less.";
    let ask = Ask::new(call, "Change this channel", says, &format!("/channels/{id}"));
    let ask = match form.expected_version {
        Some(version) => ask.hidden("expected_version", version.to_string()),
        None => ask,
    };
    form.fields(ask, &call.caller, "Left empty, it stays as it is.").submit("Change")
}
