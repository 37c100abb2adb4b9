//! `POST /v1/channels`

use schemars::JsonSchema;
use sealpost_access::permissions::CHANNELS_MANAGE;
use sealpost_access::secrets::may_refer;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde::Deserialize;

use super::body::EmailBody;
use super::view::CreatedView;
use crate::channels::Channels;
use crate::channels::codes::{CHANNEL_EXISTS, CHANNEL_INVALID};
use crate::channels::model::NewChannel;
use crate::label::Label;

/// A new channel.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewChannel")]
struct Body {
    /// What it is called.
    name: Label,
    /// How it sends.
    #[schemars(with = "EmailBody")]
    email: Option<EmailBody>,
}

pub(super) fn create(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    post("/v1/channels")
        .needs(CHANNELS_MANAGE)
        .class(Class::Write)
        .acts("channel.create")
        .summary("Create a channel")
        .describe("The answer shows the DNS record to publish for DKIM. Passwords and private keys are never shown. In live, where channels take an approval, it sends nothing before others have agreed: `approval_id` is what waits.")
        .takes::<Body>()
        .answers::<CreatedView>(201)
        .refuses(&[&CHANNEL_EXISTS, &CHANNEL_INVALID, &APPROVAL_PERSON_UNKNOWN])
        .example(serde_json::json!({
            "name": "mail",
            "email": {
                "host": "smtp.example.com", "port": 465, "security": "implicit_tls",
                "username": "mailer", "password": "correct horse battery staple",
                "from_address": "news@mail.example.com", "from_name": "Example",
                "helo": "mail.example.com",
                "dkim": { "domain": "mail.example.com", "selector": "s1", "algorithm": "ed25519" }
            }
        }))
        .to(move |call: Call<Body>| handle(channels.clone(), call))
}

async fn handle(channels: Channels, mut call: Call<Body>) -> Result<Reply, Failure> {
    let email = call.body.email.take().ok_or_else(|| Refusal::of(&BODY_INVALID).at("/email", "field_missing"))?;
    if email.refers() {
        may_refer(&call.caller)?;
    }
    let new = NewChannel { name: call.body.name.clone(), email: email.into() };
    let create = channels.prepare(&call.ctx, new).await?;
    let ctx = call.ctx.clone();
    call.write(channels.store(), move |tx| {
        let created = create.create(tx)?;
        let path = format!("/v1/channels/{}", created.value().channel.id);
        let reply = Reply::json(201, &CreatedView::of(&ctx, created.value()))?.location(&path);
        Ok(created.map(|_| reply))
    })
    .await
}
