//! Use cases of users.

use std::sync::Arc;

use sealpost_seal::normal::Email;
use sealpost_store::{Ctx, Epochs, Keys, Leaf, MemberId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::api::View;
use super::codes::SCIM_NAME_TAKEN;
use super::model::UserRow;
use super::role_map::DEFAULT;
use super::store;
use super::user::{self, Found, Incoming};
use super::wire::{Bad, Filter, Known, Object};
use crate::members::{self, EmailIndex, Face, MemberRow, MemberState, Members, Subject};

/// Members that a filter is tried on at most, where nothing in it says by what they are found.
const MOST_TRIED: u32 = 2_000;
/// Members read in one step.
const STEP: u32 = 200;

/// What a directory's request works with.
pub(super) struct Desk {
    pub(super) members: Members,
    pub(super) view: View,
    pub(super) epochs: Epochs,
}

/// A place in a list: from 0, and how many from there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) skip: u32,
    pub(super) take: u32,
}

impl Window {
    /// What of a list is seen through it.
    pub(super) fn of<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.skip as usize).take(self.take as usize).collect()
    }
}

impl Desk {
    fn keys(&self) -> &Arc<OrgKeys> {
        &self.view.keys
    }

    /// The hash of what a directory calls somebody: the same in any case.
    fn name(&self, user_name: &str) -> [u8; 32] {
        self.keys().purpose("scim-user-name").mac(&[user_name.to_lowercase().as_bytes()])
    }

    fn external(&self, external: &str) -> [u8; 32] {
        self.keys().purpose("scim-external-id").mac(&[external.as_bytes()])
    }

    fn index(&self, email: &Email) -> EmailIndex {
        EmailIndex::of(&self.epochs, email)
    }

    /// One user.
    pub(super) async fn find(&self, ctx: &Ctx, id: MemberId) -> Result<Option<Object>, StoreError> {
        let found = self.members.house().peek::<_, StoreError>(ctx, move |tx| load(tx, id)).await?;
        match found {
            Some(found) => self.shown(ctx, &found).await.map(Some),
            None => Ok(None),
        }
    }

    async fn shown(&self, ctx: &Ctx, found: &Found) -> Result<Object, StoreError> {
        let subject = self.members.subject(ctx, &found.row).await?;
        found.object(&self.view, subject.as_ref())
    }

    /// How many users a filter lets through, and those of them that are seen through the window.
    pub(super) async fn list(
        &self,
        ctx: &Ctx,
        filter: Option<Filter>,
        window: Window,
    ) -> Result<(usize, Vec<Object>), Failure> {
        let Some(filter) = filter else {
            let house = self.members.house();
            let read =
                move |tx: &mut Tx<'_>| Ok::<_, StoreError>((members::count(tx)?, page(tx, window.skip, window.take)?));
            let (count, found) = house.read(ctx, read).await?;
            let mut all = Vec::with_capacity(found.len());
            for one in found {
                all.push(self.shown(ctx, &one).await?);
            }
            return Ok((count as usize, all));
        };
        let mut all = Vec::new();
        match filter.known() {
            Some(known) => {
                let candidates = self.candidates(ctx, known).await?;
                for id in candidates {
                    all.extend(self.find(ctx, id).await?.filter(|user| filter.admits(user)));
                }
            }
            None => self.scan(ctx, &filter, &mut all).await?,
        }
        Ok((all.len(), window.of(all)))
    }

