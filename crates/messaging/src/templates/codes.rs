//! Why templates are refused, as clients learn it.

use sealpost_web::{Failure, Refusal, not_found};

use super::compiled::RenderError;
use super::model::{Part, TemplateRefusal};
use super::rules::ContentError;

sealpost_web::codes! {
    /// 409: the name is taken.
    TEMPLATE_EXISTS = 409 "template_exists" "Another template has this name";
    /// 422: the content can't be a version; `errors` says why.
    TEMPLATE_INVALID = 422 "template_invalid" "The content is not a template";
    /// 422: the data doesn't fill the template; `errors` says why.
    RENDER_FAILED = 422 "render_failed" "The data does not fill the template";
    /// 422: what was rendered holds a card number.
    RENDER_CARD_NUMBER = 422 "render_card_number" "The rendered text holds a card number";
}

impl From<TemplateRefusal> for Failure {
    fn from(refusal: TemplateRefusal) -> Self {
        Self::Refused(match refusal {
            TemplateRefusal::Content(error) => content(error),
            TemplateRefusal::NameTaken => Refusal::of(&TEMPLATE_EXISTS).at("/name", "taken"),
            TemplateRefusal::Render(error) => render(error),
            TemplateRefusal::CardNumber => Refusal::of(&RENDER_CARD_NUMBER),
            TemplateRefusal::NotFound => not_found(),
            TemplateRefusal::Version(refusal) => return refusal.into(),
            TemplateRefusal::Unasked(failure) => return failure,
            TemplateRefusal::Store(error) => return error.into(),
        })
    }
}

fn content(error: ContentError) -> Refusal {
    let refusal = Refusal::of(&TEMPLATE_INVALID);
    let at = |refusal: Refusal, part: Part, code| refusal.at(pointer(part), code);
    match error {
        ContentError::Missing(part) => at(refusal, part, "field_missing"),
        ContentError::Unexpected(part) => at(refusal, part, "field_unexpected"),
        ContentError::Length(part) => at(refusal, part, "text_length"),
        ContentError::Characters(part) => at(refusal, part, "control_characters"),
        ContentError::CardNumber(part) => at(refusal, part, "card_number"),
        ContentError::Syntax { part, line } => at(refusal, part, "syntax_error").member("line", line),
        ContentError::Language { part, line, what } => at(refusal, part, what.code()).member("line", line),
    }
}

fn render(error: RenderError) -> Refusal {
    let refusal = Refusal::of(&RENDER_FAILED);
    match error {
        RenderError::Undefined { part, line, missing } => refusal
            .member("reason", "undefined")
            .member("part", part.as_str())
            .member("line", line)
            .member("missing", missing),
        RenderError::Data => refusal.member("reason", "data_too_large").at("/data", "too_large"),
        RenderError::Work(part) => refusal.member("reason", "too_much_work").member("part", part.as_str()),
        RenderError::Length(part) => refusal.member("reason", "length").member("part", part.as_str()),
        RenderError::Characters(part) => refusal.member("reason", "control_characters").member("part", part.as_str()),
        RenderError::Failed { part, line } => {
            refusal.member("reason", "unsuitable_data").member("part", part.as_str()).member("line", line)
        }
    }
}

fn pointer(part: Part) -> String {
    format!("/content/{}", part.as_str())
}
