//! Use cases of secrets, inside the transaction of whoever needs them.

use sealpost_seal::{Place, SecretText};
use sealpost_store::{Change, Ctx, Leaf, OrgKeys, SecretId, StoreError, Time, Tx};

use super::mark::{Fingerprint, NetworkMark};
use super::model::{
    ChangeKind, Description, NewSecret, Origin, Overlap, Purpose, RemindAfter, SecretName, SecretSummary,
    SecretVersion, VersionSummary,
};
use super::store::{self, VersionRow};
use super::{CHANGED, rules};

/// The label of the organisation's key that seals secrets.
pub(super) const LABEL: &str = "secret";

/// Keeps a new secret.
pub fn create(tx: &mut Tx<'_>, keys: &OrgKeys, purpose: Purpose, new: NewSecret) -> Result<SecretId, StoreError> {
    let id = SecretId::new(&tx.ctx().world);
    let name = SecretName::made_for(purpose, id);
    // What was generated here nobody else had first: its age alone is no reason to disturb anybody.
    let remind = if new.origin == Origin::Generated { RemindAfter::NEVER } else { RemindAfter::default() };
    if !store::insert_card(tx, id, &name, &Description::default(), remind)? {
        return Err(StoreError::Unsuitable("a secret's own name is taken".into()));
    }
    insert(tx, keys, id, purpose, 1, &new)?;
    store::log(tx, id, ChangeKind::Created, 1, None)?;
    tx.note(leaf("secret.create", id, new.origin));
    Ok(id)
}

/// Adds a version; the older ones end with the overlap, or when they would have anyway. Answers its number.
pub fn rotate(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: SecretId,
    purpose: Purpose,
    new: NewSecret,
    overlap: Overlap,
) -> Result<u32, StoreError> {
    let origin = new.origin;
    let number = add_version(tx, keys, id, purpose, &new, overlap, None)?;
    tx.note(leaf("secret.rotate", id, origin));
    Ok(number)
}

/// Adds a version, and says in the secret's changes from where.
pub(super) fn add_version(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: SecretId,
    purpose: Purpose,
    new: &NewSecret,
    overlap: Overlap,
    network: Option<NetworkMark>,
) -> Result<u32, StoreError> {
    if !store::touch(tx, id)? {
        return Err(StoreError::Missing("secret"));
    }
    let (older, now) = (of_purpose(tx, id, purpose)?, tx.ctx().now());
    for version in older.iter().filter(|version| rules::is_usable(version.expires_at, now)) {
        let end = rules::end_of_older(version.expires_at, overlap.end(now));
        store::end(tx, id, version.number, end)?;
    }
    let number = older.first().map_or(0, |newest| newest.number) + 1;
    insert(tx, keys, id, purpose, number, new)?;
    store::log(tx, id, ChangeKind::Rotated, number, network)?;
    // Whoever has an older version at hand looks again.
    tx.publish(Change::new(CHANGED, tx.ctx().org, id.bytes()));
    Ok(number)
}

/// The versions that may be used now, newest first: sign with all of them, authenticate with the first.
pub fn usable(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: SecretId,
    purpose: Purpose,
) -> Result<Vec<SecretVersion>, StoreError> {
    let ctx = tx.ctx();
    let now = ctx.now();
    let rows = of_purpose(tx, id, purpose)?;
    rows.into_iter().filter(|row| rules::is_usable(row.expires_at, now)).map(|row| open(ctx, keys, id, row)).collect()
}

/// Since when there has been a version with a value that may be used now: what was signed before was signed by another. Nothing if none
/// may.
pub fn usable_since(tx: &mut Tx<'_>, id: SecretId, purpose: Purpose) -> Result<Option<Time>, StoreError> {
    let now = tx.ctx().now();
    let rows = of_purpose(tx, id, purpose)?;
    let versions: Vec<rules::Lived> =
        rows.iter().map(|row| (row.fingerprint, row.created_at, row.expires_at)).collect();
    Ok(rules::usable_since(&versions, now))
}

