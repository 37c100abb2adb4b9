//! How long what is stored of messages: `storage.toml`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Answered, By, Kind, Place, Removal, Wish, of_answer, of_toml, pick, to_toml};
use crate::cli::Outcome;
use crate::cli::policy::model::{Change, Fields, Standing, Wanted};
use crate::cli::policy::server::{Server, members_only};

/// The storage policy.
pub(super) struct Storage;

const ABOUT: About = About {
    word: "storage",
    place: Place::Single("storage.toml"),
    wide: true,
    by: By::Member("/app/live/storage"),
    stays: &["live", "test"],
    tables: &[],
    removal: Removal::Never,
    module: Some("storage"),
};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<ByClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<ByClass>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ByClass {
    #[serde(skip_serializing_if = "Option::is_none")]
    otp: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactional: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marketing: Option<Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u16>,
}

/// Puts a value where this path of fields leads.
fn put_at(whole: &mut Fields, path: &str, value: &Value) {
    match path.split_once('.') {
        None => drop(whole.insert(path.to_owned(), value.clone())),
        Some((first, rest)) => {
            let inner = whole.entry(first).or_insert_with(|| Value::Object(Fields::new()));
            if let Value::Object(inner) = inner {
                put_at(inner, rest, value);
            }
        }
    }
}

impl Kind for Storage {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, _: &str, text: &str) -> Result<Vec<Wanted>, toml::de::Error> {
        Ok(vec![Wanted { name: String::new(), fields: of_toml::<File>(text)? }])
    }

    fn write(&self, all: Vec<Fields>) -> Outcome<String> {
        to_toml::<File>(all.into_iter().next().unwrap_or_default())
    }

    fn all<'a>(&'a self, server: &'a Server) -> Answered<'a, Vec<Standing>> {
        Box::pin(async { Ok(vec![self.one(server, "").await?]) })
    }

    fn one<'a>(&'a self, server: &'a Server, _: &'a str) -> Answered<'a, Standing> {
        Box::pin(async {
            let answer = server.api.get("/v1/settings/storage").await?;
            let fields = of_answer::<File>(pick(&answer, &["live", "test"]))?;
            Ok(Standing { fields, version: answer["version"].as_u64(), ..Standing::default() })
        })
    }

    fn wish(&self, change: &Change, from: Option<&Standing>) -> Option<Wish> {
        let mut whole = from?.fields.clone();
        change.lines.iter().for_each(|line| put_at(&mut whole, &line.field, &line.after));
        Some(Wish { target: None, wanted: Value::Object(whole) })
    }

    fn put<'a>(&'a self, _: &'a Server, _: &'a Change, _: Option<&'a Standing>) -> Answered<'a, Value> {
        members_only()
    }
}
