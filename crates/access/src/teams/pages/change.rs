//! `GET` and `POST /app/{env}/teams/new`, `GET` and `POST /app/{env}/teams/{id}/edit`

use schemars::JsonSchema;
use sealpost_seal::Purpose;
use sealpost_store::{Ctx, MemberId, Recorded, TeamId, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, not_found, post};
use serde::Deserialize;
use serde_json::json;

use crate::members::codes::TEAM_GIVES_ROLE;
use crate::members::{Member, MemberState, Members};
use crate::permissions::MEMBERS_MANAGE;
use crate::teams::api::Api;
use crate::teams::codes::{TEAM_MEMBER_UNKNOWN, TEAM_NAME_TAKEN, TEAMS_FULL};
use crate::teams::model::{MOST_MEMBERS, Team, TeamName};
use crate::teams::service;

/// A team, as it shall be.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TeamForm")]
struct Form {
    name: Option<String>,
    #[serde(default)]
    members: Vec<MemberId>,
}

impl Form {
    fn name(&self) -> Result<TeamName, Refusal> {
        let name = TeamName::parse(self.name.as_deref().unwrap_or_default().trim());
        name.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/name", "name_invalid"))
    }
}

pub(super) fn ask_new(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/teams/new").needs(MEMBERS_MANAGE).page().class(Class::Read).summary("Ask who a new team is").to(
        move |call: Call| {
            let api = api.clone();
            async move { question(&api, &call, &Form::default(), None).await?.show(&call) }
        },
    )
}

pub(super) fn create(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/teams/new")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("team.create")
        .done("Team made")
        .summary("Create a team")
        .takes_form::<Form>()
        .example(json!({ "name": "Front desk" }))
        .answers_with(303, "")
        .refuses(&[&TEAM_NAME_TAKEN, &TEAMS_FULL, &TEAM_MEMBER_UNKNOWN])
        .to(move |call| handle(api.clone(), call, None))
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/teams/{id}/edit")
        .needs(MEMBERS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask who a team shall be")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: TeamId = call.id("id")?;
                let team: Team =
                    api.house.read(&call.ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
                let form = Form { name: Some(team.name), members: team.members };
                question(&api, &call, &form, Some(id)).await?.show(&call)
            }
        })
}

pub(super) fn update(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/teams/{id}/edit")
        .needs(MEMBERS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("team.update")
        .done("Team changed")
        .summary("Rename a team, and decide who is in it")
        .takes_form::<Form>()
        .example(json!({ "name": "Front desk" }))
        .answers_with(303, "")
        .refuses(&[&TEAM_NAME_TAKEN, &TEAM_MEMBER_UNKNOWN, &TEAM_GIVES_ROLE])
        .to(move |call: Call<Form>| {
            let api = api.clone();
            async move {
                let id = call.id("id")?;
                handle(api, call, Some(id)).await
            }
        })
}

async fn handle(api: Api, call: Call<Form>, known: Option<TeamId>) -> Result<Reply, Failure> {
    let made = async {
        let (name, done) = (call.body.name()?, call.done("/teams"));
        let mut members = call.body.members.clone();
        if let Some(id) = known {
            members.extend(unoffered(&api, &call.ctx, id).await?);
        }
        let act = move |tx: &mut Tx<'_>| -> Result<Recorded<Reply>, Failure> {
            let team = match known {
                Some(id) => service::update(tx, id, Some(&name), Some(&members))?,
                None => service::create(tx, &name, &members)?,
            };
            Ok(team.map(|_| done))
        };
        call.write(&api.house, act).await
    };
    match made.await {
        Ok(reply) => {
            api.sessions.forget();
            Ok(reply)
        }
        Err(failure) => question(&api, &call, &call.body, known).await?.again(&call, failure),
    }
}

async fn question<B, Q>(api: &Api, call: &Call<B, Q>, form: &Form, known: Option<TeamId>) -> Result<Ask, Failure> {
    let (title, submit) = if known.is_some() { ("Change this team", "Change") } else { ("Make a team", "Make") };
    let ticked: Vec<_> = form.members.iter().map(ToString::to_string).collect();
    Ok(Ask::new(call, title, "", "/teams")
        .field(
            Field::new("name", "Name")
                .value(form.name.clone().unwrap_or_default())
                .placeholder("Front desk")
                .required(),
        )
        .field(
            Field::new("members", "Members").kind(Kind::Ticks(people(api, &call.ctx).await?)).value(ticked.join(",")),
        )
        .submit(submit))
}

/// Members to choose from, and those who are invited, as their colleagues know them.
async fn people(api: &Api, ctx: &Ctx) -> Result<Vec<Choice>, Failure> {
    let most = u32::try_from(MOST_MEMBERS).unwrap_or(u32::MAX);
    let members = Members::new(api.house.clone());
    let (all, invited) = (members.list(ctx, false, None, most).await?, members.list(ctx, true, None, most).await?);
    Ok(all.iter().chain(&invited).map(|member| Choice::new(member.id, called(member))).collect())
}

/// Who is in the team and wasn't among those to choose from: nobody leaves it because a form has no room for them.
async fn unoffered(api: &Api, ctx: &Ctx, id: TeamId) -> Result<Vec<MemberId>, Failure> {
    let offered = people(api, ctx).await?;
    let team = api.house.read(ctx, move |tx| service::find(tx, id)).await?.ok_or_else(not_found)?;
    let is_offered = |member: &MemberId| offered.iter().any(|choice| choice.value == member.to_string());
    Ok(team.members.into_iter().filter(|member| !is_offered(member)).collect())
}

fn called(member: &Member) -> String {
    let known = member.name.as_ref().or(member.email.as_ref());
    let called = known.map_or_else(|| member.id.to_string(), |known| known.expose(Purpose::Colleague).clone());
    if member.state == MemberState::Invited { format!("{called} (invited)") } else { called }
}
