//! `GET` and `POST /app/{env}/roles/new`, `GET` and `POST /app/{env}/roles/{id}/edit`

use schemars::JsonSchema;
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{RoleId, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use super::words;
use crate::api_keys::Cidrs;
use crate::masking::DailyReveals;
use crate::members::codes::ROLE_EXCEEDS;
use crate::permissions::{ALL, PermissionNames, ROLES_MANAGE};
use crate::roles::api::{Api, Masks};
use crate::roles::codes::{OWN_ROLE, ROLE_NAME_TAKEN, ROLES_FULL};
use crate::roles::{Minutes, NewRole, Outcome, Role, RoleName, SessionLimits, Visibility, service};

/// The whole of what a role is to say.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoleForm")]
struct Form {
    name: Option<String>,
    #[serde(default)]
    permissions: PermissionNames,
    visibility: Option<Visibility>,
    #[schemars(with = "Option<Masks>")]
    masks: Option<MaskProfile>,
    /// `always` or `sensitive`.
    proof: Option<String>,
    /// Networks with spaces, commas or line breaks between; anywhere if left empty.
    networks: Option<String>,
    idle_minutes: Option<u16>,
    absolute_minutes: Option<u16>,
    /// As many as the organisation lets anybody, if left empty.
    reveals_per_day: Option<DailyReveals>,
}

impl Form {
    fn of(role: &Role) -> Self {
        Self {
            name: Some(role.name.clone()),
            permissions: PermissionNames(role.permissions),
            visibility: Some(role.visibility),
            masks: Some(role.masks),
            proof: role.require_step_up.then(|| "always".to_owned()),
            networks: Some(role.cidrs.to_text()),
            idle_minutes: Some(role.limits.idle.count()),
            absolute_minutes: Some(role.limits.absolute.count()),
            reveals_per_day: role.reveals,
        }
    }

    fn read(&self) -> Result<NewRole, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
        let name = RoleName::parse(self.name.as_deref().unwrap_or_default().trim());
        let minutes = |given: Option<u16>, longest: Minutes, least: u16, at: &'static str| match given {
            None => Ok(longest),
            Some(minutes) if (least..=longest.count()).contains(&minutes) => Ok(Minutes::new(minutes)),
            Some(_) => Err(wrong(at, "out_of_range")),
        };
        Ok(NewRole {
            name: name.ok_or_else(|| wrong("/name", "name_invalid"))?,
            permissions: self.permissions.0,
            visibility: self.visibility.unwrap_or(Visibility::All),
            channels: None,
            masks: self.masks.unwrap_or_default(),
            require_step_up: self.proof.as_deref() == Some("always"),
            cidrs: Cidrs::from_field(self.networks.as_deref(), "/networks")?,
            limits: SessionLimits {
                idle: minutes(self.idle_minutes, SessionLimits::LONGEST.idle, 5, "/idle_minutes")?,
                absolute: minutes(self.absolute_minutes, SessionLimits::LONGEST.absolute, 15, "/absolute_minutes")?,
            },
            reveals: self.reveals_per_day,
        })
    }
}

pub(super) fn ask_new() -> Endpoint {
    get("/app/{env}/roles/new")
        .needs(ROLES_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a new role says")
        .to(|call: Call| std::future::ready(question(&call, &Form::default(), None).show(&call)))
}

pub(super) fn create(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/roles/new")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.create")
        .done("Role made")
        .summary("Create a role")
        .takes_form::<Form>()
        .example(
            json!({ "name": "Night shift", "permissions": ["messages:read", "contacts:read"], "visibility": "team" }),
        )
        .answers_with(303, "")
        .refuses(&[&ROLE_EXCEEDS, &ROLE_NAME_TAKEN, &ROLES_FULL])
        .to(move |call| handle_create(api.clone(), call))
}

async fn handle_create(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let made = async {
        let (keys, new) = (api.house.keys().organisation(call.ctx.org.id).await?, call.body.read()?);
        let (done, approvals, gate) = (call.done("/roles"), call.at("/approvals"), api.gate);
        let act = move |tx: &mut Tx<'_>| {
            Ok(service::decide(tx, &keys, gate, (None, &new), None)?.map(|outcome| match outcome {
                Outcome::InForce(role) => done.leads_to(&role.id.to_string()),
                Outcome::Waits(asked) => Reply::see_other(&format!("{approvals}/{}", asked.approval)),
            }))
        };
        call.write(&api.house, act).await
    };
    match made.await {
        Ok(reply) => {
            api.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&call, &call.body, None).again(&call, failure),
    }
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/roles/{id}/edit")
        .needs(ROLES_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a role shall say")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: RoleId = call.id("id")?;
                let stored = api.house.read(&call.ctx, move |tx| service::find_stored(tx, id)).await?;
                let stored = stored.ok_or_else(not_found)?;
                question(&call, &Form::of(&stored.role), Some(id)).show(&call)
            }
        })
}

