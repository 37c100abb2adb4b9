//! Queries about what is stored for how long.

use sealpost_store::{
    Change, ContactId, LegalHoldId, MessageId, PurgeId, Row, Sql, StoreError, Time, Tx, org_sql, sql,
};

use super::CHANGED;
use super::model::{Policy, Standing};
use crate::events::Class;

/// The policy in force. Relies on the primary key.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    let row = tx.optional(
        org_sql!("select version, rules, created_at from storage_policy where org = $1 order by version desc limit 1"),
        &[],
        |row| Ok((row.get("version")?, row.get::<String>("rules")?, row.get("created_at")?)),
    )?;
    let Some((version, rules, since)) = row else { return Ok(Standing::default()) };
    let policy = serde_json::from_str(&rules).map_err(|_| StoreError::Column("rules".into()))?;
    Ok(Standing { policy, version, since: Some(since) })
}

/// Puts a policy into force as this version, and tells every node; false if somebody has been faster.
pub(super) fn put_into_force(tx: &mut Tx<'_>, version: u32, policy: &Policy) -> Result<bool, StoreError> {
    let ctx = tx.ctx();
    let rules = serde_json::to_string(policy).map_err(|_| StoreError::Column("rules".into()))?;
    let inserted = tx.execute(
        org_sql!(
            "insert into storage_policy (org, version, rules, created_at) values ($1, $2, $3, $4) on conflict do nothing"
        ),
        &[&version, &rules, &ctx.now()],
    )?;
    tx.publish(Change::new(CHANGED, ctx.org, ctx.org.id.bytes()));
    Ok(inserted == 1)
}

/// When what is stored of this class was last purged, if ever. An organisation has few purges.
pub(super) fn last_purge(tx: &mut Tx<'_>, class: Class) -> Result<Option<Time>, StoreError> {
    let newest = sql!("select max(created_at) as at from storage_purge where org = $1 and env = $2 and class = $3");
    Ok(tx.optional(newest, &[&class], |row| row.get::<Option<Time>>("at"))?.flatten())
}

/// From here to the end of the transaction, nobody else of this environment decides what goes, or holds anything.
pub(super) fn take_turn(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "insert into storage_turn (org, env, turn) values ($1, $2, 1)
             on conflict (org, env) do update set turn = storage_turn.turn + 1"
        ),
        &[],
    )
    .map(drop)
}

/// Up to where retention has left nothing of this class.
pub(super) fn mark(tx: &mut Tx<'_>, class: Class) -> Result<MessageId, StoreError> {
    let found = tx.optional(
        sql!("select through from storage_mark where org = $1 and env = $2 and class = $3"),
        &[&class],
        |row| row.get("through"),
    )?;
    Ok(found.unwrap_or(MessageId::from_bytes([0; 16])))
}

/// Retention has left nothing of this class up to here.
pub(super) fn move_mark(tx: &mut Tx<'_>, class: Class, through: MessageId) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into storage_mark (org, env, class, through) values ($1, $2, $3, $4)
             on conflict (org, env, class) do update set through = excluded.through"
        ),
        &[&class, &through],
    )
}

/// Somebody, or something, that is kept whatever a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) id: LegalHoldId,
    /// Who is held; nothing for a set of messages.
    pub(super) contact: Option<ContactId>,
    /// How many items it has.
    pub(super) items: u64,
    /// Why, sealed.
    pub(super) reason: Vec<u8>,
    pub(super) created_at: Time,
    pub(super) lifted_at: Option<Time>,
}

const HOLD: Sql = sql!(
    "select id, contact, items, reason, created_at, lifted_at from legal_hold where org = $1 and env = $2 and id = $3"
);
const HOLDS: Sql = sql!(
    "select id, contact, items, reason, created_at, lifted_at from legal_hold where org = $1 and env = $2 and id < $3
     order by id desc limit $4"
);

pub(super) fn hold(tx: &mut Tx<'_>, id: LegalHoldId) -> Result<Option<Hold>, StoreError> {
    tx.optional(HOLD, &[&id], read_hold)
}

/// Holds before `before`, newest first.
pub(super) fn holds(tx: &mut Tx<'_>, before: LegalHoldId, limit: u32) -> Result<Vec<Hold>, StoreError> {
    tx.all(HOLDS, &[&before, &limit], read_hold)
}

fn read_hold(row: &Row<'_>) -> Result<Hold, StoreError> {
    Ok(Hold {
        id: row.get("id")?,
        contact: row.get("contact")?,
        items: row.get("items")?,
        reason: row.get("reason")?,
        created_at: row.get("created_at")?,
        lifted_at: row.get("lifted_at")?,
    })
}

pub(super) fn insert_hold(tx: &mut Tx<'_>, hold: &Hold) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into legal_hold (org, env, id, contact, items, reason, created_at) values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[&hold.id, &hold.contact, &hold.items, &hold.reason, &hold.created_at],
    )
}

/// Holds a contact, or a message of theirs.
pub(super) fn insert_item(
    tx: &mut Tx<'_>,
    hold: LegalHoldId,
    item: [u8; 16],
    contact: ContactId,
) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into legal_hold_item (org, env, item, hold, contact, lifted) values ($1, $2, $3, $4, $5, 0)
             on conflict do nothing"
        ),
        &[&item, &hold, &contact],
    )
}

