//! Safravo's `POST /v1/messages` (Safravo's API reference, "Messages", "Errors").

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_SEND;
use sealpost_seal::viewer::MASK;
use sealpost_store::{MessageId, RequestId};
use sealpost_web::problem::{CREDENTIAL_MISSING, Place};
use sealpost_web::{Call, Class, Code, Dialect, Endpoint, Failure, IdempotencyKey, Refusal, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::codes::CHANNEL_UNAVAILABLE;
use crate::messages::codes::{EVENT_UNKNOWN, RECIPIENT_SUPPRESSED};
use crate::messages::{Messages, REFUSALS, send_as};

pub(super) const PREFIX: &str = "/safravo";

/// How Safravo says no: one envelope for everything.
static DIALECT: Dialect = Dialect { prefix: PREFIX, media_type: "application/json", refusal };

fn refusal(refusal: &Refusal, request: RequestId) -> Vec<u8> {
    let code = refusal.code();
    let mut message = code.title.to_owned();
    if let Some(permission) = refusal.text_member("required_permission") {
        message.push_str(&format!(": {permission}"));
    }
    for wrong in refusal.errors() {
        if let Place::Pointer(pointer) = &wrong.place {
            message.push_str(&format!(": {pointer} {}", wrong.code));
        }
    }
    let error = json!({
        "code": word(code), "message": message, "statusCode": code.status, "request_id": request,
        "docs": format!("/docs/errors#{}", code.code),
    });
    json!({ "error": error }).to_string().into_bytes()
}

/// Safravo's word for a code of ours; ours, where it has none.
fn word(code: &Code) -> &'static str {
    if code == &RECIPIENT_SUPPRESSED || code == &CHANNEL_UNAVAILABLE || code == &EVENT_UNKNOWN {
        return code.code;
    }
    match code.status {
        401 if code == &CREDENTIAL_MISSING => "unauthorized",
        401 => "invalid_api_key",
        403 => "forbidden",
        404 | 405 => "not_found",
        409 => "conflict",
        400 | 413 | 414 | 415 | 422 => "validation_error",
        _ => code.code,
    }
}

/// A message in Safravo's form.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SafravoMessage")]
struct Body {
    /// Safravo's channel.
    channel: Channel,
    /// A number in E.164.
    to: String,
    /// What kind of message it is.
    #[serde(rename = "type")]
    kind: Kind,
    /// The text, of a text.
    text: Option<String>,
    /// Where the medium is, of everything else.
    media_url: Option<String>,
    /// What stands under it.
    caption: Option<String>,
    /// Its name.
    filename: Option<String>,
    /// Makes a retry safe; the `Idempotency-Key` header means the same.
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// Safravo's channels.
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SafravoChannel")]
enum Channel {
    Whatsapp,
    Instagram,
    Messenger,
}

/// Safravo's kinds of messages.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SafravoKind")]
enum Kind {
    Text,
    Image,
    Video,
    Document,
    Audio,
}

impl Body {
    /// The event of yours that stands for this channel and kind: `safravo.whatsapp.text`.
    fn event(&self) -> String {
        let channel = match self.channel {
            Channel::Whatsapp => "whatsapp",
            Channel::Instagram => "instagram",
            Channel::Messenger => "messenger",
        };
        let kind = match self.kind {
            Kind::Text => "text",
            Kind::Image => "image",
            Kind::Video => "video",
            Kind::Document => "document",
            Kind::Audio => "audio",
        };
        format!("safravo.{channel}.{kind}")
    }

    /// What fills its template: whatever the client said.
    fn data(self) -> Map<String, Value> {
        let said = [
            ("text", self.text),
            ("media_url", self.media_url),
            ("caption", self.caption),
            ("filename", self.filename),
        ];
        said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))).collect()
    }
}

/// An accepted message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SafravoAccepted")]
struct Accepted {
    /// The message.
    message_id: MessageId,
    /// Nothing: there are no conversations here.
    conversation_id: Option<String>,
    /// `queued`
    status: &'static str,
    /// As asked.
    channel: Channel,
    /// Masked, whoever asks.
    to: &'static str,
}

pub(super) fn send(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/safravo/v1/messages")
        .needs(MESSAGES_SEND)
        .class(Class::Send)
        .acts("message.accept")
        .speaks(&DIALECT)
        .summary("Send a message as Safravo's clients ask for it")
        .describe("Fires the event `safravo.<channel>.<type>`, whose template is filled with `text`, `media_url`, `caption` and `filename`. The recipient comes back masked.")
        .takes::<Body>()
        .answers::<Accepted>(201)
        .refuses(REFUSALS)
        .refuses(&[&CHANNEL_UNAVAILABLE])
        .example(json!({ "channel": "whatsapp", "to": "+15550100123", "type": "text", "text": "Your table is ready." }))
        .to(move |call: Call<Body>| handle(messages.clone(), call))
}

async fn handle(messages: Messages, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, body) = call.take_body();
    let (event, channel, to) = (body.event(), body.channel, body.to.clone());
    if messages.channel_of(&call.ctx, &event).await?.is_none() {
        return Err(Refusal::of(&CHANNEL_UNAVAILABLE).at("/channel", "no_event").into());
    }
    let message = json!({ "event": event, "to": { "phone": to }, "data": body.data() });
    send_as(&messages, &call, &message, move |accepted| {
        Reply::json(
            201,
            &Accepted { message_id: accepted.id, conversation_id: None, status: "queued", channel, to: MASK },
        )
    })
    .await
}

#[cfg(test)]
mod tests {
    use sealpost_web::problem::{CREDENTIAL_INVALID, INTERNAL, JSON_INVALID, NOT_FOUND, PERMISSION_MISSING};

    use super::*;

    #[test]
    fn a_message_is_an_event_of_its_channel_and_kind() {
        let body = json!({ "channel": "whatsapp", "to": "+254712345678", "type": "image",
            "media_url": "https://example.com/a.png", "caption": "A" });
        let body: Body = serde_json::from_value(body).unwrap();
        assert_eq!(body.event(), "safravo.whatsapp.image");
        assert_eq!(Value::Object(body.data()), json!({ "media_url": "https://example.com/a.png", "caption": "A" }));
    }

    #[test]
    fn a_refusal_has_safravos_form_and_its_words() {
        let request: RequestId = "req_00000000000000000000000000".parse().unwrap();
        for (code, wanted) in [
            (&CREDENTIAL_MISSING, "unauthorized"),
            (&CREDENTIAL_INVALID, "invalid_api_key"),
            (&PERMISSION_MISSING, "forbidden"),
            (&NOT_FOUND, "not_found"),
            (&JSON_INVALID, "validation_error"),
            (&CHANNEL_UNAVAILABLE, "channel_unavailable"),
            (&RECIPIENT_SUPPRESSED, "recipient_suppressed"),
            (&INTERNAL, "internal"),
        ] {
            let said: Value = serde_json::from_slice(&refusal(&Refusal::of(code), request)).unwrap();
            let error = &said["error"];
            assert_eq!(
                (error["code"].as_str(), error["statusCode"].as_u64()),
                (Some(wanted), Some(code.status.into()))
            );
            assert_eq!(error["request_id"], json!(request));
            assert_eq!(error.as_object().unwrap().len(), 5);
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let refused = Refusal::of(&PERMISSION_MISSING).member("required_permission", "messages:send");
        let request = "req_00000000000000000000000000".parse().unwrap();
        let said: Value = serde_json::from_slice(&refusal(&refused, request)).unwrap();
        assert!(said["error"]["message"].as_str().unwrap().ends_with(": messages:send"), "{said}");
    }
}
