//! `GET` and `POST /app/{env}/sso/{connection}/edit`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind as Input};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use crate::members::MemberRefused;
use crate::members::codes::{ROLE_EXCEEDS, ROLE_UNKNOWN};
use crate::permissions::SSO_MANAGE;
use crate::roles::RoleRef;
use crate::sso::Sso;
use crate::sso::codes::{SSO_IN_USE, SSO_ROLE_UNSUITABLE};
use crate::sso::model::{Connection, GroupRole};
use crate::sso::service::{self, Changes};

/// Who may come by a connection, and as what.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SsoConnectionForm")]
struct Form {
    name: Option<String>,
    /// `on` or `off`.
    state: Option<String>,
    /// A role; nobody becomes a member who isn’t invited, if left empty.
    newcomers: Option<String>,
    /// Lines such as `front-desk = agent`.
    groups: Option<String>,
    /// The version this is decided on.
    version: Option<u32>,
}

impl Form {
    fn of(connection: &Connection) -> Self {
        let lines: Vec<String> = connection.groups.iter().map(|one| format!("{} = {}", one.group, one.role)).collect();
        Self {
            name: Some(connection.name.clone()),
            state: Some(if connection.enabled { "on" } else { "off" }.to_owned()),
            newcomers: connection.newcomers.map(|role| role.to_string()),
            groups: Some(lines.join("\n")),
            version: Some(connection.version),
        }
    }

    fn read(&self) -> Result<Changes, Failure> {
        let role = |text: &str| text.trim().parse::<RoleRef>().map_err(|_| MemberRefused::RoleUnknown);
        let newcomers = match self.newcomers.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(role(text)?),
        };
        let lines = self.groups.as_deref().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
        let group = |line: &str| {
            let (group, to) = line
                .rsplit_once('=')
                .ok_or_else(|| Failure::from(Refusal::of(&BODY_INVALID).at("/groups", "not_group_and_role")))?;
            Ok::<_, Failure>(GroupRole { group: group.trim().to_owned(), role: role(to)? })
        };
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/name", "field_missing"))?;
        Ok(Changes {
            name: Some(name.to_owned()),
            enabled: self.state.as_deref().map(|state| state != "off"),
            newcomers: Some(newcomers),
            groups: Some(lines.map(group).collect::<Result<_, _>>()?),
            settings: None,
        })
    }
}

pub(super) fn ask(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/{connection}/edit")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask who may come by a connection")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let id: SsoConnectionId = call.id("connection")?;
                let found = sso.house.peek(&call.ctx, move |tx| service::find(tx, id)).await?;
                question(&sso, &call, &Form::of(&found.ok_or_else(not_found)?)).await?.show(&call)
            }
        })
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/{connection}/edit")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.update")
        .done("Connection changed")
        .summary("Change who may come by a connection, and as what")
        .takes_form::<Form>()
        .example(
            json!({ "name": "Company sign-in", "state": "on", "newcomers": "viewer", "groups": "front-desk = agent" }),
        )
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE, &SSO_IN_USE, &SSO_ROLE_UNSUITABLE, &ROLE_EXCEEDS, &ROLE_UNKNOWN])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Form>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let changed = async {
        let (changes, known) = (call.body.read()?, call.body.version);
        let (keys, done) = (sso.house.keys().organisation(call.ctx.org.id).await?, call.done(&format!("/sso/{id}")));
        let act = move |tx: &mut Tx<'_>| Ok(service::update(tx, &keys, id, known, changes)?.map(|_| done));
        call.write(&sso.house, act).await
    };
    match changed.await {
        Ok(reply) => {
            sso.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&sso, &call, &call.body).await?.again(&call, failure),
    }
}

async fn question<B, Q>(sso: &Sso, call: &Call<B, Q>, form: &Form) -> Result<Ask, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let states = vec![Choice::new("on", "Members may come by it"), Choice::new("off", "Nobody may")];
    let mut roles = vec![Choice::new("", "Nobody who isn’t invited")];
    roles.extend(role_choices(sso, call).await?);
    let ask = Ask::new(
        call,
        "Who comes by this connection",
        "Holds from the next time somebody comes. Switched off, it signs out whoever came by it.",
        &format!("/sso/{id}"),
    )
    .sensitive()
    .field(Field::new("name", "Name").value(given(&form.name)).required())
    .field(Field::new("state", "State").kind(Input::Choice(states)).value(form.state.clone().unwrap_or("on".into())))
    .field(
        Field::new("newcomers", "Whoever has an address of a verified domain becomes")
            .kind(Input::Choice(roles))
            .value(given(&form.newcomers)),
    )
    .field(
        Field::new("groups", "Groups and their roles")
            .kind(Input::Lines(4, true))
            .value(given(&form.groups))
            .placeholder("front-desk = agent")
            .hint("One in a line; the first that fits counts. With any, a member’s role is what the service says each time."),
    )
    .submit("Change");
    Ok(match form.version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    })
}

/// Roles a service may give.
async fn role_choices<B, Q>(sso: &Sso, call: &Call<B, Q>) -> Result<Vec<Choice>, Failure> {
    let own = sso.house.read(&call.ctx, |tx| crate::roles::list(tx, None, 100)).await?;
    let ours = crate::roles::Standard::ALL.into_iter().filter(|one| *one != crate::roles::Standard::Owner);
    let ours = ours.map(|one| Choice::new(one.word(), one.role().name));
    let own = own.into_iter().map(|one| Choice::new(one.role.reference, one.role.name.clone()));
    Ok(ours.chain(own).collect())
}
