//! Which version of an event is in force.

use sealpost_govern::approvals::{self, Module};
use sealpost_store::{Change, Environment, EventId, Leaf, OrgKeys, Recorded, StoreError, Tx};
use serde_json::json;

use super::approval::{self, Act};
use super::face::{self, Face};
use super::model::{Event, EventRefusal, EventVersion};
use super::{CHANGED, store};
use crate::templates::{self, New};
use crate::versions::{Expected, Promoted, Published, Takes, VersionRefusal, may_promote, takes};

/// An event and one of its versions.
pub(super) fn whole(tx: &mut Tx<'_>, id: EventId, version: u32) -> Result<(Event, EventVersion), EventRefusal> {
    let found = store::find(tx, id)?.zip(store::version(tx, id, version)?);
    found.ok_or(EventRefusal::NotFound)
}

/// The event of this name, with the number and the face of what is in force.
pub(super) fn in_force(tx: &mut Tx<'_>, name: &str) -> Result<Option<(Event, Option<(u32, Face)>)>, StoreError> {
    let Some(event) = store::named(tx, name)? else { return Ok(None) };
    let version = match event.in_force {
        Some(version) => store::version(tx, event.id, version)?,
        None => None,
    };
    let face = version.map(|version| Ok::<_, StoreError>((version.version, face::of(tx, &version)?))).transpose()?;
    Ok(Some((event, face)))
}

/// Puts a version into force, or asks for that.
pub(super) fn promote(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EventId,
    version: u32,
    expected: &Expected,
) -> Result<Recorded<Promoted<Event>>, EventRefusal> {
    let (event, version) = whole(tx, id, version)?;
    may_promote(&event.standing(), version.version, expected)?;
    names_what_others_agreed_to(tx, &version)?;
    if takes_approval(tx, &version)? {
        let asked = approval::ask(tx, keys, Act::Promote, id, version.version)?;
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    let leaf = leaf(tx, keys, "event.promote", &event, &version)?;
    let event = put_into_force(tx, event, version.version)?;
    Ok(tx.record(leaf, Promoted::InForce(event)))
}

/// What becomes of a version that was just added: in force, asked for, or a draft. The leaf is of what was done to add it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    (event, mut version): (Event, EventVersion),
    becomes: New,
    leaf: Leaf,
) -> Result<Recorded<(Event, Published<EventVersion>)>, EventRefusal> {
    tx.publish(Change::new(CHANGED, tx.ctx().org, event.id.bytes()));
    if becomes == New::Draft {
        return Ok(tx.record(leaf, (event, Published { version, waits: None })));
    }
    names_what_others_agreed_to(tx, &version)?;
    if takes_approval(tx, &version)? {
        tx.note(leaf);
        let asked = approval::ask(tx, keys, Act::Promote, event.id, version.version)?;
        return Ok(asked.map(|approval| (event, Published { version, waits: Some(Box::new(approval)) })));
    }
    let event = put_into_force(tx, event, version.version)?;
    version.released_at = Some(tx.ctx().now());
    Ok(tx.record(leaf, (event, Published { version, waits: None })))
}

/// An event that is pinned to a draft would say what the template itself may not say yet.
pub(super) fn names_what_others_agreed_to(tx: &mut Tx<'_>, version: &EventVersion) -> Result<(), EventRefusal> {
    let Some(pinned) = version.template_version else { return Ok(()) };
    let guarded = tx.ctx().org.environment == Environment::Live && approvals::is_needed(tx, Module::Template)?;
    if guarded && !templates::was_in_force(tx, version.template, pinned)? {
        return Err(VersionRefusal::TemplateFirst.into());
    }
    Ok(())
}

fn takes_approval(tx: &mut Tx<'_>, version: &EventVersion) -> Result<bool, StoreError> {
    let needed = approvals::is_needed(tx, Module::Event)?;
    Ok(takes(tx.ctx().org.environment, needed, version.released_at.is_some()) == Takes::Approval)
}

/// A new event without a version.
pub(super) fn insert(tx: &mut Tx<'_>, name: &str) -> Result<Event, EventRefusal> {
    let (id, now) = (EventId::new(&tx.ctx().world), tx.ctx().now());
    if !store::insert(tx, id, name, now)? {
        return Err(EventRefusal::NameTaken);
    }
    Ok(Event { id, name: name.to_owned(), version: 1, in_force: None, promotions: 0, created_at: now })
}

/// Puts a version into force from where it stood when `event` was read: of many who try one does.
pub(super) fn put_into_force(tx: &mut Tx<'_>, event: Event, version: u32) -> Result<Event, StoreError> {
    if !store::put_into_force(tx, &event, version)? {
        return Err(StoreError::Superseded);
    }
    store::release(tx, event.id, version, tx.ctx().now())?;
    tx.publish(Change::new(CHANGED, tx.ctx().org, event.id.bytes()));
    Ok(Event { in_force: Some(version), promotions: event.promotions + 1, ..event })
}

/// What was put into force in place of what.
pub(super) fn leaf(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    action: &'static str,
    event: &Event,
    version: &EventVersion,
) -> Result<Leaf, StoreError> {
    let digest = face::of(tx, version)?.digest();
    let details = json!({ "from": event.in_force, "to": version.version, "digest": digest });
    let leaf = Leaf::of(action).on(EventId::PREFIX, event.id.bytes());
    let leaf = if version.released_at.is_some() { leaf.because("rollback") } else { leaf };
    Ok(leaf.with(keys.seal_audit(tx.ctx(), details.to_string().as_bytes())))
}
