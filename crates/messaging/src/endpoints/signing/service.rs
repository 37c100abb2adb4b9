//! Use cases of signing.

use sealpost_access::secrets::{self, Kept, NewSecret, Origin, Overlap, SecretUse};
use sealpost_seal::SecretText;
use sealpost_seal::signature::{
    Custom, CustomSpec, KeyEncoding, MESSAGE_SIGNATURES, SigningSecret, WebhookKey, WebhookPublicKey, profiles,
};
use sealpost_store::{Ctx, EndpointId, Leaf, OrgKeys, Recorded, Store, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};

use super::model::{CUSTOM, Change, Dialect, Entry, ProfileRow, Rotation, STANDARD, Shown, Signer, Signers, Usable};
use super::{rotation, rules, store};
use crate::endpoints::model::{Endpoint, Profiles};
use crate::endpoints::service::{GivenSecret, changed, kept, stored};
use crate::endpoints::store as endpoints;
use crate::endpoints::{ED25519, SIGNING, codes};

/// Sets up how a new endpoint signs; answers the secrets that were made for single profiles.
pub(in crate::endpoints) fn set_up(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: &mut Endpoint,
    change: Change,
) -> Result<Vec<Shown>, Failure> {
    apply(tx, keys, endpoint, change)
}

/// Changes how an endpoint signs; answers the secrets that were made for single profiles. The leaf is the caller's.
pub(in crate::endpoints) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: &mut Endpoint,
    change: Change,
) -> Result<Vec<Shown>, Failure> {
    let shown = apply(tx, keys, endpoint, change)?;
    changed(tx, endpoint.id);
    Ok(shown)
}

/// From now on an endpoint signs in these profiles, all of which it has: what was agreed to, or what was there before.
pub(in crate::endpoints) fn become_of(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: &mut Endpoint,
    profiles: &Profiles,
    custom: Option<CustomSpec>,
) -> Result<(), Failure> {
    let mut custom = custom.map(Custom::compile).transpose().map_err(|_| StoreError::Column("definition".into()))?;
    let names = profiles.names().iter().filter(|name| **name != STANDARD);
    let entries = names
        .map(|name| Entry { definition: if *name == CUSTOM { custom.take() } else { None }, ..Entry::named(name) });
    let (entries, standard) = (Some(entries.collect()), Some(profiles.names().contains(&STANDARD)));
    apply(tx, keys, endpoint, Change { entries, standard }).map(drop)
}

