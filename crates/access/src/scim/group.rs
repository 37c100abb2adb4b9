//! A group as a directory sends and sees it, and its use cases.

use std::collections::BTreeSet;

use sealpost_store::{MemberId, Recorded, StoreError, TeamId, Tx};
use sealpost_web::{Failure, not_found};
use serde_json::{Value, json};

use super::api::View;
use super::model::GroupRow;
use super::user::text;
use super::wire::{Bad, GROUP, Object, named};
use super::{role_map, store};
use crate::members::{self, MemberState};
use crate::teams::{self, Team, TeamName};

/// Members a group has at most: as many as a team.
const MOST_MEMBERS: usize = 500;
/// Teams there are at most, and a little more.
pub(super) const MOST: u32 = 250;

/// A group as it shall be.
#[derive(Debug)]
pub(super) struct Incoming {
    name: TeamName,
    row: GroupRow,
    members: BTreeSet<MemberId>,
}

impl Incoming {
    pub(super) fn read(object: Object) -> Result<Self, Bad> {
        let mut well = Object::new();
        for known in ["displayName", "externalId", "members"] {
            let value = named(&object, known).filter(|value| !value.is_null());
            well.extend(value.map(|value| (known.to_owned(), value.clone())));
        }
        let name = text(&well, "displayName")?.and_then(|name| TeamName::parse(&name));
        let external = text(&well, "externalId")?;
        let members = match well.get("members") {
            None => BTreeSet::new(),
            Some(members) => {
                let members = members.as_array().ok_or(Bad::Value("members"))?;
                members.iter().map(member).collect::<Option<_>>().ok_or(Bad::Value("members"))?
            }
        };
        if members.len() > MOST_MEMBERS {
            return Err(Bad::TooMany);
        }
        Ok(Self { name: name.ok_or(Bad::Value("displayName"))?, row: GroupRow { external }, members })
    }
}

/// A member of a group is a user; groups in groups are none.
fn member(value: &Value) -> Option<MemberId> {
    named(value.as_object()?, "value")?.as_str()?.parse().ok()
}

/// A group as the directory sees it.
pub(super) fn object(view: &View, team: &Team, row: &GroupRow) -> Object {
    let mut object = Object::new();
    object.insert("schemas".to_owned(), json!([GROUP]));
    object.insert("id".to_owned(), team.id.to_string().into());
    object.insert("displayName".to_owned(), team.name.clone().into());
    if let Some(external) = &row.external {
        object.insert("externalId".to_owned(), external.clone().into());
    }
    if !team.members.is_empty() {
        let member = |id: &MemberId| json!({ "value": id, "type": "User", "$ref": view.at("Users", id) });
        object.insert("members".to_owned(), team.members.iter().map(member).collect());
    }
    view.finished(object, "Group", &view.at("Groups", &team.id), (team.created_at, team.updated_at))
}

/// The group with this id.
pub(super) fn find(tx: &mut Tx<'_>, view: &View, id: TeamId) -> Result<Option<Object>, StoreError> {
    let Some(team) = teams::find(tx, id)? else { return Ok(None) };
    let row = store::group(tx, id)?;
    Ok(Some(object(view, &team, &row)))
}

/// All groups, the oldest first.
pub(super) fn all(tx: &mut Tx<'_>, view: &View) -> Result<Vec<Object>, StoreError> {
    let mut all = Vec::new();
    for team in teams::list(tx, None, MOST)?.into_iter().rev() {
        let row = store::group(tx, team.id)?;
        all.push(object(view, &team, &row));
    }
    Ok(all)
}

/// Makes a group.
pub(super) fn create(tx: &mut Tx<'_>, view: &View, new: &Incoming) -> Result<Recorded<Object>, Failure> {
    members::acting(tx)?;
    expect_members(tx, new)?;
    let made = teams::create(tx, &new.name, &Vec::from_iter(new.members.iter().copied()))?;
    let id = made.value().id;
    store::put_group(tx, id, &new.row)?;
    let object = object(view, made.value(), &new.row);
    Ok(made.map(|_| object))
}

/// Changes a group to what `how` makes of it; whoever comes into a team that gives a role, or leaves one, has another from now on.
pub(super) fn change(
    tx: &mut Tx<'_>,
    view: &View,
    id: TeamId,
    how: impl FnOnce(Object) -> Result<Object, Failure>,
) -> Result<Recorded<Object>, Failure> {
    members::acting(tx)?;
    let before = teams::find(tx, id)?.ok_or_else(not_found)?;
    let row = store::group(tx, id)?;
    let new = Incoming::read(how(object(view, &before, &row))?)?;
    expect_members(tx, &new)?;
    let members: Vec<_> = new.members.iter().copied().collect();
    let changed = teams::update(tx, id, Some(&new.name), Some(&members))?;
    store::put_group(tx, id, &new.row)?;
    if role_map::gives_role(tx, id)? {
        let before: BTreeSet<_> = before.members.into_iter().collect();
        for member in before.symmetric_difference(&new.members) {
            role_map::settle(tx, &view.keys, *member)?;
        }
    }
    let object = object(view, changed.value(), &new.row);
    Ok(changed.map(|_| object))
}

/// Dissolves a group. What it gave its members goes with it.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    view: &View,
    id: TeamId,
    look: impl FnOnce(Object) -> Result<Object, Failure>,
) -> Result<Recorded<()>, Failure> {
    members::acting(tx)?;
    let before = teams::find(tx, id)?.ok_or_else(not_found)?;
    let row = store::group(tx, id)?;
    look(object(view, &before, &row))?;
    let gave = role_map::gives_role(tx, id)?;
    let removed = teams::remove(tx, id)?;
    if gave {
        for member in before.members {
            role_map::settle(tx, &view.keys, member)?;
        }
    }
    Ok(removed)
}

fn expect_members(tx: &mut Tx<'_>, new: &Incoming) -> Result<(), Failure> {
    for member in &new.members {
        let there = members::find(tx, *member)?.is_some_and(|row| row.state != MemberState::Removed);
        if !there {
            return Err(Bad::Value("members").into());
        }
    }
    Ok(())
}
