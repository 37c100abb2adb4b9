//! `GET` and `POST /app/{env}/find`: an id leads to its page, anything else on to the search for people.

use std::sync::Arc;

use askama::Template;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::Icon;
use super::desk::Ready;
use crate::call::Call;
use crate::limits::Class;
use crate::reply::Reply;
use crate::route::{Endpoint, get, post};

/// The longest text that is taken for an id.
const LONGEST_ID: usize = 48;

#[derive(Template)]
#[template(path = "shell/find.html")]
struct FindPage {
    action: String,
    csrf: String,
}

/// What to look for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// An id, or what people are found by. Never in the URL.
    #[serde(default)]
    q: String,
}

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/find")
        .signed_in("it asks what to look for, and shows nothing")
        .page()
        .class(Class::Read)
        .summary("Ask what to look for")
        .to(|call: Call| {
            let content = FindPage { action: call.at("/find"), csrf: call.csrf_token().to_owned() };
            std::future::ready(call.show("Find", &content))
        })
}

pub(super) fn find(ready: &Arc<Ready>) -> Endpoint {
    let search = ready.search;
    post("/app/{env}/find")
        .signed_in("it leads to pages that need permissions of their own")
        .class(Class::Read)
        .changes_nothing("it leads to what is looked for: an id to its page, anything else to the search for people")
        .summary("Lead to what is looked for")
        .takes_form::<Wanted>()
        .example(json!({ "q": "msg_01kf3b2y5xfh0r4c9v7t8m6e1s" }))
        .answers_with(303, "")
        .also_answers(307, "")
        .to(move |call: Call<Wanted>| {
            let page = id(&call.body.q).and_then(|id| call.page_of(&id));
            let reply = page.map_or_else(|| Reply::hand_on(&call.at(search)), |page| Reply::see_other(&page));
            std::future::ready(Ok(reply))
        })
}

/// The text as an id, if it looks like one.
fn id(text: &str) -> Option<String> {
    let text = text.trim();
    let looks = text.len() <= LONGEST_ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (looks && text.contains('_')).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_an_id_becomes_part_of_a_path() {
        assert_eq!(id(" MSG_01kf3b2y5xfh0r4c9v7t8m6e1s\n").as_deref(), Some("msg_01kf3b2y5xfh0r4c9v7t8m6e1s"));
        for text in ["", "+15550100124", "ada@example.com", "msg_../../sign-out", "msg_1?x=y", "msg_é", "a_b\r\nc"] {
            assert_eq!(id(text), None, "{text:?}");
        }
    }
}
