//! Queries about roles that organisations made.

use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ChannelId, RoleId, Row, Sql, StoreError, Tx, org_sql};
use serde::de::value::{Error as NotAWord, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::model::{Minutes, NewRole, Role, RoleRef, SessionLimits, StoredRole, Visibility};
use crate::api_keys::Cidrs;
use crate::masking::DailyReveals;
use crate::permissions;

// Primary key (org, id).
const ONE: Sql = org_sql!(
    "select id, name, permissions, visibility, channels, masks, require_step_up, cidrs, idle_minutes, absolute_minutes,
            reveals_per_day, created_at, updated_at
     from role where org = $1 and id = $2"
);
const BEFORE: Sql = org_sql!(
    "select id, name, permissions, visibility, channels, masks, require_step_up, cidrs, idle_minutes, absolute_minutes,
            reveals_per_day, created_at, updated_at
     from role where org = $1 and id < $2 order by id desc limit $3"
);
const INSERT: Sql = org_sql!(
    "insert into role (org, id, name, permissions, visibility, channels, masks, require_step_up, cidrs, idle_minutes,
                       absolute_minutes, created_at, updated_at, reveals_per_day)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13) on conflict do nothing"
);
const UPDATE: Sql = org_sql!(
    "update role set name = $3, permissions = $4, visibility = $5, channels = $6, masks = $7, require_step_up = $8,
                     cidrs = $9, idle_minutes = $10, absolute_minutes = $11, updated_at = $12,
                     reveals_per_day = $13
     where org = $1 and id = $2"
);

/// Makes a role; false if another has its name.
pub(super) fn insert(tx: &mut Tx<'_>, id: RoleId, new: &NewRole) -> Result<bool, StoreError> {
    Ok(write(tx, INSERT, id, new)? == 1)
}

/// Changes what a role says.
pub(super) fn update(tx: &mut Tx<'_>, id: RoleId, new: &NewRole) -> Result<(), StoreError> {
    if write(tx, UPDATE, id, new)? == 1 { Ok(()) } else { Err(StoreError::Superseded) }
}

fn write(tx: &mut Tx<'_>, sql: Sql, id: RoleId, new: &NewRole) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    let channels = new.channels.as_ref().map(|all| {
        let ids: Vec<_> = all.iter().map(ChannelId::to_string).collect();
        ids.join(" ")
    });
    tx.execute(
        sql,
        &[
            &id,
            &new.name.as_str(),
            &permissions::to_text(new.permissions),
            &word(&new.visibility),
            &channels,
            &new.masks.as_str(),
            &u32::from(new.require_step_up),
            &new.cidrs.to_text(),
            &u32::from(new.limits.idle.count()),
            &u32::from(new.limits.absolute.count()),
            &now,
            &new.reveals.map(DailyReveals::count),
        ],
    )
}

pub(super) fn delete(tx: &mut Tx<'_>, id: RoleId) -> Result<(), StoreError> {
    tx.put_exact(org_sql!("delete from role where org = $1 and id = $2"), &[&id])
}

pub(super) fn find(tx: &mut Tx<'_>, id: RoleId) -> Result<Option<StoredRole>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// The role of this name. Index role_name (org, name).
pub(super) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<RoleId>, StoreError> {
    tx.optional(org_sql!("select id from role where org = $1 and name = $2"), &[&name], |row| row.get("id"))
}

pub(super) fn page(tx: &mut Tx<'_>, before: RoleId, limit: u32) -> Result<Vec<StoredRole>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

pub(super) fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let count =
        tx.optional(org_sql!("select count(*) as n from role where org = $1"), &[], |row| row.get::<i64>("n"))?;
    Ok(count.unwrap_or_default())
}

fn read(row: &Row<'_>) -> Result<StoredRole, StoreError> {
    let channels: Option<String> = row.get("channels")?;
    let channels = channels.map(|ids| ids.split(' ').filter_map(|id| id.parse().ok()).collect());
    let cidrs = Cidrs::from_text(&row.get::<String>("cidrs")?).map_err(|_| StoreError::Column("cidrs".into()))?;
    let minutes = |column| Ok::<_, StoreError>(Minutes::new(row.get::<u32>(column)?.try_into().unwrap_or(1)));
    let id: RoleId = row.get("id")?;
    let reveals: Option<u32> = row.get("reveals_per_day")?;
    Ok(StoredRole {
        id,
        role: Role {
            reference: RoleRef::Custom(id),
            name: row.get("name")?,
            permissions: permissions::from_text(&row.get::<String>("permissions")?),
            visibility: of_word::<Visibility>(row, "visibility")?,
            channels,
            masks: MaskProfile::from_name(&row.get::<String>("masks")?)
                .ok_or_else(|| StoreError::Column("masks".into()))?,
            require_step_up: row.get::<u32>("require_step_up")? != 0,
            cidrs,
            limits: SessionLimits { idle: minutes("idle_minutes")?, absolute: minutes("absolute_minutes")? },
            reveals: reveals
                .map(DailyReveals::new)
                .transpose()
                .map_err(|_| StoreError::Column("reveals_per_day".into()))?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The word of a value that is a word on the wire.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn of_word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    let word: String = row.get(column)?;
    let deserializer: StrDeserializer<'_, NotAWord> = word.as_str().into_deserializer();
    T::deserialize(deserializer).map_err(|_| StoreError::Column(column.into()))
}
