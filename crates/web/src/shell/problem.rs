//! Refusals, for people: what happened, in words, with the code and the request that a program would have read.

use askama::Template;
use sealpost_store::RequestId;

use super::Icon;
use super::assets::Assets;
use crate::problem::{BODY_INVALID, Code, Place, Refusal};

/// A refusal as a page.
#[derive(Template)]
#[template(path = "shell/problem.html")]
pub(crate) struct Problem {
    code: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    wrong: Vec<(String, String)>,
    /// What of the request, as a program would read it.
    places: String,
    permission: Option<String>,
    wait: Option<u32>,
    request: RequestId,
}

/// The same without a frame, for whoever isn't known.
#[derive(Template)]
#[template(path = "shell/door.html")]
struct Door<'a> {
    style: String,
    title: &'a str,
    content: &'a str,
    /// What the form that signs out proves itself by, for whoever may do nothing else from where they are.
    leave: Option<String>,
}

impl Problem {
    pub(crate) fn new(refusal: &Refusal, request: RequestId) -> Self {
        let code = refusal.code();
        let pointers = refusal.errors().iter().filter_map(|one| match &one.place {
            Place::Pointer(pointer) => Some(pointer.to_string()),
            Place::Parameter(_) | Place::Header(_) => None,
        });
        let wrong = refusal.errors().iter().map(|one| {
            let place = match &one.place {
                Place::Pointer(pointer) => pointer.trim_start_matches('/').replace('/', " › "),
                Place::Parameter(name) => name.clone(),
                Place::Header(name) => (*name).to_owned(),
            };
            (words(&place), words(&one.code))
        });
        Self {
            code: code.code,
            title: title(code),
            status: code.status,
            detail: refusal.explanation().unwrap_or_default().to_owned(),
            wrong: wrong.collect(),
            places: pointers.collect::<Vec<_>>().join(" "),
            permission: refusal.text_member("required_permission").map(str::to_owned),
            wait: refusal.seconds_to_wait(),
            request,
        }
    }

    pub(crate) fn title(&self) -> &'static str {
        self.title
    }

    /// The page for whoever isn't known.
    pub(crate) fn alone(&self, assets: &Assets, leave: Option<String>) -> Result<String, askama::Error> {
        let content = self.render()?;
        Door { style: assets.href("app.css"), title: self.title, content: &content, leave }.render()
    }
}

/// What happened, for people: what a program sends is a body, what people fill in are fields.
pub(super) fn title(code: &Code) -> &'static str {
    if code.code == BODY_INVALID.code { "Some fields are missing or wrong" } else { code.title }
}

/// `field_missing` as people read it.
fn words(code: &str) -> String {
    code.replace('_', " ")
}
