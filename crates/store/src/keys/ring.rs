//! An organisation's keys: versions that turn, and one key that lasts.
//!
//! A version wraps slots and index keys and seals what belongs to the organisation itself; each is open to be read until nothing is
//! left under it. What can't be made anew is under the key that lasts: hashes of what nobody knows any more, and details of the
//! ledger, whose leaves commit to their ciphertext. See `docs/decisions/0032-key-rotation-and-copies.md`.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId};
use sealpost_seal::place::Place;
use zeroize::Zeroizing;

use super::lock;
use crate::clock::Time;
use crate::ctx::{Ctx, World};
use crate::error::StoreError;
use crate::ids::OrgId;

/// How long after it was made a version is used by nobody: meanwhile every node learns to open with it.
pub(super) const LEARNING_MS: i64 = 5_000;

/// An organisation's keys: what is derived from them, each for one purpose.
pub struct OrgKeys {
    org: OrgId,
    world: World,
    /// Newest first, and never empty.
    versions: Vec<Version>,
    lasting: Lasting,
    /// From when on each turn of the index keys counts.
    pub(super) index_turns: Vec<Time>,
    /// When this was read.
    pub(super) read_at: Time,
    /// Somebody is reading it anew.
    pub(super) being_read: AtomicBool,
}

/// One version of the organisation's key.
pub(super) struct Version {
    pub(super) number: u32,
    /// From when on it is used.
    from: Time,
    id: KeyId,
    wrapping: Key,
    key: Key,
    derived: Derived,
}

struct Lasting {
    id: KeyId,
    key: Key,
    derived: Derived,
    days: Mutex<HashMap<i64, Arc<Key>>>,
}

#[derive(Default)]
struct Derived(Mutex<HashMap<&'static str, Arc<Key>>>);

impl Derived {
    fn get(&self, from: &Key, label: &'static str) -> Arc<Key> {
        lock(&self.0).entry(label).or_insert_with(|| Arc::new(from.derive(label, &[]))).clone()
    }
}

impl Version {
    pub(super) fn new(number: u32, made_at: Time, key: Key) -> Self {
        // There is nothing to learn of the first: nobody could have used another.
        let from = if number == 1 { made_at } else { made_at.plus_ms(LEARNING_MS) };
        Self { number, from, id: id_of(&key), wrapping: key.derive("wrap", &[]), key, derived: Derived::default() }
    }
}

/// What a key is called in front of what it sealed.
fn id_of(key: &Key) -> KeyId {
    let mut id = KeyId([0; 8]);
    id.0.copy_from_slice(&key.derive("key-id", &[]).mac(&[])[..8]);
    id
}

impl OrgKeys {
    /// `versions`: newest first; nothing if there is none.
    pub(super) fn new(
        org: OrgId,
        world: World,
        versions: Vec<Version>,
        lasting: Key,
        index_turns: Vec<Time>,
    ) -> Option<Self> {
        let (read_at, being_read) = (world.clock.now(), AtomicBool::default());
        let id = id_of(&lasting);
        let lasting = Lasting { id, key: lasting, derived: Derived::default(), days: Mutex::default() };
        (!versions.is_empty()).then_some(Self { org, world, versions, lasting, index_turns, read_at, being_read })
    }

    /// The version that is used now: the newest that every node has learnt of, or else the oldest there is.
    pub(super) fn current(&self) -> Option<&Version> {
        let now = self.world.clock.now();
        self.versions.iter().find(|version| version.from <= now).or(self.versions.last())
    }

    /// The number of the version that is used now.
    pub fn version(&self) -> u32 {
        self.current().map_or(0, |version| version.number)
    }

    /// Since when the version that is used now is used.
    pub(super) fn in_use_since(&self) -> Option<Time> {
        self.current().map(|version| version.from)
    }

    /// The numbers of all versions there are, newest first.
    pub fn versions(&self) -> Vec<u32> {
        self.versions.iter().map(|version| version.number).collect()
    }

    /// What the version that is used now is called in front of what it seals.
    pub fn key_id(&self) -> KeyId {
        self.current().map_or(self.lasting.id, |version| version.id)
    }

    /// Whether this is under another version than the one that is used now.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        envelope::key_id_of(sealed) != Some(self.key_id())
    }

    fn version_of(&self, sealed: &[u8]) -> Result<&Version, StoreError> {
        let id = envelope::key_id_of(sealed).ok_or(StoreError::Unopenable)?;
        self.versions.iter().find(|version| version.id == id).ok_or(StoreError::Unopenable)
    }

    /// Whether a version is here that may open this.
    pub(super) fn knows(&self, sealed: &[u8]) -> bool {
        self.version_of(sealed).is_ok()
    }

    /// Wraps a key for the place where it will stand.
    pub(super) fn wrap(&self, place: &Place<'_>, key: &Key) -> Result<Vec<u8>, StoreError> {
        let current = self.current().ok_or(StoreError::KeyGone)?;
        Ok(envelope::wrap(&current.wrapping, current.id, place, key, &*self.world.rng))
    }

    /// The key that is wrapped there.
    pub(super) fn unwrap(&self, place: &Place<'_>, wrapped: &[u8]) -> Result<Key, StoreError> {
        Ok(envelope::unwrap(&self.version_of(wrapped)?.wrapping, place, wrapped)?)
    }

    /// The key that hashes for one purpose: `token`, `identity`, `ip`. It stays what it is when the organisation's key turns.
    pub fn purpose(&self, label: &'static str) -> Arc<Key> {
        self.lasting.derived.get(&self.lasting.key, label)
    }

    /// Seals a value of the organisation itself (no data subject) where it will stand.
    pub fn seal(
        &self,
        label: &'static str,
        place: &Place<'_>,
        clear: &[u8],
        rng: &dyn sealpost_seal::rng::Rng,
    ) -> Vec<u8> {
        let (key, id) = match self.current() {
            Some(current) => (current.derived.get(&current.key, label), current.id),
            None => (self.purpose(label), self.lasting.id),
        };
        envelope::seal(&key, id, place, clear, rng)
    }

    /// Opens what [`OrgKeys::seal`] sealed, from the same place.
    pub fn open(
        &self,
        label: &'static str,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let version = self.version_of(sealed)?;
        Ok(envelope::open(&version.derived.get(&version.key, label), place, sealed)?)
    }

    /// Seals the details of a ledger leaf under the key of its day.
    pub fn seal_audit(&self, ctx: &Ctx, details: &[u8]) -> Vec<u8> {
        let (key, org) = (self.audit_day(ctx.now()), self.org.bytes());
        envelope::seal(&key, self.lasting.id, &audit_place(org, &ctx.request.bytes()), details, ctx.rng())
    }

    /// Opens the details of the leaf that was recorded at `at` for `request`.
    pub fn open_audit(&self, at: Time, request: [u8; 16], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        Ok(envelope::open(&self.audit_day(at), &audit_place(self.org.bytes(), &request), sealed)?)
    }

    fn audit_day(&self, at: Time) -> Arc<Key> {
        let day = at.unix_ms().div_euclid(86_400_000);
        let mut days = lock(&self.lasting.days);
        if days.len() > 8 {
            days.clear();
        }
        days.entry(day).or_insert_with(|| Arc::new(self.lasting.key.derive("audit", &[&day.to_be_bytes()]))).clone()
    }
}

fn audit_place<'a>(org: [u8; 16], request: &'a [u8; 16]) -> Place<'a> {
    Place { org, environment: None, table: "ledger_leaf", column: "content", row: request, owner: None }
}
