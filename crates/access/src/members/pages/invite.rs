//! `GET` and `POST /app/{env}/people/invite`

use schemars::JsonSchema;
use sealpost_seal::normal::Email;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{Recorded, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::shell::{Ask, Pages, ShownOnce};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::words::Roles;
use crate::members::api::Api;
use crate::members::codes::{MEMBER_EXISTS, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN, TEAM_GIVES_ROLE, TEAM_UNKNOWN};
use crate::members::invite::{self, Invitation, Invited};
use crate::members::model::MemberName;
use crate::members::shown::Shown;
use crate::permissions::MEMBERS_MANAGE;
use crate::roles::RoleRef;

/// Who is invited, to what. What was typed is never shown again: it is personal.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitationForm")]
struct Form {
    #[serde(default)]
    email: String,
    name: Option<String>,
    role: Option<RoleRef>,
}

impl Form {
    fn read(self) -> Result<Invitation, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
        let email = Personal::new(self.email);
        let email = Email::parse(email.expose(Purpose::Guard).trim()).map_err(|_| wrong("/email", "not_an_email"))?;
        let name = self.name.map(MemberName::parse).transpose().map_err(|_| wrong("/name", "text_unsuitable"))?;
        let role = self.role.ok_or_else(|| wrong("/role", "field_missing"))?;
        Ok(Invitation { email, name, role, teams: Vec::new() })
    }
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/people/invite").needs(MEMBERS_MANAGE).page().class(Class::Read).summary("Ask whom to invite").to(
        move |call: Call| {
            let api = api.clone();
            async move { question(&call, &Roles::all(api.members.house(), &call.ctx).await?).show(&call) }
        },
    )
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/people/invite")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("invitation.create")
        .summary("Invite somebody")
        .describe("Shows the link that makes them a member this once.")
        .takes_form::<Form>()
        .example(json!({ "email": "sam@example.com", "name": "Sam Example", "role": "agent" }))
        .answers_with(200, "text/html")
        .refuses(&[&MEMBER_EXISTS, &OWNERS_ONLY, &ROLE_EXCEEDS, &ROLE_UNKNOWN, &TEAM_UNKNOWN, &TEAM_GIVES_ROLE])
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, mut call: Call<Form>) -> Result<Reply, Failure> {
    let form = std::mem::take(&mut call.body);
    match create(&api, &call, form).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &Roles::all(api.members.house(), &call.ctx).await?).again(&call, failure),
    }
}

async fn create(api: &Api, call: &Call<Form>, form: Form) -> Result<Reply, Failure> {
    let house = api.members.house();
    let invitation = form.read()?;
    let to = Personal::new(invitation.email.delivery_form().expose(Purpose::Deliver).clone());
    let new = api.members.prepare(&call.ctx, invitation).await?;
    let (keys, organisation) = (house.keys().clone(), house.keys().organisation(call.ctx.org.id).await?);
    let (shown, pages) = (Shown::by(&api.post), call.pages()?);
    let with = shown.clone();
    let act = move |tx: &mut Tx<'_>| {
        let invited = invite::invite(tx, (&keys, &organisation), &new)?;
        show_once(
            &pages,
            invited,
            &with,
            "Somebody is invited",
            "Seven days, once: whoever opens it registers a passkey and is a member then.",
        )
    };
    let reply = call.write(house, act).await?;
    shown.send(&call.ctx, Some(to));
    Ok(reply)
}

/// The one page that holds the link, and the one a repeated request gets.
pub(super) fn show_once(
    pages: &Pages,
    invited: Recorded<Invited>,
    shown: &Shown,
    title: &'static str,
    says: &'static str,
) -> Result<Recorded<Reply>, Failure> {
    let next = ("Go on".to_owned(), pages.at(&format!("/people/{}", invited.value().id)));
    let page = ShownOnce::new(title, says, next).secret("Link, for them alone", shown.link(invited.value()));
    let reply = pages.once(title, &page, &page.again())?;
    Ok(invited.map(|_| reply))
}

fn question<B, Q>(call: &Call<B, Q>, roles: &Roles) -> Ask {
    Ask::new(
        call,
        "Invite somebody",
        "You get a link to hand over where you know it reaches them. They register a passkey before they may do anything.",
        "/people",
    )
    .sensitive()
    .field(Field::new("email", "E-mail").kind(Kind::Typed("email")).placeholder("sam@example.com").required())
    .field(Field::new("name", "Name").hint("What colleagues will call them."))
    .field(Field::new("role", "Role").kind(Kind::Choice(roles.choices())).value("agent").hint("At most what you may yourself."))
    .submit("Invite")
}