/// In which profiles an endpoint would sign that signs in these, after a change.
pub(in crate::endpoints) fn planned(had: &[&'static str], change: &Change) -> Result<Vec<&'static str>, Refusal> {
    let standard = change.standard.unwrap_or_else(|| had.contains(&STANDARD));
    let named: Vec<&'static str> = match &change.entries {
        Some(entries) => entries.iter().map(|entry| entry.name).collect(),
        None => had.to_vec(),
    };
    rules::in_order(named.into_iter(), standard)
        .ok_or_else(|| Refusal::of(&codes::ENDPOINT_INVALID).at("/profiles", "profile_missing"))
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, endpoint: &mut Endpoint, change: Change) -> Result<Vec<Shown>, Failure> {
    let had = endpoint.profiles.names();
    let names = planned(had, &change)?;
    let entries = change
        .entries
        .unwrap_or_else(|| had.iter().filter(|name| **name != STANDARD).map(|name| Entry::named(name)).collect());
    let rows = store::of(tx, endpoint.id)?;
    for gone in rows.iter().filter(|row| !names.contains(&row.name)) {
        rotation::drop_for(tx, endpoint.id, Some(gone.name))?;
        forget(tx, endpoint.id, gone)?;
    }
    let shared = newest_origin(tx, keys, endpoint.secret)?;
    let mut shown = Vec::new();
    for entry in entries.into_iter().filter(|entry| entry.name != STANDARD) {
        let row = rows.iter().find(|row| row.name == entry.name);
        let is_new = row.is_none() && !had.contains(&entry.name);
        shown.extend(keep(tx, keys, endpoint.id, entry, row, is_new.then_some(shared))?);
    }
    store::set_profiles(tx, endpoint.id, &names)?;
    endpoint.profiles = Profiles::of(names);
    endpoint.custom = store::of(tx, endpoint.id)?
        .into_iter()
        .find_map(|row| store::custom(row.definition).transpose())
        .transpose()?;
    Ok(shown)
}

/// Keeps what is said about a profile; answers a secret if one was made. `shared` is where the endpoint's own secret comes from, for
/// profiles that are new.
fn keep(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: EndpointId,
    entry: Entry,
    row: Option<&ProfileRow>,
    shared: Option<Origin>,
) -> Result<Option<Shown>, Failure> {
    let definition = match (&entry.definition, row.and_then(|row| row.definition.clone())) {
        (Some(custom), _) => Some(written(custom)?),
        (None, known) => known,
    };
    if entry.name == CUSTOM && definition.is_none() {
        return Err(Refusal::of(&codes::ENDPOINT_INVALID).at("/profiles", "definition_missing").into());
    }
    let dialect = dialect(entry.name, definition.clone())?;
    let before = row.and_then(|row| row.secret);
    let (secret, shown) = match entry.secret {
        Some(given) => {
            let fresh = match given {
                GivenSecret::Stored(wanted) => stored(tx, &wanted)?,
                GivenSecret::Value(value, encoding) => {
                    Kept::Own(secrets::create(tx, keys, SIGNING, kept(value, encoding, Origin::Imported)?)?)
                }
            };
            if let Some(before) = before {
                rotation::drop_for(tx, endpoint, Some(entry.name))?;
                before.let_go(tx)?;
            }
            (Some(fresh), None)
        }
        None if before.is_none() && shared.is_some_and(|shared| rules::gets_its_own(&dialect, shared)) => {
            let made = dialect.generate(tx.ctx().rng());
            let own = secrets::create(tx, keys, SIGNING, generated(&made)?)?;
            let secret = SecretText::new(made.expose().to_owned());
            (Some(Kept::Own(own)), Some(Shown { profile: entry.name, secret, encoding: made.encoding() }))
        }
        None => (before, None),
    };
    if secret.is_some() || definition.is_some() {
        store::put(tx, endpoint, &ProfileRow { name: entry.name, definition, secret })?;
    }
    Ok(shown)
}

/// A secret that was made here, to be kept.
pub(super) fn generated(secret: &SigningSecret) -> Result<NewSecret, Refusal> {
    kept(SecretText::new(secret.expose().to_owned()), secret.encoding(), Origin::Generated)
}

fn written(custom: &Custom) -> Result<String, Failure> {
    Ok(serde_json::to_string(custom.spec()).map_err(sealpost_web::Fault::new)?)
}

fn newest_origin(tx: &mut Tx<'_>, keys: &OrgKeys, kept: Kept) -> Result<Origin, StoreError> {
    let newest = kept.usable(tx, keys, SIGNING)?.into_iter().next();
    Ok(newest.map_or(Origin::Imported, |newest| newest.origin))
}

fn forget(tx: &mut Tx<'_>, endpoint: EndpointId, row: &ProfileRow) -> Result<(), StoreError> {
    store::drop_one(tx, endpoint, row.name)?;
    row.secret.map_or(Ok(()), |kept| kept.let_go(tx))
}

/// The endpoint goes, and with it what it signed by.
pub(in crate::endpoints) fn let_go(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    rotation::drop_any(tx, endpoint)?;
    for row in store::of(tx, endpoint)? {
        forget(tx, endpoint, &row)?;
    }
    Ok(())
}

/// The endpoint's own secret is another one now: a rotation of the one before has come to nothing.
pub(in crate::endpoints) fn shared_changed(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    rotation::drop_for(tx, endpoint, None)
}

/// The endpoint is somewhere else now: who answered there proved nothing about who answers here.
pub(in crate::endpoints) fn moved(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    store::unprove(tx, endpoint)
}

/// Everything the endpoint signs by, opened.
pub(in crate::endpoints) fn ready(tx: &mut Tx<'_>, keys: &OrgKeys, endpoint: &Endpoint) -> Result<Signers, StoreError> {
    let rows = store::of(tx, endpoint.id)?;
    let turning = store::rotation(tx, endpoint.id)?;
    let mut signers = Vec::new();
    for name in endpoint.profiles.names() {
        let row = rows.iter().find(|row| row.name == *name);
        let dialect = dialect(name, row.and_then(|row| row.definition.clone()))?;
        let own = row.and_then(|row| row.secret);
        let mut versions = match dialect.takes_secrets() {
            true => own.unwrap_or(endpoint.secret).usable(tx, keys, SIGNING)?,
            false => Vec::new(),
        };
        let turns = |rotation: &&Rotation| match rotation.profile {
            Some(profile) => profile == *name,
            None => own.is_none(),
        };
        let pending = turning.as_ref().filter(turns).filter(|_| dialect.takes_secrets());
        if let Some(rotation) = pending {
            versions.extend(secrets::usable(tx, keys, rotation.secret, rotation::ROTATING)?.into_iter().take(1));
        }
        let is_turning = pending.is_some();
        let secrets = versions.iter().map(Usable::of).collect::<Result<Vec<_>, _>>();
        signers.push(Signer {
            dialect,
            secrets: secrets.map_err(|_| StoreError::Column("secret".into()))?,
            is_turning,
        });
    }
    Ok(signers)
}

/// Refuses an overlap that a profile which signs by the endpoint's own secret has no room for.
pub(in crate::endpoints) fn may_overlap(tx: &mut Tx<'_>, endpoint: &Endpoint, overlap: Overlap) -> Result<(), Failure> {
    let rows = store::of(tx, endpoint.id)?;
    if store::rotation(tx, endpoint.id)?.is_some_and(|rotation| rotation.profile.is_none()) {
        return Err(Refusal::of(&codes::ROTATION_UNDER_WAY).into());
    }
    for name in endpoint.profiles.names() {
        let row = rows.iter().find(|row| row.name == *name);
        let is_shared = row.is_none_or(|row| row.secret.is_none());
        let dialect = dialect(name, row.and_then(|row| row.definition.clone()))?;
        if is_shared && dialect.has_one_slot() && overlap != Overlap::NONE {
            return Err(Refusal::of(&codes::ROTATION_GUIDED).into());
        }
    }
    Ok(())
}

/// Gives a profile, or the endpoint itself, a secret that the receiver has already. The one before signs no more.
pub(super) fn import(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    profile: Option<&'static str>,
    value: SecretText,
    encoding: KeyEncoding,
) -> Result<Recorded<()>, Failure> {
    let endpoint = endpoints::find(tx, id)?.ok_or_else(not_found)?;
    let new = kept(value, encoding, Origin::Imported)?;
    rotation::drop_for(tx, id, profile)?;
    match place(tx, &endpoint, profile)? {
        (Some(Kept::Own(own)), _) => {
            secrets::rotate(tx, keys, own, SIGNING, new, Overlap::NONE)?;
        }
        (Some(Kept::Stored { .. }), _) => return Err(Refusal::of(&codes::SECRET_STORED).into()),
        (None, row) => {
            let secret = Some(Kept::Own(secrets::create(tx, keys, SIGNING, new)?));
            store::put(tx, id, &ProfileRow { secret, ..row })?;
        }
    }
    changed(tx, id);
    Ok(tx.record(Leaf::of("endpoint.import_secret").on(EndpointId::PREFIX, id.bytes()), ()))
}

/// The secret of a profile, or of the endpoint itself; nothing where the profile signs by the endpoint's.
pub(super) fn place(
    tx: &mut Tx<'_>,
    endpoint: &Endpoint,
    profile: Option<&'static str>,
) -> Result<(Option<Kept>, ProfileRow), Failure> {
    let none = |name| ProfileRow { name, definition: None, secret: None };
    let Some(name) = profile.filter(|name| *name != STANDARD) else {
        return Ok((Some(endpoint.secret), none(STANDARD)));
    };
    if !endpoint.profiles.names().contains(&name) || name == MESSAGE_SIGNATURES {
        return Err(Refusal::of(&codes::ENDPOINT_INVALID).at("/profile", "profile_unknown").into());
    }
    let row = store::of(tx, endpoint.id)?.into_iter().find(|row| row.name == name).unwrap_or_else(|| none(name));
    Ok((row.secret, row))
}

/// Which secrets endpoints sign with in single profiles, and which are on their way to a receiver. `of` says what is known of the
/// endpoint.
pub(in crate::endpoints) fn uses(
    tx: &mut Tx<'_>,
    of: impl Fn(EndpointId) -> Option<SecretUse>,
) -> Result<Vec<SecretUse>, StoreError> {
    let profiles = store::all(tx)?.into_iter().filter_map(|(id, row)| Some((id, row.secret?.id())));
    let waiting = store::rotations(tx)?.into_iter().map(|(id, rotation)| (id, rotation.secret));
    Ok(profiles.chain(waiting).filter_map(|(id, secret)| Some(SecretUse { secret, ..of(id)? })).collect())
}

/// How an endpoint signs, with everything that may be said about it.
pub(super) struct How {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its profiles.
    pub signers: Signers,
    /// Which of them have a secret of their own.
    pub own: Vec<(&'static str, Kept)>,
    /// Its Ed25519 key.
    pub key: WebhookPublicKey,
    /// The rotation that is under way.
    pub rotation: Option<Rotation>,
}

/// How the endpoint signs.
pub(super) async fn how(house: &Store, ctx: &Ctx, id: EndpointId) -> Result<How, Failure> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    house
        .read(ctx, move |tx| {
            let endpoint = endpoints::find(tx, id)?.ok_or_else(not_found)?;
            let signers = ready(tx, &keys, &endpoint)?;
            let own = store::of(tx, id)?.into_iter().filter_map(|row| Some((row.name, row.secret?))).collect();
            let signing = secrets::usable(tx, &keys, endpoint.signing, ED25519)?.into_iter().next();
            let signing = signing.ok_or(StoreError::Missing("signing key"))?;
            let key = WebhookKey::parse(signing.value.expose()).map_err(|_| StoreError::Column("signing".into()))?;
            let rotation = store::rotation(tx, id)?;
            Ok(How { endpoint, signers, own, key: key.public(), rotation })
        })
        .await
}

fn dialect(name: &'static str, definition: Option<String>) -> Result<Dialect, StoreError> {
    let wrong = || StoreError::Column("profiles".into());
    match name {
        MESSAGE_SIGNATURES => Ok(Dialect::Message),
        CUSTOM => store::custom(definition)?.map(Dialect::Custom).ok_or_else(wrong),
        name => profiles::by_name(name).map(Dialect::Known).ok_or_else(wrong),
    }
}
