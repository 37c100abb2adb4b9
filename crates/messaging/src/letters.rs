//! Letters to an organisation's own staff: what `access` has to write to members, by the organisation's e-mail channel.
//!
//! The first live channel is taken, of those that others have agreed to where they have to. An organisation without one writes nobody: links are handed over in other ways then.

use sealpost_access::mail::{Courier, Letter};
use sealpost_egress::Tenant;
use sealpost_egress::mail::{Address, Draft, HeaderText, Mail, Mailbox, MessageId as MailId};
use sealpost_egress::smtp::{Mailer, Outcome};
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{Ctx, Environment, NoticeId, Org};
use sealpost_web::BoxFuture;

use crate::channels::{Channels, EmailChannel};

/// Delivers letters by e-mail.
#[derive(Clone)]
pub struct Letters {
    mailer: Mailer,
    channels: Channels,
}

impl Letters {
    /// Mail goes out through `mailer`, by the settings of `channels`.
    pub fn new(mailer: Mailer, channels: Channels) -> Self {
        Self { mailer, channels }
    }

    async fn send(&self, ctx: &Ctx, to: &Personal<String>, letter: Letter) -> Result<(), &'static str> {
        let live = Ctx { org: Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() };
        let first = self.channels.first(&live).await.map_err(|_| "channel_unreadable")?;
        let id = first.ok_or("channel_missing")?;
        let channel = self.channels.email(&live, id).await.map_err(|_| "channel_unusable")?;
        let mail = build(&live, &channel, to, letter).ok_or("not_a_mail")?;
        let outcome = self.mailer.send(Tenant::new(ctx.org.id.bytes()), &channel.relay, &mail).await;
        self.channels.used(&live, id).await;
        match outcome {
            Outcome::Accepted { .. } => Ok(()),
            other => Err(other.code()),
        }
    }
}

impl Courier for Letters {
    fn deliver<'a>(
        &'a self,
        ctx: &'a Ctx,
        to: &'a Personal<String>,
        letter: Letter,
    ) -> BoxFuture<'a, Result<(), &'static str>> {
        Box::pin(self.send(ctx, to, letter))
    }
}

fn build(ctx: &Ctx, channel: &EmailChannel, to: &Personal<String>, letter: Letter) -> Option<Mail> {
    let to: Mailbox = to.expose(Purpose::Deliver).parse::<Address>().ok()?.into();
    let id = NoticeId::new(&ctx.world);
    let draft = Draft {
        from: channel.from.clone(),
        to,
        reply_to: channel.reply_to.clone(),
        return_path: None,
        subject: HeaderText::new(letter.subject.to_owned()).ok()?,
        date: u64::try_from(ctx.now().unix_seconds()).ok()?,
        message_id: MailId::new(&format!("{id}@{}", channel.domain)).ok()?,
        text: letter.text,
        html: None,
        unsubscribe: None,
    };
    draft.build(&channel.dkim).ok()
}
