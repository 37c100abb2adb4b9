//! `GET /app/{env}/messages/{id}`

use askama::Template;
use sealpost_access::permissions::{DATA_REVEAL, MESSAGES_CANCEL, MESSAGES_READ};
use sealpost_govern::masking::structure;
use sealpost_store::{Ctx, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Masked, Shape, State as Badge, Tone, Took, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde_json::{Map, Value};

use super::words;
use crate::channels::{self, ChannelKind};
use crate::messages::Messages;
use crate::messages::model::{Message, State, Step};
use crate::messages::view::MessageView;

/// One message, whole.
#[derive(Template)]
#[template(path = "messages/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) event: String,
    pub(super) state: Badge,
    pub(super) reason: Option<String>,
    pub(super) id: Ident,
    pub(super) steps: Vec<StepLine>,
    /// What has become of it, and within what time.
    pub(super) took: Option<(&'static str, Took)>,
    pub(super) says: Says,
    pub(super) data: Vec<(String, Masked)>,
    pub(super) not_stored: Option<Masked>,
    pub(super) checks: Vec<Check>,
    pub(super) facts: Facts,
    pub(super) cancel: Option<String>,
    pub(super) reveal: Option<String>,
    pub(super) receipt: Option<String>,
    pub(super) shown: Option<Shown>,
}

/// What it says.
pub(super) enum Says {
    /// An e-mail.
    Letter { subject: String, text: String },
    /// A text message.
    Bubble(String),
    /// It can't be shown.
    Nothing(&'static str),
}

/// One step of its life.
pub(super) struct StepLine {
    pub(super) says: String,
    pub(super) adds: String,
    pub(super) shape: Shape,
    pub(super) tone: Tone,
    pub(super) at: When,
    /// Since the first step.
    pub(super) after: Option<Took>,
    /// How long nothing happened before it, between 0 (no time) and 6 (most of all).
    pub(super) gap: u8,
}

/// Something that was looked at before it was accepted.
pub(super) struct Check {
    pub(super) rule: String,
    pub(super) found: String,
}

/// What else is known of it.
pub(super) struct Facts {
    pub(super) to: Masked,
    pub(super) contact: (String, Option<String>),
    pub(super) channel: &'static str,
    /// Along which route, and where that is.
    pub(super) route: Option<(String, Option<String>)>,
    pub(super) class: String,
    pub(super) storage: &'static str,
    pub(super) event_href: Option<String>,
    pub(super) template: (String, Option<String>),
    pub(super) attempts: u32,
    pub(super) send_before: Option<When>,
    pub(super) created: When,
}

/// That clear values are shown, by which record, and for how long.
pub(super) struct Shown {
    pub(super) request: String,
    pub(super) seconds: u32,
}

pub(super) fn show(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    get("/app/{env}/messages/{id}")
        .needs(MESSAGES_READ)
        .page()
        .class(Class::Read)
        .summary("A message with its life, masked")
        .to(move |call: Call| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call) -> Result<Reply, Failure> {
    let message = messages.find(&call.ctx, call.id("id")?).await?;
    let view = messages.views().full(&call.ctx, &message).await?;
    let says = outline(&messages, &call.ctx, &message, view.data.as_ref()).await;
    let page = page(&messages, &call, &message, view, says, None).await?;
    call.show(&page.event, &page)
}

/// The page of a message, with these of its values.
pub(super) async fn page<B, Q>(
    messages: &Messages,
    call: &Call<B, Q>,
    message: &Message,
    view: MessageView,
    says: Says,
    shown: Option<Shown>,
) -> Result<ShowPage, Failure> {
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let event = messages.accepting.events.names(ctx, [message.event].into()).await?.remove(&message.event);
    let template = messages.accepting.templates.names(ctx, [message.template].into()).await?.remove(&message.template);
    let steps = messages.timeline(ctx, message).await?;
    let may = |permission| call.caller.permissions.contains(permission);
    let (data, not_stored) = fields(view.data.as_ref());
    Ok(ShowPage {
        list: call.at("/messages"),
        event: event.unwrap_or_else(|| message.event.to_string()),
        state: words::badge(view.state),
        reason: view.reason.as_deref().map(words::spaced),
        id: Ident::new(view.id),
        took: words::went(view.state).map(|word| (word, Took(view.updated_at.since(view.created_at)))),
        steps: lines(&steps, now),
        says,
        data,
        not_stored,
        checks: checks(&view.decision),
        facts: Facts {
            contact: (view.contact_id.to_string(), call.page_of(&view.contact_id.to_string())),
            to: view.to.into(),
            channel: channels::words(view.channel),
            route: message
                .route
                .map(|route| (format!("version {}", route.version), call.page_of(&route.id.to_string()))),
            class: view.class,
            storage: words::storage(view.storage),
            event_href: call.page_of(&view.event_id.to_string()),
            template: (
                format!(
                    "{} · version {}",
                    template.unwrap_or_else(|| view.template_id.to_string()),
                    view.template_version
                ),
                call.page_of(&view.template_id.to_string()),
            ),
            attempts: view.attempts,
            send_before: view.send_before.map(|at| When::new(at, now)),
            created: When::new(view.created_at, now),
        },
        cancel: (view.state == State::Queued && may(MESSAGES_CANCEL))
            .then(|| call.at(&format!("/messages/{}/cancel", view.id))),
        receipt: view.state.is_final().then(|| call.at(&format!("/messages/{}/receipt", view.id))),
        reveal: (shown.is_none() && message.gone.is_none() && may(DATA_REVEAL))
            .then(|| call.at(&format!("/messages/{}/reveal", view.id))),
        shown,
    })
}

/// What it says with masks in place of what the caller may not see.
pub(super) async fn outline(messages: &Messages, ctx: &Ctx, message: &Message, data: Option<&Value>) -> Says {
    let Some(Value::Object(data)) = data.filter(|data| data.get("rule").is_none()) else {
        return Says::Nothing("Its content is not stored by policy.");
    };
    let masked: Map<String, Value> = data.iter().map(|(name, value)| (name.clone(), displayed(value))).collect();
    let outline = messages.accepting.templates.outline(ctx, message.template, message.template_version, &masked).await;
    match (outline, message.channel) {
        (Some(outline), ChannelKind::Email) => {
            Says::Letter { subject: outline.subject.unwrap_or_default(), text: outline.text }
        }
        (Some(outline), ChannelKind::Sms) => Says::Bubble(outline.text),
        (None, _) => Says::Nothing("The template can’t be filled in with masked values."),
    }
}

/// Views in JSON as the text that stands for them.
fn displayed(value: &Value) -> Value {
    match value {
        Value::Object(view) if view.contains_key("display") => view["display"].clone(),
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), displayed(value))).collect(),
        Value::Array(items) => items.iter().map(displayed).collect(),
        other => other.clone(),
    }
}