    /// Whom this may be: all whom it is are among them.
    async fn candidates(&self, ctx: &Ctx, known: Known<'_>) -> Result<Vec<MemberId>, StoreError> {
        let address = |text: &str| Email::parse(text).ok().map(|email| self.index(&email));
        let (name, external, address, id) = match known {
            Known::Id(text) => (None, None, None, text.parse().ok()),
            Known::UserName(text) => (Some(self.name(text)), None, address(text), text.to_lowercase().parse().ok()),
            Known::ExternalId(text) => (None, Some(self.external(text)), None, None),
            Known::Email(text) => (None, None, address(text), None),
        };
        let read = move |tx: &mut Tx<'_>| {
            let mut all: Vec<MemberId> = id.into_iter().collect();
            if let Some(name) = name {
                all.extend(store::user_named(tx, &name)?);
            }
            if let Some(external) = external {
                all.extend(store::users_known_as(tx, &external)?);
            }
            if let Some(address) = address {
                all.extend(members::holder(tx, &address)?);
            }
            all.sort_unstable();
            all.dedup();
            Ok::<_, StoreError>(all)
        };
        self.members.house().peek(ctx, read).await
    }

    async fn scan(&self, ctx: &Ctx, filter: &Filter, into: &mut Vec<Object>) -> Result<(), Failure> {
        let house = self.members.house();
        if house.read::<_, StoreError>(ctx, members::count).await? > MOST_TRIED {
            return Err(Bad::TooMany.into());
        }
        for step in 0..=MOST_TRIED / STEP {
            let found = house.read::<_, StoreError>(ctx, move |tx| page(tx, step * STEP, STEP)).await?;
            let is_last = found.len() < STEP as usize;
            for one in found {
                into.extend(Some(self.shown(ctx, &one).await?).filter(|user| filter.admits(user)));
            }
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// A key for somebody who is about to be a member.
    pub(super) async fn newcomer(&self, ctx: &Ctx) -> Result<(MemberId, Subject), StoreError> {
        let id = MemberId::new(&ctx.world);
        Ok((id, Subject::new(id, self.members.house().keys().mint(ctx.org.id).await?)))
    }

    /// A member's key, and whether it is one that they are yet to get; nothing if there is no such member.
    pub(super) async fn subject(&self, ctx: &Ctx, id: MemberId) -> Result<Option<(Subject, bool)>, StoreError> {
        let row = self.members.house().peek::<_, StoreError>(ctx, move |tx| members::find(tx, id)).await?;
        let Some(row) = row.filter(|row| row.state != MemberState::Removed) else { return Ok(None) };
        match self.members.subject(ctx, &row).await? {
            Some(subject) => Ok(Some((subject, false))),
            None => Ok(Some((Subject::new(id, self.members.house().keys().mint(ctx.org.id).await?), true))),
        }
    }
}

/// A member with what a directory says about them.
fn load(tx: &mut Tx<'_>, id: MemberId) -> Result<Option<Found>, StoreError> {
    let row = members::find(tx, id)?.filter(|row| row.state != MemberState::Removed);
    row.map(|row| complete(tx, row)).transpose()
}

fn complete(tx: &mut Tx<'_>, row: MemberRow) -> Result<Found, StoreError> {
    let (user, groups) = (store::user(tx, row.id)?, store::groups_of(tx, row.id)?);
    Ok(Found { row, user, groups })
}

fn page(tx: &mut Tx<'_>, skip: u32, take: u32) -> Result<Vec<Found>, StoreError> {
    members::from(tx, skip, take)?.into_iter().map(|row| complete(tx, row)).collect()
}

/// Makes a user: a member who needs no invitation.
pub(super) fn create(
    tx: &mut Tx<'_>,
    desk: &Desk,
    (id, subject): (MemberId, &Subject),
    new: Incoming,
) -> Result<Recorded<Object>, Failure> {
    expect_free(tx, desk, id, &new)?;
    let active = new.active.unwrap_or(true);
    let face = Face { email: new.email.as_ref().map(|email| (email, desk.index(email))), name: new.name.as_ref() };
    members::provision(tx, subject, id, &face, (DEFAULT, active))?;
    keep(tx, desk, id, subject, new)?;
    let details = json!({ "role": DEFAULT.to_string(), "active": active });
    let sealed = desk.keys().seal_audit(tx.ctx(), details.to_string().as_bytes());
    let object = shown(tx, desk, id, subject)?;
    Ok(tx.record(Leaf::of("member.provision").on(MemberId::PREFIX, id.bytes()).with(sealed), object))
}

/// Changes a user to what `how` makes of them.
pub(super) fn change(
    tx: &mut Tx<'_>,
    desk: &Desk,
    id: MemberId,
    (subject, is_new): (&Subject, bool),
    how: impl FnOnce(Object) -> Result<Object, Failure>,
) -> Result<Recorded<Object>, Failure> {
    members::acting(tx)?;
    let found = load(tx, id)?.ok_or_else(not_found)?;
    expect_key(&found, subject, is_new)?;
    let before = found.object(&desk.view, Some(subject))?;
    let new = Incoming::read(how(before.clone())?)?;
    expect_free(tx, desk, id, &new)?;
    if is_new {
        members::identify(tx, subject, id)?;
    }
    let [email, name] = subject.known(tx.ctx().org.id, &found.row)?;
    // What is said about somebody for the first time may leave out where they are reached: that stays.
    let same_address = match (&email, &new.email) {
        (Some(old), Some(new)) => same(old, new.delivery_form()),
        (None, None) => true,
        (Some(_), None) => found.user.is_none(),
        (None, Some(_)) => false,
    };
    if !same_address {
        members::readdress(tx, subject, id, new.email.as_ref().map(|email| (email, desk.index(email))))?;
    }
    let same_name = match (&name, &new.name) {
        (Some(old), Some(new)) => same(old, new.text()),
        (None, None) => true,
        (Some(_), None) => found.user.is_none(),
        (None, Some(_)) => false,
    };
    if !same_name {
        members::set_face(tx, subject, id, new.name.as_ref())?;
    }
    match new.active {
        Some(true) => members::activate(tx, id)?,
        Some(false) => members::deactivate(tx, id)?,
        None => {}
    }
    keep(tx, desk, id, subject, new)?;
    let after = shown(tx, desk, id, subject)?;
    let details = json!({ "changed": changed(&before, &after) });
    let sealed = desk.keys().seal_audit(tx.ctx(), details.to_string().as_bytes());
    Ok(tx.record(Leaf::of("member.sync").on(MemberId::PREFIX, id.bytes()).with(sealed), after))
}

/// Makes a user a member no more; their key is to be shredded afterwards.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    desk: &Desk,
    keys: &Keys,
    id: MemberId,
    (subject, is_new): (&Subject, bool),
    look: impl FnOnce(Object) -> Result<Object, Failure>,
) -> Result<Recorded<()>, Failure> {
    let found = load(tx, id)?.ok_or_else(not_found)?;
    expect_key(&found, subject, is_new)?;
    look(found.object(&desk.view, Some(subject).filter(|_| !is_new))?)?;
    members::remove(tx, keys, id)
}