pub(super) fn update(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/roles/{id}/edit")
        .needs(ROLES_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("role.update")
        .done("Role changed")
        .summary("Change what a role says")
        .takes_form::<Form>()
        .example(json!({ "name": "Night shift", "permissions": ["messages:read"], "visibility": "team" }))
        .answers_with(303, "")
        .refuses(&[&ROLE_EXCEEDS, &OWN_ROLE, &ROLE_NAME_TAKEN])
        .to(move |call| handle_update(api.clone(), call))
}

async fn handle_update(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let id: RoleId = call.id("id")?;
    let changed = async {
        let (keys, new) = (api.house.keys().organisation(call.ctx.org.id).await?, call.body.read()?);
        let (done, approvals, gate) = (call.done(&format!("/roles/{id}")), call.at("/approvals"), api.gate);
        call.write(&api.house, move |tx| {
            // Which channels it is for is said by the API; a change of the rest keeps it.
            let before = service::find_stored(tx, id)?.ok_or_else(not_found)?;
            let new = NewRole { channels: before.role.channels, ..new };
            Ok(service::decide(tx, &keys, gate, (Some(id), &new), None)?.map(|outcome| match outcome {
                Outcome::InForce(_) => done,
                Outcome::Waits(asked) => Reply::see_other(&format!("{approvals}/{}", asked.approval)),
            }))
        })
        .await
    };
    match changed.await {
        Ok(reply) => {
            api.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&call, &call.body, Some(id)).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form, known: Option<RoleId>) -> Ask {
    let (title, says, back, submit) = match known {
        Some(id) => (
            "Change this role",
            "It holds for everybody who has it within a second, on every node.",
            format!("/roles/{id}"),
            "Change",
        ),
        None => ("Make a role", "At most what you may and see yourself.", "/roles".to_owned(), "Make"),
    };
    let held = call.caller.permissions.iter(ALL).map(|one| Choice::new(one.name(), one.title()));
    let ticked: Vec<_> = form.permissions.0.iter(ALL).map(|one| one.name()).collect();
    let proofs = vec![
        Choice::new("sensitive", "Before what is sensitive"),
        Choice::new("always", "Before whatever changes or reveals anything"),
    ];
    let minutes = |given: Option<u16>, otherwise: Minutes| given.unwrap_or(otherwise.count()).to_string();
    let visibility = words::visibility_word(form.visibility.unwrap_or(Visibility::All));
    Ask::new(call, title, says, &back)
        .sensitive()
        .field(
            Field::new("name", "Name")
                .value(form.name.clone().unwrap_or_default())
                .placeholder("Night shift")
                .required(),
        )
        .field(Field::new("permissions", "May").kind(Kind::Ticks(held.collect())).value(ticked.join(",")))
        .field(
            Field::new("masks", "Sees of phone numbers")
                .kind(Kind::Choice(words::mask_choices()))
                .value(form.masks.unwrap_or_default().as_str()),
        )
        .field(
            Field::new("visibility", "Sees conversations")
                .kind(Kind::Choice(words::visibility_choices()))
                .value(visibility),
        )
        .field(
            Field::new("proof", "Proves with a passkey that it is them")
                .kind(Kind::Choice(proofs))
                .value(form.proof.clone().unwrap_or_else(|| "sensitive".to_owned())),
        )
        .field(
            Field::new("networks", "From where")
                .value(form.networks.clone().unwrap_or_default())
                .placeholder("192.0.2.0/24")
                .hint("Networks with spaces between. Left empty, from anywhere."),
        )
        .field(
            Field::new("idle_minutes", "Signed out after so many minutes without a request")
                .kind(Kind::Typed("number"))
                .value(minutes(form.idle_minutes, SessionLimits::LONGEST.idle))
                .hint("5 to 60"),
        )
        .field(
            Field::new("absolute_minutes", "Signed out after so many minutes at all")
                .kind(Kind::Typed("number"))
                .value(minutes(form.absolute_minutes, SessionLimits::LONGEST.absolute))
                .hint("15 to 1440"),
        )
        .field(
            Field::new("reveals_per_day", "Looks at clear data a day")
                .kind(Kind::Typed("number"))
                .value(form.reveals_per_day.map(|looks| looks.count().to_string()).unwrap_or_default())
                .hint("Left empty, as many as the organisation lets anybody."),
        )
        .submit(submit)
}
