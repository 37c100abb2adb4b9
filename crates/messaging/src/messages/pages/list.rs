//! `GET /app/{env}/messages`

use std::collections::BTreeSet;

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{KEYS_MANAGE, MESSAGES_READ};
use sealpost_store::{ContactId, Ctx, MessageId};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Empty, Masked, Pager, State as Badge, Took, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use super::words;
use crate::channels;
use crate::messages::Messages;
use crate::messages::api::before;
use crate::messages::model::{Message, Standing, State, Which};

/// Which messages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only those to this contact.
    contact_id: Option<ContactId>,
    /// Only those that stand so.
    standing: Option<Standing>,
    /// Where to begin.
    cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "messages/pages/list.html")]
pub(super) struct ListPage {
    pub(super) title: &'static str,
    pub(super) says: Option<String>,
    pub(super) chips: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One message in a list.
#[derive(Template)]
#[template(path = "messages/pages/row.html")]
pub(crate) struct Row {
    pub(crate) id: MessageId,
    pub(crate) href: String,
    pub(crate) state: Badge,
    pub(crate) to: Masked,
    pub(crate) event: String,
    pub(crate) template: String,
    pub(crate) channel: &'static str,
    pub(crate) outcome: Option<String>,
    pub(crate) took: Option<Took>,
    pub(crate) at: When,
}

impl askama::filters::HtmlSafe for Row {}

pub(super) fn list(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/app/{env}/messages")
        .needs(MESSAGES_READ)
        .page()
        .class(Class::Read)
        .summary("Messages, newest first, masked")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<(), Query>) -> Result<Reply, Failure> {
    let Query { contact_id, standing, cursor } = &call.query;
    let (which, query) = match (contact_id, standing) {
        (Some(contact), _) => (Which::To(*contact), format!("contact_id={contact}")),
        (None, Some(standing)) => (Which::Standing(*standing), format!("standing={}", standing.word())),
        (None, None) => (Which::All, String::new()),
    };
    let listing = call.listing(messages.store().keys(), &which, None)?;
    let before = before(listing.position(cursor.as_deref())?)?;
    let found = messages.page(&call.ctx, which, before, listing.fetch()).await?;
    let page = listing.page(found, |row| row.id.bytes().to_vec(), |row| row);
    let rows = rows(&messages, &call, &page.data).await?;
    let path = call.at("/messages");
    let content = ListPage {
        title: "Messages",
        says: contact_id.map(|contact| format!("Those to {contact}.")),
        chips: chips(&path, which),
        pager: Pager::new(&path, &query, cursor.as_deref(), page.next_cursor.as_deref()),
        empty: empty_of(which, call.caller.permissions.contains(KEYS_MANAGE).then(|| call.at("/keys/new"))),
        rows,
    };
    call.show(content.title, &content)
}

pub(super) fn chips(path: &str, which: Which) -> Chips {
    let standing = |standing: Standing| format!("{path}?standing={}", standing.word());
    let chips = Chips::new("Which messages")
        .chip("All", path, which == Which::All)
        .chip("Under way", standing(Standing::UnderWay), which == Which::Standing(Standing::UnderWay))
        .chip("Not delivered", standing(Standing::NotDelivered), which == Which::Standing(Standing::NotDelivered));
    match which {
        Which::To(contact) => chips.chip("To one contact", format!("{path}?contact_id={contact}"), true),
        _ => chips,
    }
}

pub(super) fn empty_of(which: Which, new_key: Option<String>) -> Empty {
    match which {
        Which::All => Empty::new(
            Icon::Message,
            "No message yet",
            "Every message that is accepted is listed here, masked, with what became of it.",
        )
        .line("sealpost send --event otp.login --to +15550100124 --data code=417233")
        .deed("Create an API key", new_key),
        Which::Standing(Standing::UnderWay) => Empty::new(
            Icon::Check,
            "Nothing is under way",
            "Messages stand here from the moment they are accepted until they have left.",
        ),
        Which::Standing(Standing::NotDelivered) => Empty::new(
            Icon::Check,
            "Nothing was lost",
            "Messages that failed, expired or were cancelled stand here, and those of which nobody knows whether they arrived.",
        ),
        Which::To(_) => {
            Empty::new(Icon::Message, "No message to this contact", "Whatever is sent to this contact is listed here.")
        }
    }
}

/// Messages as rows, with the names of what they were made from.
pub(crate) async fn rows<B, Q>(messages: &Messages, call: &Call<B, Q>, found: &[Message]) -> Result<Vec<Row>, Failure> {
    let ctx: &Ctx = &call.ctx;
    let events: BTreeSet<_> = found.iter().map(|message| message.event).collect();
    let templates: BTreeSet<_> = found.iter().map(|message| message.template).collect();
    let events = messages.accepting.events.names(ctx, events).await?;
    let templates = messages.accepting.templates.names(ctx, templates).await?;
    let mut rows = Vec::with_capacity(found.len());
    for message in found {
        let view = messages.views().brief(ctx, message).await?;
        let arrived = matches!(view.state, State::Sent | State::Delivered);
        rows.push(Row {
            id: view.id,
            href: call.at(&format!("/messages/{}", view.id)),
            state: words::badge(view.state),
            to: view.to.into(),
            event: events.get(&message.event).cloned().unwrap_or_else(|| message.event.to_string()),
            template: match templates.get(&message.template) {
                Some(name) => format!("{name} · v{}", message.template_version),
                None => message.template.to_string(),
            },
            channel: channels::words(view.channel),
            outcome: view.reason.as_deref().map(words::spaced),
            took: arrived.then(|| Took(view.updated_at.since(view.created_at))),
            at: When::new(view.created_at, ctx.now()),
        });
    }
    Ok(rows)
}
