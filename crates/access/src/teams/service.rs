//! Use cases of teams.

use std::collections::BTreeSet;

use sealpost_store::{ActorKind, Leaf, MemberId, Recorded, StoreError, TeamId, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Refusal, not_found};

use super::codes::{TEAM_MEMBER_UNKNOWN, TEAM_NAME_TAKEN, TEAMS_FULL};
use super::model::{MOST, MOST_MEMBERS, Team, TeamName};
use super::store::{self, TeamRow};
use crate::members::codes::TEAM_GIVES_ROLE;
use crate::members::{self, MemberState};
use crate::{scim, sessions};

/// Makes a team of these members.
pub fn create(tx: &mut Tx<'_>, name: &TeamName, members: &[MemberId]) -> Result<Recorded<Team>, Failure> {
    if store::count(tx)? >= MOST {
        return Err(Refusal::of(&TEAMS_FULL).into());
    }
    let id = TeamId::new(&tx.ctx().world);
    if !store::insert(tx, id, name.as_str())? {
        return Err(taken());
    }
    fill(tx, id, members)?;
    recorded(tx, "team.create", id)
}

/// Renames a team, decides anew who is in it, or both.
pub fn update(
    tx: &mut Tx<'_>,
    id: TeamId,
    name: Option<&TeamName>,
    members: Option<&[MemberId]>,
) -> Result<Recorded<Team>, Failure> {
    let row = store::find(tx, id)?.ok_or_else(not_found)?;
    let name = name.map_or(&*row.name, TeamName::as_str);
    if store::named(tx, name)?.is_some_and(|holder| holder != id) {
        return Err(taken());
    }
    store::update(tx, id, name)?;
    if let Some(members) = members {
        expect_open(tx, id, members)?;
        store::empty(tx, id)?;
        fill(tx, id, members)?;
    }
    recorded(tx, "team.update", id)
}

/// Dissolves a team. What was its stays.
pub fn remove(tx: &mut Tx<'_>, id: TeamId) -> Result<Recorded<()>, Failure> {
    store::find(tx, id)?.ok_or_else(not_found)?;
    store::delete(tx, id)?;
    sessions::tell(tx);
    Ok(tx.record(Leaf::of("team.remove").on(TeamId::PREFIX, id.bytes()), ()))
}

/// The team with this id.
pub fn find(tx: &mut Tx<'_>, id: TeamId) -> Result<Option<Team>, StoreError> {
    store::find(tx, id)?.map(|row| with_members(tx, row)).transpose()
}

/// Up to `limit` teams older than `before`, newest first.
pub fn list(tx: &mut Tx<'_>, before: Option<TeamId>, limit: u32) -> Result<Vec<Team>, StoreError> {
    let rows = store::page(tx, before.unwrap_or(TeamId::from_bytes([0xff; 16])), limit)?;
    rows.into_iter().map(|row| with_members(tx, row)).collect()
}

/// Nobody but a directory says who is in a team that gives a role: they would give what they may not have.
fn expect_open(tx: &mut Tx<'_>, id: TeamId, members: &[MemberId]) -> Result<(), Failure> {
    if tx.ctx().actor.kind == ActorKind::Directory || !scim::gives_role(tx, id)? {
        return Ok(());
    }
    let wanted: BTreeSet<_> = members.iter().copied().collect();
    let there: BTreeSet<_> = store::members(tx, id)?.into_iter().collect();
    if wanted == there { Ok(()) } else { Err(Refusal::of(&TEAM_GIVES_ROLE).into()) }
}

fn fill(tx: &mut Tx<'_>, id: TeamId, all: &[MemberId]) -> Result<(), Failure> {
    if all.len() > MOST_MEMBERS {
        return Err(Refusal::of(&BODY_INVALID).at("/members", "too_many").into());
    }
    for (at, member) in all.iter().enumerate() {
        let there = members::find(tx, *member)?.is_some_and(|row| row.state != MemberState::Removed);
        if !there {
            return Err(Refusal::of(&TEAM_MEMBER_UNKNOWN).at(format!("/members/{at}"), "member_unknown").into());
        }
        store::join(tx, id, *member)?;
    }
    Ok(())
}

/// What members see has changed: every node is told.
fn recorded(tx: &mut Tx<'_>, action: &'static str, id: TeamId) -> Result<Recorded<Team>, Failure> {
    sessions::tell(tx);
    let team = find(tx, id)?.ok_or_else(not_found)?;
    Ok(tx.record(Leaf::of(action).on(TeamId::PREFIX, id.bytes()), team))
}

fn with_members(tx: &mut Tx<'_>, row: TeamRow) -> Result<Team, StoreError> {
    let TeamRow { id, name, created_at, updated_at } = row;
    Ok(Team { id, name, members: store::members(tx, id)?, created_at, updated_at })
}

fn taken() -> Failure {
    Refusal::of(&TEAM_NAME_TAKEN).at("/name", "name_taken").into()
}
