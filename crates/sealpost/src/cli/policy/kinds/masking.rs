//! What is hidden from whoever reads: `masking.toml`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{About, Answered, By, Kind, Place, Removal, of_answer, of_toml, pick, to_toml};
use crate::cli::Outcome;
use crate::cli::policy::model::{Change, Fields, Standing, Wanted};
use crate::cli::policy::server::Server;

/// The masking policy.
pub(super) struct Masking;

const ABOUT: About = About {
    word: "masking",
    place: Place::Single("masking.toml"),
    wide: true,
    by: By::Key,
    stays: &[],
    tables: &[],
    removal: Removal::Never,
    module: Some("masking"),
};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    mode: String,
    reveals_per_day: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<Rule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<InTest>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct InTest {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    pattern: String,
}

impl Kind for Masking {
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
            let answer = server.api.get("/v1/masking").await?;
            let version = answer["version"].as_u64();
            let fields = of_answer::<File>(pick(&answer, &["mode", "reveals_per_day", "rules", "test"]))?;
            Ok(Standing { fields, version, ..Standing::default() })
        })
    }

    fn put<'a>(&'a self, server: &'a Server, change: &'a Change, from: Option<&'a Standing>) -> Answered<'a, Value> {
        Box::pin(async move {
            let mut body = Value::Object(change.wanted.clone());
            body["version"] = json!(from.and_then(|standing| standing.version));
            body["reason"] = json!(server.reason_of(change));
            Ok(server.api.put("/v1/masking", &body).await?)
        })
    }
}