/// The key was fetched before the transaction began: it must be theirs still.
fn expect_key(found: &Found, subject: &Subject, is_new: bool) -> Result<(), StoreError> {
    let same = match found.row.slot {
        Some(slot) => !is_new && slot == subject.slot(),
        None => is_new,
    };
    if same { Ok(()) } else { Err(StoreError::Superseded) }
}

/// Refuses a name that somebody else has: in the directory, or because it is their address here.
fn expect_free(tx: &mut Tx<'_>, desk: &Desk, id: MemberId, new: &Incoming) -> Result<(), Failure> {
    let named = store::user_named(tx, &desk.name(&new.user_name))?;
    let reached = match Email::parse(&new.user_name) {
        Ok(email) => members::holder(tx, &desk.index(&email))?,
        Err(_) => None,
    };
    for other in [named, reached].into_iter().flatten().filter(|other| *other != id) {
        if named == Some(other) || store::user(tx, other)?.is_none() {
            return Err(Refusal::of(&SCIM_NAME_TAKEN).into());
        }
    }
    Ok(())
}

fn keep(tx: &mut Tx<'_>, desk: &Desk, id: MemberId, subject: &Subject, new: Incoming) -> Result<(), Failure> {
    let now = tx.ctx().now();
    let kept = store::put_user(
        tx,
        &UserRow {
            member: id,
            user_name: desk.name(&new.user_name),
            external: new.external.as_deref().map(|external| desk.external(external)),
            profile: user::sealed(tx.ctx(), subject, new.profile),
            updated_at: now,
        },
    );
    match kept {
        // Somebody took the name at the same time.
        Err(StoreError::Conflict) => Err(Refusal::of(&SCIM_NAME_TAKEN).into()),
        outcome => Ok(outcome?),
    }
}

fn shown(tx: &mut Tx<'_>, desk: &Desk, id: MemberId, subject: &Subject) -> Result<Object, Failure> {
    let found = load(tx, id)?.ok_or_else(not_found)?;
    Ok(found.object(&desk.view, Some(subject))?)
}

/// The names of what differs, for the ledger: never a value.
fn changed(before: &Object, after: &Object) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| *name != "meta" && before.get(*name) != after.get(*name)).cloned().collect()
}

fn same(one: &sealpost_seal::Personal<String>, other: &sealpost_seal::Personal<String>) -> bool {
    use sealpost_seal::Purpose::Guard;
    one.expose(Guard) == other.expose(Guard)
}
