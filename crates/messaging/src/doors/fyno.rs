//! Fyno's event API: `POST /v1/{WSID}/{version}/event` and `/event/bulk` (Fyno's OpenAPI, "Notification events").

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_SEND;
use sealpost_seal::viewer::MASK;
use sealpost_store::{Ctx, MessageId, RequestId, Time};
use sealpost_web::problem::{CREDENTIAL_INVALID, Place};
use sealpost_web::{Call, Class, Dialect, Endpoint, Failure, Refusal, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::channels::ChannelKind;
use crate::messages::{ItemResult, Messages, REFUSALS, codes as messages, send_as, send_each_as};

pub(super) const PREFIX: &str = "/fyno";

/// Bytes in a bulk request (Fyno's Node SDK: 10 MB).
const LARGEST: usize = 10 * 1024 * 1024;

/// How Fyno says no: `{"status":"error","_message":"…"}` for everything.
static DIALECT: Dialect = Dialect { prefix: PREFIX, media_type: "application/json", refusal };

fn refusal(refusal: &Refusal, _: RequestId) -> Vec<u8> {
    let code = refusal.code();
    let mut message = format!("{} ({})", code.title, code.code);
    for wrong in refusal.errors() {
        if let Place::Pointer(pointer) = &wrong.place {
            message.push_str(&format!(": {pointer} {}", wrong.code));
        }
    }
    json!({ "status": "error", "_message": message }).to_string().into_bytes()
}

/// An event to fire.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FynoEvent")]
struct EventBody {
    /// The name of an event.
    event: String,
    /// Addresses by channel; the event's own channel decides which is used.
    #[serde(default)]
    to: To,
    /// Your id of the person: a contact's `external_id`.
    distinct_id: Option<String>,
    /// What fills the template.
    #[serde(default)]
    data: Map<String, Value>,
    /// Who hears of it.
    callback: Option<Callback>,
}

/// One event, many times.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FynoBulk")]
struct BulkBody {
    /// The name of an event.
    event: String,
    /// 1 to 1000 recipients.
    #[schemars(length(min = 1, max = 1000))]
    batch: Vec<Firing>,
}

/// Who one message is for, and what fills its template.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FynoFiring")]
struct Firing {
    /// Addresses by channel; the event's own channel decides which is used.
    #[serde(default)]
    to: To,
    /// Your id of the person: a contact's `external_id`.
    distinct_id: Option<String>,
    /// What fills the template.
    #[serde(default)]
    data: Map<String, Value>,
    /// Who hears of it.
    callback: Option<Callback>,
}

/// Addresses by Fyno's channels. Those of channels that are not here are taken and not kept.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "FynoTo")]
struct To {
    /// A number, best in E.164.
    sms: Option<String>,
    /// An address.
    email: Option<String>,
    #[serde(rename = "whatsapp")]
    _whatsapp: Option<String>,
    #[serde(rename = "voice")]
    _voice: Option<String>,
    #[serde(rename = "push")]
    _push: Option<String>,
    #[serde(rename = "inapp")]
    _inapp: Option<String>,
    #[serde(rename = "slack")]
    _slack: Option<String>,
    #[serde(rename = "discord")]
    _discord: Option<String>,
    #[serde(rename = "teams")]
    _teams: Option<String>,
}

/// Who hears of a message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FynoCallback")]
struct Callback {
    /// Taken, and not kept: reports name the message by `request_id`.
    #[serde(rename = "custom_id", default)]
    _custom_id: Option<Value>,
    /// Taken, and not kept.
    #[serde(rename = "custom1", default)]
    _custom1: Option<Value>,
    /// Taken, and not kept.
    #[serde(rename = "custom2", default)]
    _custom2: Option<Value>,
    /// Taken, and not kept.
    #[serde(rename = "custom3", default)]
    _custom3: Option<Value>,
    /// Taken: endpoints hear of what they subscribe to.
    #[serde(rename = "enable", default)]
    _enable: Option<bool>,
    /// Names of endpoints, at most three.
    #[serde(alias = "allowlist_urls")]
    allowlist_url: Option<Names>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FynoNames")]
enum Names {
    One(String),
    Several(Vec<String>),
}

/// Fyno's word for a channel of ours.
const fn word(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Email => "email",
        ChannelKind::Sms => "sms",
    }
}

impl Firing {
    /// What `POST /v1/messages` takes for it. Of the addresses only the one that will be used goes on.
    fn message(self, event: &str, channel: ChannelKind) -> Value {
        let Self { to, distinct_id, data, callback } = self;
        let mut recipient = Map::new();
        let (address, field) = match channel {
            ChannelKind::Email => (to.email, "email"),
            ChannelKind::Sms => (to.sms.map(international), "phone"),
        };
        recipient.extend(address.map(|address| (field.to_owned(), Value::String(address))));
        recipient.extend(distinct_id.map(|id| ("external_id".to_owned(), Value::String(id))));
        let callbacks = match callback.and_then(|callback| callback.allowlist_url) {
            Some(Names::One(name)) => vec![name],
            Some(Names::Several(names)) => names,
            None => Vec::new(),
        };
        json!({ "event": event, "to": recipient, "data": data, "callbacks": callbacks })
    }
}

/// Fyno prefers E.164 and takes it without its plus.
fn international(number: String) -> String {
    let bare = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if bare { format!("+{number}") } else { number }
}

/// Which environment the path names has to be the key's, and a WSID has to look like one; Fyno answers 401 to both. Whose request it
/// is, the key says.
fn admit<B>(call: &Call<B>) -> Result<(), Refusal> {
    let workspace = call.param("wsid");
    let plausible = (1..=64).contains(&workspace.len()) && workspace.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match plausible && call.param("mode") == call.ctx.org.environment.as_str() {
        true => Ok(()),
        false => Err(Refusal::of(&CREDENTIAL_INVALID)),
    }
}

async fn channel_of(messages: &Messages, ctx: &Ctx, event: &str) -> Result<ChannelKind, Failure> {
    let channel = messages.channel_of(ctx, event).await?;
    Ok(channel.ok_or_else(|| Refusal::of(&messages::EVENT_UNKNOWN).at("/event", "unknown"))?)
}

pub(super) fn event(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/fyno/v1/{wsid}/{mode}/event")
        .needs(MESSAGES_SEND)
        .class(Class::Send)
        .acts("message.accept")
        .speaks(&DIALECT)
        .summary("Send a message as Fyno's clients ask for it")
        .describe("The destination comes back masked.")
        .takes::<EventBody>()
        .answers::<Fired>(202)
        .refuses(REFUSALS)
        .example(json!({
            "event": "otp.login", "to": { "sms": "+15550100123" }, "data": { "code": "417233" },
        }))
        .to(move |call: Call<EventBody>| fire(messages.clone(), call))
}

async fn fire(messages: Messages, call: Call<EventBody>) -> Result<Reply, Failure> {
    admit(&call)?;
    let (call, EventBody { event, to, distinct_id, data, callback }) = call.take_body();
    let channel = channel_of(&messages, &call.ctx, &event).await?;
    let message = Firing { to, distinct_id, data, callback }.message(&event, channel);
    send_as(&messages, &call, &message, move |accepted| {
        Reply::json(
            202,
            &Fired {
                event: event.clone(),
                received_time: accepted.created_at,
                request_id: accepted.id,
                response: BTreeMap::from([(word(channel), Sent::of(accepted.id.to_string()))]),
            },
        )
    })
    .await
}

/// A message that was accepted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FynoFired")]
struct Fired {
    /// The event.
    event: String,
    /// When.
    received_time: Time,
    /// The message: reports name it.
    request_id: MessageId,
    /// The channel it takes.
    response: BTreeMap<&'static str, Sent>,
}

/// One message by one channel.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FynoSent")]
struct Sent {
    /// Masked, whoever asks.
    destination: &'static str,
    /// The message.
    msg_id: String,
    /// `ok`
    status: &'static str,
}

impl Sent {
    const fn of(message: String) -> Self {
        Self { destination: MASK, msg_id: message, status: "ok" }
    }
}

/// What became of a bulk.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FynoFiredAll")]
struct FiredAll {
    /// The event.
    event: String,
    /// When, in Unix milliseconds: a number here, a text where one event is fired, as at Fyno.
    received_time: i64,
    /// This request.
    request_id: RequestId,
    /// One for each recipient, in order.
    response: Vec<Outcome>,
}

/// What became of one of a bulk: a channel with the message it takes, or `status` and `_message`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FynoOutcome")]
struct Outcome {
    /// Counted from 1.
    seq: usize,
    /// By e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Sent>,
    /// By SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<Sent>,
    /// `error`, if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// Why.
    #[serde(rename = "_message", skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Outcome {
    fn of(seq: usize, result: &ItemResult, channel: ChannelKind) -> Self {
        let text = |name: &str| result.body[name].as_str().unwrap_or_default().to_owned();
        let mut outcome = Self { seq, email: None, sms: None, status: None, message: None };
        if result.status >= 300 {
            (outcome.status, outcome.message) = (Some("error"), Some(format!("{} ({})", text("title"), text("code"))));
            return outcome;
        }
        match channel {
            ChannelKind::Email => outcome.email = Some(Sent::of(text("id"))),
            ChannelKind::Sms => outcome.sms = Some(Sent::of(text("id"))),
        }
        outcome
    }
}

pub(super) fn bulk(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/fyno/v1/{wsid}/{mode}/event/bulk")
        .needs(MESSAGES_SEND)
        .class(Class::Batch)
        .acts("message.accept")
        .body_limit(LARGEST)
        .speaks(&DIALECT)
        .summary("Send up to 1000 messages as Fyno's clients ask for it")
        .describe("Each is accepted or refused by itself, which its `status` says.")
        .takes::<BulkBody>()
        .answers::<FiredAll>(202)
        .refuses(&[&messages::EVENT_UNKNOWN, &messages::BATCH_KEYS, &messages::BATCH_SIZE])
        .example(json!({
            "event": "otp.login", "batch": [{ "to": { "sms": "+15550100123" }, "data": { "code": "417233" } }],
        }))
        .to(move |call: Call<BulkBody>| fire_all(messages.clone(), call))
}

async fn fire_all(messages: Messages, call: Call<BulkBody>) -> Result<Reply, Failure> {
    admit(&call)?;
    let (call, BulkBody { event, batch }) = call.take_body();
    let channel = channel_of(&messages, &call.ctx, &event).await?;
    let items: Vec<Value> = batch.into_iter().map(|firing| firing.message(&event, channel)).collect();
    let (received_time, request_id) = (call.ctx.now().unix_ms(), call.ctx.request);
    send_each_as(&messages, &call, &items, move |results| {
        let response = (1..).zip(results).map(|(seq, result)| Outcome::of(seq, result, channel)).collect();
        Reply::json(202, &FiredAll { event: event.clone(), received_time, request_id, response })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(body: Value, channel: ChannelKind) -> Value {
        serde_json::from_value::<Firing>(body).unwrap().message("otp.login", channel)
    }

    #[test]
    fn of_many_addresses_the_one_of_the_events_channel_goes_on() {
        let body = json!({
            "to": { "sms": "4791234567", "email": "kari@example.com", "whatsapp": "+4791234567", "teams": "x" },
            "data": { "code": "1" }, "callback": { "custom_id": 7, "custom1": "a", "allowlist_url": "crm" },
        });
        let wanted =
            |to: Value| json!({ "event": "otp.login", "to": to, "data": { "code": "1" }, "callbacks": ["crm"] });
        assert_eq!(converted(body.clone(), ChannelKind::Sms), wanted(json!({ "phone": "+4791234567" })));
        assert_eq!(converted(body, ChannelKind::Email), wanted(json!({ "email": "kari@example.com" })));
    }

    #[test]
    fn an_id_is_enough_and_names_come_one_or_many() {
        let body = json!({ "distinct_id": "u-1", "callback": { "custom_id": "x", "allowlist_urls": ["crm", "bi"] } });
        let message = converted(body, ChannelKind::Sms);
        assert_eq!(message["to"], json!({ "external_id": "u-1" }));
        assert_eq!(message["callbacks"], json!(["crm", "bi"]));
    }

    #[test]
    fn a_number_without_its_plus_gets_one_and_nothing_else_is_touched() {
        for (given, wanted) in
            [("4791234567", "+4791234567"), ("+4791234567", "+4791234567"), ("0 91", "0 91"), ("", "")]
        {
            assert_eq!(international(given.into()), wanted);
        }
    }

    #[test]
    fn a_refusal_has_fynos_form_and_says_where() {
        let refused = Refusal::of(&messages::EVENT_UNKNOWN).at("/event", "unknown");
        let request = "req_00000000000000000000000000".parse().unwrap();
        let said: Value = serde_json::from_slice(&refusal(&refused, request)).unwrap();
        let text = "There is no event of this name (event_unknown): /event unknown";
        assert_eq!(said, json!({ "status": "error", "_message": text }));
    }
}