/// Whether any of these two is held.
pub(super) fn is_held(tx: &mut Tx<'_>, one: [u8; 16], other: [u8; 16]) -> Result<bool, StoreError> {
    let found = tx.optional(
        sql!(
            "select hold from legal_hold_item where org = $1 and env = $2 and (item = $3 or item = $4) and lifted = 0 limit 1"
        ),
        &[&one, &other],
        |row| row.get::<LegalHoldId>("hold"),
    )?;
    Ok(found.is_some())
}

/// Whether this contact is held, or anything that was sent to them. Relies on `legal_hold_item_contact`.
pub(super) fn holds_person(tx: &mut Tx<'_>, contact: ContactId) -> Result<bool, StoreError> {
    let found = tx.optional(
        sql!("select hold from legal_hold_item where org = $1 and env = $2 and contact = $3 and lifted = 0 limit 1"),
        &[&contact],
        |row| row.get::<LegalHoldId>("hold"),
    )?;
    Ok(found.is_some())
}

/// What holds this contact as a person. Relies on the primary key.
pub(super) fn holds_of(tx: &mut Tx<'_>, contact: ContactId) -> Result<Vec<LegalHoldId>, StoreError> {
    tx.all(
        sql!("select hold from legal_hold_item where org = $1 and env = $2 and item = $3 and lifted = 0"),
        &[&contact],
        |row| row.get("hold"),
    )
}

/// Lifts a hold; fails with `Superseded` if that was done before. Relies on `legal_hold_item_hold`.
pub(super) fn lift(tx: &mut Tx<'_>, id: LegalHoldId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        sql!("update legal_hold set lifted_at = $4 where org = $1 and env = $2 and id = $3 and lifted_at is null"),
        &[&id, &now],
    )?;
    tx.put(sql!("update legal_hold_item set lifted = 1 where org = $1 and env = $2 and hold = $3"), &[&id])
}

/// Holds that were lifted and that something of waits to be let go for.
pub(super) fn unsettled(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(LegalHoldId, Option<ContactId>)>, StoreError> {
    tx.all(
        sql!(
            "select id, contact from legal_hold where org = $1 and env = $2 and lifted_at is not null and settled_at is null
             order by id limit $3"
        ),
        &[&limit],
        |row| Ok((row.get("id")?, row.get("contact")?)),
    )
}

/// The contacts of which anything is held by this hold.
pub(super) fn held_contacts(tx: &mut Tx<'_>, hold: LegalHoldId) -> Result<Vec<ContactId>, StoreError> {
    let contacts = sql!("select distinct contact from legal_hold_item where org = $1 and env = $2 and hold = $3");
    tx.all(contacts, &[&hold], |row| row.get("contact"))
}

/// The items of a hold.
pub(super) fn items(tx: &mut Tx<'_>, hold: LegalHoldId) -> Result<Vec<MessageId>, StoreError> {
    tx.all(sql!("select item from legal_hold_item where org = $1 and env = $2 and hold = $3"), &[&hold], |row| {
        row.get("item")
    })
}

/// Nothing waits for this hold any more.
pub(super) fn settle(tx: &mut Tx<'_>, hold: LegalHoldId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(sql!("update legal_hold set settled_at = $4 where org = $1 and env = $2 and id = $3"), &[&hold, &now])?;
    tx.put(sql!("delete from legal_hold_item where org = $1 and env = $2 and hold = $3"), &[&hold])
}

/// Past payloads of a class that somebody wants gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Purge {
    pub(super) id: PurgeId,
    pub(super) class: Class,
    /// Up to which message.
    pub(super) through: MessageId,
    /// How far it has come.
    pub(super) reached: MessageId,
    /// How many messages it let go.
    pub(super) shredded: u64,
    pub(super) created_at: Time,
    pub(super) done_at: Option<Time>,
}

pub(super) fn insert_purge(tx: &mut Tx<'_>, purge: &Purge) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into storage_purge (org, env, id, class, through, reached, shredded, created_at)
             values ($1, $2, $3, $4, $5, $6, 0, $7)"
        ),
        &[&purge.id, &purge.class, &purge.through, &purge.reached, &purge.created_at],
    )
}

/// The newest purges.
pub(super) fn purges(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Purge>, StoreError> {
    tx.all(
        sql!(
            "select id, class, through, reached, shredded, created_at, done_at from storage_purge where org = $1 and env = $2
             order by id desc limit $3"
        ),
        &[&limit],
        read_purge,
    )
}

/// Purges that are under way.
pub(super) fn open_purges(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Purge>, StoreError> {
    tx.all(
        sql!(
            "select id, class, through, reached, shredded, created_at, done_at from storage_purge where org = $1 and env = $2
             and done_at is null order by id limit $3"
        ),
        &[&limit],
        read_purge,
    )
}

fn read_purge(row: &Row<'_>) -> Result<Purge, StoreError> {
    Ok(Purge {
        id: row.get("id")?,
        class: row.get("class")?,
        through: row.get("through")?,
        reached: row.get("reached")?,
        shredded: row.get("shredded")?,
        created_at: row.get("created_at")?,
        done_at: row.get("done_at")?,
    })
}

/// A purge has come from where it was to here; fails with `Superseded` if another node brought it on.
pub(super) fn advance_purge(
    tx: &mut Tx<'_>,
    purge: &Purge,
    reached: MessageId,
    more: u64,
    is_done: bool,
) -> Result<(), StoreError> {
    let done_at = is_done.then(|| tx.ctx().now());
    tx.put_exact(
        sql!(
            "update storage_purge set reached = $5, shredded = shredded + $6, done_at = $7
             where org = $1 and env = $2 and id = $3 and reached = $4 and done_at is null"
        ),
        &[&purge.id, &purge.reached, &reached, &more, &done_at],
    )
}
