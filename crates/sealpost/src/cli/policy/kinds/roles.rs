//! An organisation's own roles: `roles.toml`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{About, Answered, By, Kind, Place, Removal, Wish, fields, pick, sorted, text};
use crate::cli::policy::model::{Act, Change, Fields, Standing, Wanted};
use crate::cli::policy::server::{Server, members_only};
use crate::cli::{Outcome, Stop};

/// Roles. Those that are ours don't change, so no file says them.
pub(super) struct Roles;

const ABOUT: About = About {
    word: "role",
    place: Place::List("roles.toml"),
    wide: true,
    by: By::Member("/app/live/roles"),
    stays: &[],
    tables: &[],
    removal: Removal::Possible,
    module: Some("role"),
};

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    role: Vec<Role>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    permissions: Vec<String>,
    #[serde(default = "all")]
    visibility: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<String>>,
    #[serde(default = "full")]
    masks: String,
    #[serde(default)]
    require_step_up: bool,
    #[serde(default)]
    cidrs: Vec<String>,
    #[serde(default = "longest_idle")]
    idle_minutes: u16,
    #[serde(default = "longest")]
    absolute_minutes: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    reveals_per_day: Option<u32>,
}

// What the API takes for what isn't said.

fn all() -> String {
    "all".to_owned()
}

fn full() -> String {
    "full".to_owned()
}

fn longest_idle() -> u16 {
    60
}

fn longest() -> u16 {
    1440
}

impl Role {
    fn wanted(mut self) -> Wanted {
        for list in [Some(&mut self.permissions), self.channels.as_mut(), Some(&mut self.cidrs)].into_iter().flatten() {
            sorted(list);
        }
        let name = self.name.clone();
        let mut fields = fields(&self);
        fields.remove("name");
        Wanted { name, fields }
    }

    fn standing(answer: &Value) -> Outcome<Standing> {
        let said = pick(
            answer,
            &[
                "name",
                "permissions",
                "visibility",
                "channels",
                "masks",
                "require_step_up",
                "cidrs",
                "idle_minutes",
                "absolute_minutes",
                "reveals_per_day",
            ],
        );
        let role: Self =
            serde_json::from_value(said).map_err(|_| Stop::failed("the server says roles in another form"))?;
        let Wanted { name, fields } = role.wanted();
        Ok(Standing { name, fields, id: text(answer, "id"), ..Standing::default() })
    }
}

impl Kind for Roles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, _: &str, text: &str) -> Result<Vec<Wanted>, toml::de::Error> {
        Ok(toml::from_str::<File>(text)?.role.into_iter().map(Role::wanted).collect())
    }

    fn write(&self, all: Vec<Fields>) -> Outcome<String> {
        let role = |fields| serde_json::from_value::<Role>(Value::Object(fields));
        let role = all.into_iter().map(role).collect::<Result<_, _>>().map_err(anyhow::Error::from)?;
        Ok(toml::to_string_pretty(&File { role }).map_err(anyhow::Error::from)?)
    }

    fn all<'a>(&'a self, server: &'a Server) -> Answered<'a, Vec<Standing>> {
        Box::pin(async {
            let all = server.list("/v1/roles").await?;
            all.iter().filter(|role| role["standard"] == false).map(Role::standing).collect()
        })
    }

    fn one<'a>(&'a self, server: &'a Server, id: &'a str) -> Answered<'a, Standing> {
        Box::pin(async move { Role::standing(&server.api.get(&format!("/v1/roles/{id}")).await?) })
    }

    fn wish(&self, change: &Change, from: Option<&Standing>) -> Option<Wish> {
        // Nobody is asked whether a role may go: it takes a member, and nobody else.
        if change.act == Act::Remove {
            return None;
        }
        let target = from.map(|from| from.id.clone());
        let mut wanted = change.wanted.clone();
        let cidrs = wanted.get("cidrs").and_then(Value::as_array).cloned().unwrap_or_default();
        let cidrs: Vec<_> = cidrs.iter().filter_map(Value::as_str).collect();
        wanted.insert("id".to_owned(), json!(target));
        wanted.insert("name".to_owned(), json!(change.name));
        wanted.insert("cidrs".to_owned(), json!(cidrs.join(" ")));
        Some(Wish { target, wanted: Value::Object(wanted) })
    }

    fn put<'a>(&'a self, _: &'a Server, _: &'a Change, _: Option<&'a Standing>) -> Answered<'a, Value> {
        members_only()
    }
}
