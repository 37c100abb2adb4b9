//! `GET /app/{env}/people/{id}/sees`

use sealpost_store::MemberId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};

use super::show::team_names;
use super::words;
use crate::members::api::Api;
use crate::members::model::MemberState;
use crate::permissions::MEMBERS_READ;
use crate::roles::{self, WhoseView};

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/people/{id}/sees")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("What a member sees")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let id: MemberId = call.id("id")?;
    let member = api.members.find(&call.ctx, id).await?.ok_or_else(not_found)?;
    let (house, reference) = (api.members.house(), member.role);
    let role = house.read(&call.ctx, move |tx| roles::find(tx, reference)).await?.ok_or_else(not_found)?;
    let called = words::called(&member);
    let whose = WhoseView {
        back: (called.clone(), call.at(&format!("/people/{id}"))),
        called,
        teams: team_names(house, &call, &member).await?.into_iter().map(|(name, _)| name).collect(),
        not_now: match member.state {
            MemberState::Active => None,
            MemberState::Invited => Some("They haven’t come in yet. This is what they see once they have."),
            MemberState::Suspended | MemberState::Removed => {
                Some("They are suspended and see nothing. This is what they see once they are let in again.")
            }
        },
    };
    roles::sees(house, &api.sessions, &call, &role, whose).await
}
