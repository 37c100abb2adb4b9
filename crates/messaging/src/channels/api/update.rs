//! `PATCH /v1/channels/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::CHANNELS_MANAGE;
use sealpost_access::secrets::may_refer;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, patch};
use serde::Deserialize;

use super::body::EmailChangesBody;
use super::view::ChannelView;
use crate::channels::Channels;
use crate::channels::codes::CHANNEL_INVALID;

/// What changes.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChannelChanges")]
struct Body {
    /// About how it sends.
    email: EmailChangesBody,
}

pub(super) fn update(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    patch("/v1/channels/{id}")
        .needs(CHANNELS_MANAGE)
        .class(Class::Write)
        .acts("channel.update")
        .summary("Change a channel")
        .takes::<Body>()
        .answers::<ChannelView>(200)
        .refuses(&[&CHANNEL_INVALID])
        .example(serde_json::json!({ "email": { "port": 587, "security": "starttls", "reply_to": null } }))
        .to(move |call: Call<Body>| handle(channels.clone(), call))
}

async fn handle(channels: Channels, mut call: Call<Body>) -> Result<Reply, Failure> {
    let may_refer = may_refer(&call.caller);
    let may_move = may_refer.is_ok();
    if call.body.email.refers() {
        may_refer?;
    }
    let changes = std::mem::take(&mut call.body.email).into();
    let update = channels.prepare_update(&call.ctx, call.id("id")?, changes).await?.may_move_secrets(may_move);
    let ctx = call.ctx.clone();
    let reply = call
        .write(channels.store(), move |tx| {
            let updated = update.apply(tx)?;
            let reply = Reply::ok(&ChannelView::of(&ctx, updated.value()))?;
            Ok(updated.map(|_| reply))
        })
        .await?;
    channels.changed(&call.ctx);
    Ok(reply)
}
