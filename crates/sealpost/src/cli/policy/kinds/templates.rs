//! What is said: `templates/NAME.toml`, with `NAME.txt` and `NAME.html` beside it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{About, Answered, By, Kind, Place, Removal, Versions, of_answer, of_toml, text, to_toml};
use crate::cli::policy::model::{Act, Change, Fields, Standing, Wanted};
use crate::cli::policy::server::{NOT_NEXT, Server, is_next};
use crate::cli::{Outcome, Stop};

/// Templates: of each the version in force.
pub(super) struct Templates;

const ABOUT: About = About {
    word: "template",
    place: Place::Folder("templates", &["txt", "html"]),
    wide: false,
    by: By::Key,
    stays: &[],
    tables: &[],
    removal: Removal::Never,
    module: None,
};

/// What isn't a file of its own.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

/// The whole of it.
#[derive(Deserialize, Serialize)]
struct Template {
    channel: String,
    subject: Option<String>,
    txt: Option<String>,
    html: Option<String>,
}

fn standing(answer: &Value) -> Outcome<Standing> {
    let says = |version: &Value| {
        let content = &version["content"];
        of_answer::<Template>(json!({
            "channel": answer["channel"],
            "subject": content["subject"],
            "txt": content["text"],
            "html": content["html"],
        }))
    };
    let Versions { in_force, draft, newest } = Versions::of(answer);
    Ok(Standing {
        name: text(answer, "name"),
        fields: says(in_force.unwrap_or(&Value::Null))?,
        id: text(answer, "id"),
        version: newest,
        draft: draft.map(says).transpose()?,
    })
}

fn content(fields: &Fields) -> Value {
    let mut content = json!({ "text": fields.get("txt") });
    for part in ["subject", "html"] {
        if let Some(value) = fields.get(part).filter(|value| !value.is_null()) {
            content[part] = value.clone();
        }
    }
    content
}

impl Kind for Templates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, name: &str, text: &str) -> Result<Vec<Wanted>, toml::de::Error> {
        Ok(vec![Wanted { name: name.to_owned(), fields: of_toml::<File>(text)? }])
    }

    fn write(&self, all: Vec<Fields>) -> Outcome<String> {
        to_toml::<File>(all.into_iter().next().unwrap_or_default())
    }

    fn all<'a>(&'a self, server: &'a Server) -> Answered<'a, Vec<Standing>> {
        Box::pin(async {
            let mut all = Vec::new();
            for one in server.list("/v1/templates").await? {
                all.push(self.one(server, &text(&one, "id")).await?);
            }
            Ok(all)
        })
    }

    fn one<'a>(&'a self, server: &'a Server, id: &'a str) -> Answered<'a, Standing> {
        Box::pin(async move { standing(&server.api.get(&format!("/v1/templates/{id}")).await?) })
    }

    fn objection(&self, change: &Change) -> Option<&'static str> {
        let moves = change.act == Act::Change && change.lines.iter().any(|line| line.field == "channel");
        let is_empty = change.wanted.get("txt").is_none_or(Value::is_null);
        match (moves, is_empty) {
            (true, _) => Some("a template keeps the channel it was made for: make another one"),
            (false, true) => Some("a template has a text: put it into a .txt of the same name"),
            (false, false) => None,
        }
    }

    fn put<'a>(&'a self, server: &'a Server, change: &'a Change, from: Option<&'a Standing>) -> Answered<'a, Value> {
        Box::pin(async move {
            let content = content(&change.wanted);
            let Some(from) = from else {
                let body = json!({ "name": change.name, "channel": change.wanted.get("channel"), "content": content });
                return Ok(server.api.post("/v1/templates", &body, None).await?);
            };
            let path = format!("/v1/templates/{}/versions", from.id);
            let made = server.api.post(&path, &json!({ "content": content }), None).await?;
            is_next(from, &made).then_some(made).ok_or_else(|| Stop::refused(NOT_NEXT))
        })
    }
}
