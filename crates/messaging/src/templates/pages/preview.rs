//! `POST /app/{env}/templates/preview`

use sealpost_access::permissions::TEMPLATES_READ;
use sealpost_seal::{Personal, Purpose};
use sealpost_web::shell::Icon;
use sealpost_web::{Call, Class, Endpoint, post};
use serde_json::{Map, Value, json};

use super::edit::{Form, LARGEST};
use crate::channels::ChannelKind;
use crate::templates::compiled::RenderError;
use crate::templates::model::TemplateRefusal;
use crate::templates::rules::ContentError;
use crate::templates::service;

/// What data makes of what stands in the editor.
#[derive(askama::Template)]
#[template(path = "templates/pages/preview.html")]
pub(super) enum Preview {
    /// An e-mail.
    Letter { subject: String, text: String, html: Option<String> },
    /// A text message, and how many characters it has.
    Bubble { text: String, characters: usize },
    /// Why there is nothing to show.
    Wrong(String),
}

impl askama::filters::HtmlSafe for Preview {}

/// The preview as a page of its own, for whoever has no script.
#[derive(askama::Template)]
#[template(
    ext = "html",
    source = r#"<div class="head"><div><h1>Preview</h1><p>With your sample data. Go back to write on.</p></div></div><section class="sheet narrow"><div id="preview">{{ preview }}</div></section>"#
)]
struct PreviewPage {
    preview: Preview,
}

pub(super) fn preview() -> Endpoint {
    post("/app/{env}/templates/preview")
        .needs(TEMPLATES_READ)
        .session()
        .class(Class::Read)
        .changes_nothing("renders the member's own sample data and keeps neither data nor result")
        .summary("Fill what stands in the editor with sample data")
        .body_limit(LARGEST)
        .takes_form::<Form>()
        .example(json!({ "channel": "sms", "text": "{{ code }} is your code.", "data": "{\"code\":\"417-233\"}" }))
        .answers_with(200, "text/html")
        .to(|call: Call<Form>| async move { call.show("Preview", &PreviewPage { preview: filled(&call.body) }) })
}

/// What the form's data makes of the form's content.
pub(super) fn filled(form: &Form) -> Preview {
    let data = match form.data.as_deref().map(serde_json::from_str::<Map<String, Value>>).transpose() {
        Ok(data) => data.unwrap_or_default(),
        Err(_) => return Preview::Wrong("The sample data is not an object in JSON.".into()),
    };
    let channel = form.channel.unwrap_or(ChannelKind::Sms);
    match service::try_out(channel, &form.content(), &data) {
        Err(refusal) => Preview::Wrong(words(&refusal)),
        Ok(rendered) => {
            let text = clear(&rendered.text);
            match channel {
                ChannelKind::Sms => Preview::Bubble { characters: text.chars().count(), text },
                ChannelKind::Email => Preview::Letter {
                    subject: rendered.subject.as_ref().map(clear).unwrap_or_default(),
                    text,
                    html: rendered.html.as_ref().map(clear),
                },
            }
        }
    }
}

/// Shown in clear: whoever looks has brought the data.
fn clear(part: &Personal<String>) -> String {
    part.expose(Purpose::Render).clone()
}

fn words(refusal: &TemplateRefusal) -> String {
    let line = |part: &str, line: u32, what: &str| format!("In line {line} of the {part}: {what}.");
    match refusal {
        TemplateRefusal::Content(ContentError::Syntax { part, line: at }) => {
            line(part.as_str(), *at, "this is not a template")
        }
        TemplateRefusal::Content(ContentError::Language { part, line: at, what }) => {
            line(part.as_str(), *at, &what.code().replace('_', " "))
        }
        TemplateRefusal::Render(RenderError::Undefined { part, line: at, missing }) => {
            let missing = if missing.is_empty() { "something".into() } else { missing.join(", ") };
            line(part.as_str(), *at, &format!("the data has no {missing}"))
        }
        TemplateRefusal::Render(RenderError::Failed { part, line: at }) => {
            line(part.as_str(), *at, "this can’t be done with the data")
        }
        other => {
            let says = other.to_string();
            let mut letters = says.chars();
            letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
        }
    }
}
