//! What takes an approval: `approvals.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Answered, By, Kind, Place, Removal, Wish, fields, pick, sorted, to_toml};
use crate::cli::policy::model::{Change, Fields, Standing, Wanted};
use crate::cli::policy::server::{Server, members_only};
use crate::cli::{Outcome, Stop};

/// The rules about approvals.
pub(super) struct ApprovalRules;

const ABOUT: About = About {
    word: "approvals",
    place: Place::Single("approvals.toml"),
    wide: true,
    by: By::Member("/app/live/approvals/rules"),
    stays: &[],
    tables: &[],
    removal: Removal::Never,
    module: Some("approval_policy"),
};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    modules: BTreeMap<String, Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    approvals: u8,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<String>,
    #[serde(default = "on_approval")]
    goes_live: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    signed: bool,
}

fn on_approval() -> String {
    "on_approval".to_owned()
}

impl File {
    fn fields(mut self) -> Fields {
        self.modules.values_mut().for_each(|rule| {
            sorted(&mut rule.roles);
            sorted(&mut rule.members);
        });
        fields(&self)
    }
}

impl Kind for ApprovalRules {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, _: &str, text: &str) -> Result<Vec<Wanted>, toml::de::Error> {
        Ok(vec![Wanted { name: String::new(), fields: toml::from_str::<File>(text)?.fields() }])
    }

    fn write(&self, all: Vec<Fields>) -> Outcome<String> {
        to_toml::<File>(all.into_iter().next().unwrap_or_default())
    }

    fn all<'a>(&'a self, server: &'a Server) -> Answered<'a, Vec<Standing>> {
        Box::pin(async { Ok(vec![self.one(server, "").await?]) })
    }

    fn one<'a>(&'a self, server: &'a Server, _: &'a str) -> Answered<'a, Standing> {
        Box::pin(async {
            let answer = server.api.get("/v1/settings/approvals").await?;
            let file: File = serde_json::from_value(pick(&answer, &["modules"]))
                .map_err(|_| Stop::failed("the server says approval rules in another form"))?;
            let version = answer["version"].as_u64();
            Ok(Standing { fields: file.fields(), version, ..Standing::default() })
        })
    }

    fn wish(&self, change: &Change, _: Option<&Standing>) -> Option<Wish> {
        Some(Wish { target: None, wanted: Value::Object(change.wanted.clone()) })
    }

    fn put<'a>(&'a self, _: &'a Server, _: &'a Change, _: Option<&'a Standing>) -> Answered<'a, Value> {
        members_only()
    }
}