/// Every secret of this environment, without its values.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<SecretSummary>, StoreError> {
    let mut secrets: Vec<SecretSummary> = Vec::new();
    for row in store::all(tx)? {
        let version = summary(&row);
        if secrets.last().is_none_or(|last| last.id != row.id) {
            secrets.push(SecretSummary { id: row.id, purpose: row.purpose, versions: Vec::new() });
        }
        secrets.last_mut().into_iter().for_each(|secret| secret.versions.push(version));
    }
    Ok(secrets)
}

/// Removes a secret with all its versions; false if there was none. Whoever uses it must be gone by then.
pub fn remove(tx: &mut Tx<'_>, id: SecretId) -> Result<bool, StoreError> {
    let removed = store::delete(tx, id)? > 0;
    if removed {
        tx.note(Leaf::of("secret.remove").on(SecretId::PREFIX, id.bytes()));
    }
    Ok(removed)
}

/// What may be said about a version.
pub(super) fn summary(row: &VersionRow) -> VersionSummary {
    VersionSummary {
        number: row.number,
        origin: row.origin,
        fingerprint: row.fingerprint.map(Fingerprint),
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}

/// The versions of a secret that is for this purpose; for another it does not exist.
fn of_purpose(tx: &mut Tx<'_>, id: SecretId, purpose: Purpose) -> Result<Vec<VersionRow>, StoreError> {
    let rows = store::versions(tx, id)?;
    if rows.is_empty() || rows.iter().any(|row| row.purpose != purpose.as_str()) {
        return Err(StoreError::Missing("secret"));
    }
    Ok(rows)
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: SecretId,
    purpose: Purpose,
    number: u32,
    new: &NewSecret,
) -> Result<(), StoreError> {
    let ctx = tx.ctx();
    let row = place_row(id, number);
    let sealed = keys.seal(LABEL, &place(ctx, &row), new.value.expose().as_bytes(), ctx.rng());
    let row = VersionRow {
        id,
        purpose: purpose.as_str().to_owned(),
        number,
        encoding: new.encoding,
        origin: new.origin,
        sealed,
        fingerprint: Some(Fingerprint::of(keys, id, new.value.expose()).0),
        created_at: ctx.now(),
        expires_at: None,
    };
    store::insert(tx, &row)
}

pub(super) fn open(ctx: &Ctx, keys: &OrgKeys, id: SecretId, row: VersionRow) -> Result<SecretVersion, StoreError> {
    let clear = keys.open(LABEL, &place(ctx, &place_row(id, row.number)), &row.sealed)?;
    let text = std::str::from_utf8(&clear).map_err(|_| StoreError::Unopenable)?;
    Ok(SecretVersion {
        number: row.number,
        value: SecretText::new(text.to_owned()),
        encoding: row.encoding,
        origin: row.origin,
        fingerprint: row.fingerprint.map(Fingerprint),
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}

/// A version's primary key as bytes: `id ‖ number (u32 BE)`.
pub(super) fn place_row(id: SecretId, number: u32) -> [u8; 20] {
    let mut row = [0; 20];
    row[..16].copy_from_slice(&id.bytes());
    row[16..].copy_from_slice(&number.to_be_bytes());
    row
}

pub(super) fn place<'a>(ctx: &Ctx, row: &'a [u8; 20]) -> Place<'a> {
    let environment = Some(ctx.org.environment);
    Place { org: ctx.org.id.bytes(), environment, table: "secret", column: "sealed", row, owner: None }
}

pub(super) fn leaf(action: &'static str, id: SecretId, origin: Origin) -> Leaf {
    let leaf = Leaf::of(action).on(SecretId::PREFIX, id.bytes());
    match origin {
        Origin::Generated => leaf,
        Origin::Imported => leaf.because("imported"),
    }
}
