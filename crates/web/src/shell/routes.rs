//! What the shell itself serves: its files, the way to the first page, and how pages look.

use std::sync::Arc;

use http::HeaderValue;
use http::header::{CACHE_CONTROL, SET_COOKIE};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::Theme;
use super::desk::Ready;
use crate::browser::theme;
use crate::call::{Call, not_found};
use crate::limits::Class;
use crate::problem::Failure;
use crate::reply::Reply;
use crate::route::{Endpoint, Feature, get, post};

/// A year: the name of a file changes with its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What the shell serves.
pub(crate) fn feature(ready: &Arc<Ready>) -> Feature {
    Feature {
        name: "dashboard",
        about: "What the pages of the dashboard have in common.",
        routes: vec![
            file(ready, "/assets/{hash}/app.css", "app.css", "text/css"),
            file(ready, "/assets/{hash}/app.js", "app.js", "text/javascript"),
            start(),
            appearance(),
            super::find::ask(),
            super::find::find(ready),
        ],
        codes: &[],
    }
}

fn file(ready: &Arc<Ready>, path: &'static str, name: &'static str, media_type: &'static str) -> Endpoint {
    let ready = ready.clone();
    get(path)
        .open_to_all("style and script hold no data")
        .summary("A file of the dashboard")
        .answers_with(200, media_type)
        .to(move |call: Call| {
            let found = ready.frame.assets().find(call.param("hash"), name);
            let reply =
                found.map(|(media_type, bytes)| Reply::bytes(media_type, bytes).header(CACHE_CONTROL, FOR_EVER));
            std::future::ready(reply.ok_or_else(|| Failure::from(not_found())))
        })
}

fn start() -> Endpoint {
    get("/app")
        .signed_in("it leads to the first page")
        .page()
        .class(Class::Read)
        .summary("Lead to the first page")
        .answers_with(303, "")
        .for_support()
        .to(|call: Call| {
            let there = match call.caller.support {
                // Nothing else is theirs for certain.
                Some(_) => call.at("/support/session"),
                None => "/app/test".to_owned(),
            };
            std::future::ready(Ok(Reply::see_other(&there)))
        })
}

/// How pages look in this browser.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Appearance {
    /// `system`, `light` or `dark`.
    theme: String,
}

fn appearance() -> Endpoint {
    post("/app/{env}/appearance")
        .signed_in("it is about this browser alone")
        .for_support()
        .class(Class::Write)
        .changes_nothing("a cookie of this browser says how pages look")
        .summary("Choose light or dark")
        .takes_form::<Appearance>()
        .example(json!({ "theme": "dark" }))
        .answers_with(303, "")
        .to(|call: Call<Appearance>| {
            let chosen = Theme::read(&call.body.theme).unwrap_or_default();
            std::future::ready(Ok(Reply::see_other(&call.at("")).header(SET_COOKIE, theme(chosen.word()))))
        })
}
