//! `PATCH /v1/channels/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::CHANNELS_MANAGE;
use sealpost_access::secrets::may_refer;
use sealpost_govern::approvals;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, patch};
use serde::Deserialize;

use super::body::EmailChangesBody;
use super::view::ChannelView;
use crate::channels::Channels;
use crate::channels::codes::CHANNEL_INVALID;
use crate::channels::policy::{self, POLICY_REFUSES};
use crate::versions::Promoted;

/// What changes.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChannelChanges")]
struct Body {
    /// About how it sends.
    email: EmailChangesBody,
    /// The number of the policy that you believe is in force; refused with `412` if another is. The `ETag` in `If-Match` says the same.
    #[schemars(range(min = 1))]
    expected_version: Option<u32>,
}

pub(super) fn update(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    patch("/v1/channels/{id}")
        .needs(CHANNELS_MANAGE)
        .class(Class::Write)
        .acts("channel.update")
        .summary("Change a channel")
        .describe(
            "In live, where channels take an approval, another relay or account, another sender, answers or links that lead elsewhere, clear \
             text, and no signature or one for another domain wait for one: then the answer is `202` with what waits, and nothing of the \
             request has happened. To protect more takes nobody else. A new channel that waits to be agreed to is changed at once, and \
             asked for anew.",
        )
        .takes::<Body>()
        .answers::<ChannelView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&CHANNEL_INVALID])
        .refuses(&POLICY_REFUSES)
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
    let expected = policy::expected(&call, call.body.expected_version);
    let update = channels.prepare_update(&call.ctx, call.id("id")?, changes).await?;
    let update = update.may_move_secrets(may_move).expecting(expected);
    let ctx = call.ctx.clone();
    let reply = call
        .write(channels.store(), move |tx| {
            let updated = update.apply(tx)?;
            let reply = match updated.value() {
                Promoted::Waits(approval) => approvals::accepted(approval)?,
                Promoted::InForce(channel) => {
                    Reply::ok(&ChannelView::of(&ctx, channel))?.version(&policy::tag(channel))
                }
            };
            Ok(updated.map(|_| reply))
        })
        .await?;
    channels.changed(&call.ctx);
    Ok(reply)
}