/// Each value of the data with the way to it; or that there is none.
fn fields(data: Option<&Value>) -> (Vec<(String, Masked)>, Option<Masked>) {
    let mut fields = Vec::new();
    match data {
        Some(gone @ Value::Object(view)) if view.contains_key("rule") => {
            return (fields, Some(Masked::from_json(gone)));
        }
        Some(Value::Object(map)) => map.iter().for_each(|(name, value)| walk(name.clone(), value, &mut fields)),
        _ => {}
    }
    (fields, None)
}

fn walk(path: String, value: &Value, into: &mut Vec<(String, Masked)>) {
    match value {
        Value::Object(view) if view.contains_key("display") => into.push((path, Masked::from_json(value))),
        Value::Object(map) => map.iter().for_each(|(name, value)| walk(format!("{path}.{name}"), value, into)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| walk(format!("{path}[{at}]"), value, into));
        }
        scalar => into.push((path, Masked::from_json(scalar))),
    }
}

pub(super) fn lines(steps: &[Step], now: Time) -> Vec<StepLine> {
    let began = steps.first().map(|step| step.at);
    let whole = steps.last().zip(began).map_or(0, |(last, began)| last.at.since(began)).max(1);
    let mut before = began;
    let mut lines = Vec::with_capacity(steps.len());
    for step in steps {
        let (says, shape, tone, adds) = words::step(&step.kind, step.attempt, step.detail.as_deref());
        let adds = match step.leg {
            Some((leg, _)) if adds.is_empty() => format!("Step {} of its route", leg.saturating_add(1)),
            Some((leg, _)) => format!("Step {} of its route · {adds}", leg.saturating_add(1)),
            None => adds,
        };
        let waited = before.map_or(0, |before| step.at.since(before)).max(0);
        lines.push(StepLine {
            says,
            adds,
            shape,
            tone,
            at: When::new(step.at, now),
            after: began.filter(|_| !lines.is_empty()).map(|began| Took(step.at.since(began))),
            gap: u8::try_from(waited.saturating_mul(6) / whole).unwrap_or(6).min(6),
        });
        before = Some(step.at);
    }
    lines
}

fn checks(decision: &Value) -> Vec<Check> {
    let mut checks = vec![];
    let word = |value: &Value| value.as_str().map(words::spaced).unwrap_or_default();
    checks.push(Check { rule: "basis".into(), found: word(&decision["basis"]) });
    for check in decision["checks"].as_array().into_iter().flatten() {
        checks.push(Check { rule: word(&check["rule"]), found: word(&check["result"]) });
    }
    checks
}

/// A revealed message's data, for the page.
pub(super) fn clear_data(viewer: &sealpost_seal::viewer::Viewer, data: Map<String, Value>) -> Value {
    structure(viewer, Value::Object(data))
}
