//! `GET /app/{env}/channels/{id}`

use sealpost_access::permissions::{APPROVALS_READ, CHANNELS_MANAGE, CHANNELS_READ, SECRETS_MANAGE};
use sealpost_access::revisions::Revision;
use sealpost_access::secrets::{self, Kept};
use sealpost_govern::approvals::{self, Line, Module};
use sealpost_govern::security::typed;
use sealpost_store::{ApprovalId, ChannelId, Tx};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Line as Copied, State as Badge, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::words::{Standing, badge};
use crate::channels::kind::{ChannelKind, words};
use crate::channels::model::{Channel, DkimSettings};
use crate::channels::policy::{self, Policy};
use crate::channels::{Channels, store};

/// Revisions that are listed; the rest is under *Revisions*.
const REVISIONS: usize = 10;

/// One channel.
#[derive(askama::Template)]
#[template(path = "channels/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) id: Ident,
    pub(super) state: Badge,
    pub(super) is_default: bool,
    pub(super) kind: &'static str,
    /// What waits for others, with where it is decided for whoever may see that.
    pub(super) waiting: Vec<Option<String>>,
    pub(super) is_held: bool,
    pub(super) change: Option<String>,
    pub(super) facts: Facts,
    pub(super) dkim: Option<Record>,
    pub(super) version: u32,
    pub(super) made: When,
    pub(super) changed: When,
    pub(super) used: Option<When>,
    pub(super) revisions: Vec<RevisionLine>,
    pub(super) all_revisions: Option<String>,
}

/// How it sends.
pub(super) struct Facts {
    pub(super) relay: String,
    pub(super) protection: &'static str,
    pub(super) is_protected: bool,
    pub(super) account: Option<String>,
    /// What the password is, and where that is found.
    pub(super) password: Option<(String, Option<String>)>,
    pub(super) from: String,
    pub(super) from_name: Option<String>,
    pub(super) reply_to: Option<String>,
    pub(super) helo: String,
    pub(super) links: Option<String>,
}

/// What signs, and what to publish for it.
pub(super) struct Record {
    pub(super) domain: String,
    pub(super) algorithm: &'static str,
    pub(super) name: Copied,
    pub(super) value: Copied,
}

impl From<&DkimSettings> for Record {
    fn from(dkim: &DkimSettings) -> Self {
        Self {
            domain: dkim.domain.clone(),
            algorithm: dkim.algorithm.words(),
            name: Copied::new(dkim.record_name()),
            value: Copied::new(dkim.record_value()),
        }
    }
}

/// One revision of its policy.
pub(super) struct RevisionLine {
    pub(super) number: u32,
    pub(super) href: Option<String>,
    pub(super) in_force: bool,
    pub(super) changes: Vec<Line>,
    pub(super) at: When,
}

/// What is read of a channel.
struct Found {
    channel: Channel,
    is_held: bool,
    is_default: bool,
    /// What the stored secret is called that is its password.
    password: Option<String>,
    waiting: Vec<ApprovalId>,
    revisions: Vec<Revision>,
}

pub(super) fn show(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    get("/app/{env}/channels/{id}")
        .needs(CHANNELS_READ)
        .page()
        .class(Class::Read)
        .summary("A channel with what to publish for it, what waits, and its revisions")
        .to(move |call: Call| handle(channels.clone(), call))
}

async fn handle(channels: Channels, call: Call) -> Result<Reply, Failure> {
    let id: ChannelId = call.id("id")?;
    let keys = channels.store().keys().organisation(call.ctx.org.id).await?;
    let read = move |tx: &mut Tx<'_>| {
        let channel = store::find(tx, id)?.ok_or_else(not_found)?;
        let stored = channel.email.password.and_then(Kept::stored);
        let name = stored.map(|id| secrets::name_of(tx, id)).transpose()?.flatten();
        Ok::<_, Failure>(Found {
            is_held: policy::is_held(tx, &channel)?,
            is_default: store::first(tx, ChannelKind::Email)? == Some(id),
            password: name.map(|name| name.as_str().to_owned()),
            waiting: approvals::waiting(tx, Module::Channel, Some(id.bytes()))?,
            // One more than is shown: what changed is told from the one before.
            revisions: policy::history(tx, &keys, id, REVISIONS + 1)?,
            channel,
        })
    };
    let found = channels.store().read(&call.ctx, read).await?;
    let page = page(&call, found)?;
    call.show(&page.name, &page)
}

fn page(call: &Call, found: Found) -> Result<ShowPage, Failure> {
    let Found { channel, is_held, is_default, password, waiting, revisions } = found;
    let (id, now) = (channel.id, call.ctx.now());
    let may = |permission| call.caller.permissions.contains(permission);
    let may_see_approvals = may(APPROVALS_READ);
    let facts = facts(&channel, password, |path| may(SECRETS_MANAGE).then(|| call.at(path)));
    Ok(ShowPage {
        list: call.at("/channels"),
        id: Ident::new(id),
        state: badge(if is_held { Standing::Held } else { Standing::Ready }),
        is_default,
        kind: words(ChannelKind::Email),
        waiting: waiting.iter().map(|id| may_see_approvals.then(|| call.at(&format!("/approvals/{id}")))).collect(),
        is_held,
        change: may(CHANNELS_MANAGE).then(|| call.at(&format!("/channels/{id}/edit"))),
        dkim: channel.email.dkim.as_ref().map(Record::from),
        facts,
        version: channel.version,
        made: When::new(channel.created_at, now),
        changed: When::new(channel.updated_at, now),
        used: channel.last_used_at.map(|at| When::new(at, now)),
        revisions: lines(call, &revisions)?,
        all_revisions: may_see_approvals.then(|| call.at("/revisions?setting=channel")),
        name: channel.name,
    })
}

fn facts(channel: &Channel, stored: Option<String>, at: impl Fn(&str) -> Option<String>) -> Facts {
    let email = &channel.email;
    let password = email.password.map(|kept| match kept {
        Kept::Own(_) => ("one of its own".to_owned(), None),
        Kept::Stored { stored: id } => {
            (format!("stored secret {}", stored.unwrap_or_default()), at(&format!("/secrets/{id}")))
        }
    });
    Facts {
        relay: format!("{}:{}", email.host, email.port),
        protection: email.security.words(),
        is_protected: email.security.is_encrypted(),
        account: email.username.clone(),
        password,
        from: email.from_address.clone(),
        from_name: email.from_name.clone(),
        reply_to: email.reply_to.clone(),
        helo: email.helo.clone(),
        links: email.unsubscribe_base.clone(),
    }
}

/// Each with what it changed; of the last one that is shown, what stands before it says that.
fn lines(call: &Call, revisions: &[Revision]) -> Result<Vec<RevisionLine>, Failure> {
    let may_open = call.caller.permissions.contains(APPROVALS_READ);
    let says = |one: &Revision| typed::<Policy>(one.says.clone());
    let mut lines = Vec::new();
    for (at, one) in revisions.iter().enumerate().take(REVISIONS) {
        let changes = match revisions.get(at + 1) {
            Some(before) => policy::between(&says(before)?, &says(one)?),
            None => Vec::new(),
        };
        lines.push(RevisionLine {
            number: one.number,
            href: may_open.then(|| call.at(&format!("/revisions/{}", one.id))),
            in_force: one.is_in_force(),
            changes,
            at: When::new(one.at, call.ctx.now()),
        });
    }
    Ok(lines)
}
