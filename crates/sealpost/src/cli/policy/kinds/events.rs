//! What is fired by name: `events/NAME.toml`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{About, Answered, By, Kind, Place, Removal, Versions, of_answer, of_toml, text, to_toml};
use crate::cli::policy::model::{Change, Fields, Standing, Wanted};
use crate::cli::policy::server::{NOT_NEXT, Names, Server, is_next};
use crate::cli::{Outcome, Stop};

/// Events: of each the version in force.
pub(super) struct Events;

const ABOUT: About = About {
    word: "event",
    place: Place::Folder("events", &[]),
    wide: false,
    by: By::Key,
    stays: &[],
    tables: &[],
    removal: Removal::Never,
    module: None,
};

/// An event. What it names it names by name.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    class: String,
    template: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
}

/// What events name.
struct Named {
    templates: Names,
    channels: Names,
    /// Listed only where one is named: not every server has them.
    routes: Names,
}

/// Whether any version of an event goes along a route.
fn has_route(answer: &Value) -> bool {
    answer["versions"].as_array().into_iter().flatten().any(|version| version["route_id"].is_string())
}

impl Named {
    async fn read(server: &Server, routes: bool) -> Outcome<Self> {
        Ok(Self {
            templates: server.names("/v1/templates").await?,
            channels: server.names("/v1/channels").await?,
            routes: if routes { server.names("/v1/routes").await? } else { Names::default() },
        })
    }

    fn standing(&self, answer: &Value) -> Outcome<Standing> {
        let name_in = |names: &Names, id: &Value| id.as_str().map(|id| names.name(id));
        let says = |version: &Value| {
            of_answer::<File>(json!({
                "class": version["class"],
                "template": name_in(&self.templates, &version["template_id"]),
                "template_version": version["template_version"],
                "channel": name_in(&self.channels, &version["channel_id"]),
                "route": name_in(&self.routes, &version["route_id"]),
            }))
        };
        let Versions { in_force, draft, newest } = Versions::of(answer);
        Ok(Standing {
            name: text(answer, "name"),
            fields: in_force.map(says).transpose()?.unwrap_or_default(),
            id: text(answer, "id"),
            version: newest,
            draft: draft.map(says).transpose()?,
        })
    }

    fn body(&self, fields: &Fields) -> Outcome<Value> {
        let word = |name: &str| fields.get(name).and_then(Value::as_str);
        let mut body = json!({
            "class": word("class"),
            "template_id": self.templates.id("template", word("template").unwrap_or_default())?,
        });
        if let Some(version) = fields.get("template_version") {
            body["template_version"] = version.clone();
        }
        if let Some(channel) = word("channel") {
            body["channel_id"] = json!(self.channels.id("channel", channel)?);
        }
        if let Some(route) = word("route") {
            body["route_id"] = json!(self.routes.id("route", route)?);
        }
        Ok(body)
    }
}

impl Kind for Events {
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
            for one in server.list("/v1/events").await? {
                all.push(server.api.get(&format!("/v1/events/{}", text(&one, "id"))).await?);
            }
            let named = Named::read(server, all.iter().any(has_route)).await?;
            all.iter().map(|answer| named.standing(answer)).collect()
        })
    }

    fn one<'a>(&'a self, server: &'a Server, id: &'a str) -> Answered<'a, Standing> {
        Box::pin(async move {
            let answer = server.api.get(&format!("/v1/events/{id}")).await?;
            Named::read(server, has_route(&answer)).await?.standing(&answer)
        })
    }

    fn names(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        &[
            ("template", "template", "/v1/templates"),
            ("channel", "channel", "/v1/channels"),
            ("route", "route", "/v1/routes"),
        ]
    }

    fn put<'a>(&'a self, server: &'a Server, change: &'a Change, from: Option<&'a Standing>) -> Answered<'a, Value> {
        Box::pin(async move {
            let routes = change.wanted.contains_key("route");
            let mut body = Named::read(server, routes).await?.body(&change.wanted)?;
            let Some(from) = from else {
                body["name"] = json!(change.name);
                return Ok(server.api.post("/v1/events", &body, None).await?);
            };
            let made = server.api.post(&format!("/v1/events/{}/versions", from.id), &body, None).await?;
            is_next(from, &made).then_some(made).ok_or_else(|| Stop::refused(NOT_NEXT))
        })
    }
}
