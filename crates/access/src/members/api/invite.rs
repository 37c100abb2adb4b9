//! `POST /v1/invitations`

use schemars::JsonSchema;
use sealpost_seal::normal::Email;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{Recorded, TeamId, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Refusal, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::body::{self, EmailText, NameText};
use super::view::InvitedView;
use crate::members::codes::{MEMBER_EXISTS, OWNERS_ONLY, ROLE_EXCEEDS, ROLE_UNKNOWN, TEAM_GIVES_ROLE, TEAM_UNKNOWN};
use crate::members::invite::{self, Invitation, Invited};
use crate::members::model::MemberName;
use crate::members::shown::Shown;
use crate::permissions::MEMBERS_MANAGE;
use crate::roles::RoleRef;

/// Teams somebody is in at most.
const MOST_TEAMS: usize = 50;

/// Who is invited, to what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewInvitation")]
struct Body {
    /// Where they get their mail; one member has one.
    #[serde(deserialize_with = "body::email")]
    #[schemars(with = "EmailText")]
    email: Email,
    /// What colleagues will call them.
    #[serde(default, deserialize_with = "body::name")]
    #[schemars(with = "Option<NameText>")]
    name: Option<MemberName>,
    /// One of ours, or the id of one of the organisation's own; it gives at most what the caller has.
    role: RoleRef,
    /// Their teams.
    #[serde(default)]
    #[schemars(length(max = 50))]
    teams: Vec<TeamId>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/invitations")
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("invitation.create")
        .summary("Invite somebody")
        .describe(
            "The link in the answer makes them a member: it is for them alone, works once, and is good for 7 days. It is also sent to \
             the address, if the organisation has a channel for e-mail; else hand it over where you know it reaches them. They \
             register a passkey before they may do anything.",
        )
        .takes::<Body>()
        .example(json!({ "email": "sam@example.com", "name": "Sam Example", "role": "agent" }))
        .answers::<InvitedView<'static>>(201)
        .refuses(&[&MEMBER_EXISTS, &OWNERS_ONLY, &ROLE_EXCEEDS, &ROLE_UNKNOWN, &TEAM_UNKNOWN, &TEAM_GIVES_ROLE])
        .to(move |call| create(api.clone(), call))
}

async fn create(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let (house, (call, body)) = (api.members.house(), call.take_body());
    if body.teams.len() > MOST_TEAMS {
        return Err(Refusal::of(&BODY_INVALID).at("/teams", "too_many").into());
    }
    let to = Personal::new(body.email.delivery_form().expose(Purpose::Deliver).clone());
    let invitation = Invitation { email: body.email, name: body.name, role: body.role, teams: body.teams };
    let new = api.members.prepare(&call.ctx, invitation).await?;
    let (keys, organisation) = (house.keys().clone(), house.keys().organisation(call.ctx.org.id).await?);
    let shown = Shown::by(&api.post);
    let with = shown.clone();
    let act = move |tx: &mut Tx<'_>| once(&with, invite::invite(tx, (&keys, &organisation), &new)?);
    let reply = call.write(house, act).await?;
    shown.send(&call.ctx, Some(to));
    Ok(reply)
}

/// The one answer that holds the link, and the one a repeated request gets.
pub(super) fn once(shown: &Shown, invited: Recorded<Invited>) -> Result<Recorded<Reply>, Failure> {
    let (one, link) = (invited.value(), shown.link(invited.value()));
    let reply = Reply::secret_once(201, &InvitedView::shown(one, Some(&link)), &InvitedView::shown(one, None))?;
    let reply = reply.location(&format!("/v1/members/{}", one.id));
    Ok(invited.map(|_| reply))
}
