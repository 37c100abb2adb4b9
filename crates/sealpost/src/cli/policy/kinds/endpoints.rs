//! Who hears of events: `endpoints/NAME.toml`, without secrets.

mod encryption;
mod transport;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::encryption::Encryption;
use self::transport::Transport;
use super::{About, Answered, By, Kind, Place, Removal, fields, sorted, text, to_toml};
use crate::cli::policy::model::{Act, Change, Fields, Standing, Wanted};
use crate::cli::policy::server::{Names, Server};
use crate::cli::{Outcome, Stop};

/// Endpoints. What one signs with is a stored secret, by name; one made for it alone is in no file.
pub(super) struct Endpoints;

/// What else is decided of an endpoint, each where the API has it.
const TRANSPORT: &str = "transport";
const ENCRYPTION: &str = "encryption";

const ABOUT: About = About {
    word: "endpoint",
    place: Place::Folder("endpoints", &[]),
    wide: false,
    by: By::Key,
    stays: &["secret", "proof", TRANSPORT, ENCRYPTION],
    tables: &[TRANSPORT, ENCRYPTION],
    removal: Removal::Possible,
    module: None,
};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    url: String,
    #[serde(default)]
    description: String,
    #[serde(default = "everything")]
    events: Vec<String>,
    #[serde(default)]
    disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<Transport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption: Option<Encryption>,
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

impl File {
    fn fields(mut self) -> Fields {
        if self.events.is_empty() {
            self.events = everything();
        }
        sorted(&mut self.events);
        if let Some(transport) = &mut self.transport {
            transport.settle();
        }
        fields(&self)
    }
}

/// How it is called and encrypted for, where files say so and it is said otherwise. Answers what waits for others, if something does.
async fn put_tables(server: &Server, change: &Change, id: &str) -> Outcome<Option<Value>> {
    let mut waits = None;
    for (table, sent) in [(TRANSPORT, transport::sent as fn(&Value) -> Value), (ENCRYPTION, encryption::sent)] {
        let differs = change.lines.iter().any(|line| line.field.split_once('.').is_some_and(|(top, _)| top == table));
        if let Some(wanted) = change.wanted.get(table).filter(|wanted| differs && wanted.is_object()) {
            let answer = server.api.put(&format!("/v1/endpoints/{id}/{table}"), &sent(wanted)).await?;
            waits = waits.or(Some(answer).filter(|answer| answer["approval_id"].is_string()));
        }
    }
    Ok(waits)
}

/// Secrets are listed only if an endpoint names one, for that takes `secrets:manage`.
async fn standing(server: &Server, answer: &Value, secrets: &mut Option<Names>) -> Outcome<Standing> {
    let id = text(answer, "id");
    let of = async |part: &str| server.api.get(&format!("/v1/endpoints/{id}/{part}")).await;
    let (proof, transport, encryption) = (of("proof").await?, of(TRANSPORT).await?, of(ENCRYPTION).await?);
    let refers = answer["secret_id"].is_string() || transport::refers(&transport) || encryption::refers(&encryption);
    if refers && secrets.is_none() {
        *secrets = Some(server.names("/v1/secrets").await?);
    }
    let none = Names::default();
    let secrets = secrets.as_ref().unwrap_or(&none);
    let events = serde_json::from_value(answer["events"].clone());
    let file = File {
        url: text(answer, "url"),
        description: text(answer, "description"),
        events: events.map_err(|_| Stop::failed("the server says endpoints in another form"))?,
        disabled: answer["state"] == "disabled",
        secret: answer["secret_id"].as_str().map(|id| secrets.name(id)),
        proof: Some(text(&proof, "way")),
        transport: Some(transport::said(&transport, secrets)?),
        encryption: encryption::said(&encryption, secrets)?,
    };
    let version = answer["version"].as_u64();
    Ok(Standing { name: text(answer, "name"), fields: file.fields(), id, version, ..Standing::default() })
}

impl Kind for Endpoints {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, name: &str, text: &str) -> Result<Vec<Wanted>, toml::de::Error> {
        Ok(vec![Wanted { name: name.to_owned(), fields: toml::from_str::<File>(text)?.fields() }])
    }

    fn write(&self, all: Vec<Fields>) -> Outcome<String> {
        to_toml::<File>(all.into_iter().next().unwrap_or_default())
    }

    fn all<'a>(&'a self, server: &'a Server) -> Answered<'a, Vec<Standing>> {
        Box::pin(async {
            let answer = server.api.get("/v1/endpoints").await?;
            let all = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
            let (mut endpoints, mut secrets) = (Vec::new(), None);
            for one in all {
                endpoints.push(standing(server, one, &mut secrets).await?);
            }
            Ok(endpoints)
        })
    }

    fn one<'a>(&'a self, server: &'a Server, id: &'a str) -> Answered<'a, Standing> {
        Box::pin(async move {
            let answer = server.api.get(&format!("/v1/endpoints/{id}")).await?;
            standing(server, &answer, &mut None).await
        })
    }

    fn names(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        &[("secret", "secret", "/v1/secrets")]
    }

    fn objection(&self, change: &Change) -> Option<&'static str> {
        let is_nameless = change.act == Act::Create && !change.wanted.contains_key("secret");
        // One that is made would be shown once, to whoever reads the output of this.
        is_nameless.then_some("a new endpoint names the stored secret it signs with: secret = \"…\"")
    }

    fn put<'a>(&'a self, server: &'a Server, change: &'a Change, from: Option<&'a Standing>) -> Answered<'a, Value> {
        Box::pin(async move {
            let plain = change.lines.iter().filter(|line| !line.field.contains('.'));
            let mut body: Fields = plain.map(|line| (line.field.clone(), line.after.clone())).collect();
            if let Some(name) = body.get_mut("secret") {
                *name = json!({ "secret": name.take() });
            }
            if let Some(from) = from {
                let path = format!("/v1/endpoints/{}", from.id);
                if let Some(way) = body.shift_remove("proof") {
                    server.api.patch(&format!("{path}/proof"), &json!({ "way": way })).await?;
                }
                let mut answer = Value::Null;
                if !body.is_empty() {
                    body.insert("expected_version".to_owned(), json!(from.version));
                    answer = server.api.patch(&path, &Value::Object(body)).await?;
                }
                let of_tables = put_tables(server, change, &from.id).await?;
                return Ok(if answer["approval_id"].is_string() { answer } else { of_tables.unwrap_or(answer) });
            }
            body.insert("name".to_owned(), json!(change.name));
            let is_off = body.shift_remove("disabled") == Some(Value::Bool(true));
            let made = server.api.post("/v1/endpoints", &Value::Object(body), None).await?;
            let waits = put_tables(server, change, &text(&made, "id")).await?;
            if is_off {
                let path = format!("/v1/endpoints/{}", text(&made, "id"));
                server.api.patch(&path, &json!({ "disabled": true })).await?;
            }
            Ok(waits.unwrap_or(made))
        })
    }

    fn remove<'a>(&'a self, server: &'a Server, there: &'a Standing) -> Answered<'a, ()> {
        Box::pin(async move {
            server.api.delete(&format!("/v1/endpoints/{}", there.id)).await?;
            Ok(())
        })
    }
}
