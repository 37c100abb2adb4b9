//! `POST /v1/templates/preview`

use schemars::JsonSchema;
use sealpost_access::permissions::TEMPLATES_READ;
use sealpost_seal::{Personal, Purpose};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::channels::ChannelKind;
use crate::templates::codes::{RENDER_CARD_NUMBER, RENDER_FAILED, TEMPLATE_INVALID};
use crate::templates::model::Content;
use crate::templates::service;

/// A content that is no version yet, and what fills it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TemplateTrial")]
struct Body {
    /// What it would be for.
    channel: ChannelKind,
    /// What it would say.
    content: Content,
    /// What fills it.
    #[serde(default)]
    data: Map<String, Value>,
}

/// What the data and the content make together. Shown in clear: whoever asks has brought the data.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RenderedTrial")]
struct View<'a> {
    /// The subject; e-mail only.
    subject: Option<&'a str>,
    /// The text.
    text: &'a str,
    /// The HTML; e-mail only.
    html: Option<&'a str>,
}

pub(super) fn try_out() -> Endpoint {
    post("/v1/templates/preview")
        .needs(TEMPLATES_READ)
        .class(Class::Read)
        .changes_nothing("renders the caller's own content and sample data, and keeps neither")
        .summary("Fill a content that is no template yet with sample data")
        .body_limit(256 * 1024)
        .takes::<Body>()
        .answers::<View<'static>>(200)
        .refuses(&[&TEMPLATE_INVALID, &RENDER_FAILED, &RENDER_CARD_NUMBER])
        .example(serde_json::json!({
            "channel": "sms", "content": { "text": "{{ code }} is your code." }, "data": { "code": "417-233" }
        }))
        .to(|call: Call<Body>| std::future::ready(handle(&call)))
}

fn handle(call: &Call<Body>) -> Result<Reply, Failure> {
    let Body { channel, content, data } = &call.body;
    let rendered = service::try_out(*channel, content, data)?;
    let clear = |part: &'_ Personal<String>| part.expose(Purpose::Render).clone();
    let (subject, html) = (rendered.subject.as_ref().map(clear), rendered.html.as_ref().map(clear));
    let text = clear(&rendered.text);
    Ok(Reply::ok(&View { subject: subject.as_deref(), text: &text, html: html.as_deref() })?)
}
