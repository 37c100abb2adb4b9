//! Use cases of secrets as people know them: by name, without their values.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{Ctx, Leaf, OrgKeys, Recorded, SecretId, Store, StoreError, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::codes::{SECRET_EXISTS, SECRET_IN_USE, SECRET_MANAGED};
use super::mark::NetworkMark;
use super::model::{
    CardChange, ChangeKind, NamedSecret, NewNamed, NewSecret, Origin, Overlap, Purpose, SecretChange, VersionSummary,
};
use super::users::Users;
use super::{STORED, handover, service, store};

/// What it takes besides the transaction to change a secret: the organisation's keys, and from where it is asked for.
#[derive(Clone)]
pub(super) struct Asked {
    keys: Arc<OrgKeys>,
    peer: IpAddr,
}

impl Asked {
    pub(super) async fn ready(house: &Store, ctx: &Ctx, peer: IpAddr) -> Result<Self, StoreError> {
        Ok(Self { keys: house.keys().organisation(ctx.org.id).await?, peer })
    }

    pub(super) fn keys(&self) -> &OrgKeys {
        &self.keys
    }

    /// Adds a version, and says in the secret's changes from where.
    pub(super) fn add_version(
        &self,
        tx: &mut Tx<'_>,
        id: SecretId,
        purpose: Purpose,
        new: &NewSecret,
        overlap: Overlap,
    ) -> Result<u32, StoreError> {
        let network = Some(self.network(tx, id));
        service::add_version(tx, &self.keys, id, purpose, new, overlap, network)
    }

    fn network(&self, tx: &Tx<'_>, id: SecretId) -> NetworkMark {
        NetworkMark::of(&self.keys, id, self.peer, tx.ctx().now())
    }
}

/// A value somebody brings, or 256 bits of chance where nobody brings one; with what is to be shown once.
pub(super) fn value(given: Option<&SecretText>, ctx: &Ctx) -> Result<(NewSecret, Option<SecretText>), Refusal> {
    let copy = |text: &SecretText| SecretText::new(text.expose().to_owned());
    let (value, origin, shown) = match given {
        Some(given) => (copy(given), Origin::Imported, None),
        None => {
            let mut bytes = [0; 32];
            ctx.rng().fill(&mut bytes);
            let text = SecretText::new(URL_SAFE_NO_PAD.encode(bytes));
            (copy(&text), Origin::Generated, Some(text))
        }
    };
    let new = NewSecret::new(value, KeyEncoding::Text, origin)
        .map_err(|_| Refusal::of(&BODY_INVALID).at("/value", "value_unsuitable"))?;
    Ok((new, shown))
}

/// Stores a secret under a name.
pub(super) fn create(tx: &mut Tx<'_>, asked: &Asked, new: &NewNamed) -> Result<Recorded<NamedSecret>, Failure> {
    let id = SecretId::new(&tx.ctx().world);
    if !store::insert_card(tx, id, &new.name, &new.description, new.remind)? {
        return Err(taken());
    }
    service::insert(tx, &asked.keys, id, STORED, 1, &new.value)?;
    store::log(tx, id, ChangeKind::Created, 1, Some(asked.network(tx, id)))?;
    let secret = store::find(tx, id)?.ok_or_else(not_found)?;
    Ok(tx.record(service::leaf("secret.create", id, new.value.origin), secret))
}

/// Changes what people know a secret by.
pub(super) fn change(
    tx: &mut Tx<'_>,
    asked: &Asked,
    users: Users,
    id: SecretId,
    change: &CardChange,
) -> Result<Recorded<NamedSecret>, Failure> {
    if !store::touch(tx, id)? {
        return Err(not_found().into());
    }
    let mut secret = show(tx, users, id)?;
    let mut fields = Vec::new();
    if let Some(name) = change.name.as_ref().filter(|name| **name != secret.name) {
        if store::is_taken(tx, id, name)? {
            return Err(taken());
        }
        secret.name = name.clone();
        fields.push("name");
    }
    if let Some(description) = change.description.as_ref().filter(|text| **text != secret.description) {
        secret.description = description.clone();
        fields.push("description");
    }
    if let Some(remind) = change.remind.filter(|remind| *remind != secret.remind) {
        secret.remind = remind;
        fields.push("remind_after_days");
    }
    store::update_card(tx, &secret)?;
    store::log(tx, id, ChangeKind::Changed, secret.newest.number, Some(asked.network(tx, id)))?;
    let details = asked.keys.seal_audit(tx.ctx(), json!({ "fields": fields }).to_string().as_bytes());
    Ok(tx.record(Leaf::of("secret.change").on(SecretId::PREFIX, id.bytes()).with(details), secret))
}

/// Gives a secret another value; the older ones live on for the overlap. What the product keeps for something of its own is
/// replaced there: only there it is known what a value must be.
pub(super) fn rotate(
    tx: &mut Tx<'_>,
    asked: &Asked,
    users: Users,
    id: SecretId,
    new: &NewSecret,
    overlap: Overlap,
) -> Result<Recorded<NamedSecret>, Failure> {
    let secret = store::find(tx, id)?.ok_or_else(not_found)?;
    if !secret.is_stored() {
        return Err(Refusal::of(&SECRET_MANAGED).into());
    }
    asked.add_version(tx, id, STORED, new, overlap)?;
    let secret = show(tx, users, id)?;
    Ok(tx.record(service::leaf("secret.rotate", id, new.origin), secret))
}

/// Destroys a secret with all its versions, unless something uses it.
pub(super) fn remove(tx: &mut Tx<'_>, users: Users, id: SecretId) -> Result<Recorded<()>, Failure> {
    if !store::touch(tx, id)? {
        return Err(not_found().into());
    }
    let uses = users.of(tx, id)?;
    if !uses.is_empty() {
        let uses: Vec<_> = uses.iter().map(|one| json!({ "kind": one.kind, "id": one.id, "name": one.name })).collect();
        return Err(Refusal::of(&SECRET_IN_USE).member("used_by", uses).into());
    }
    handover::forget_of(tx, id)?;
    store::delete(tx, id)?;
    Ok(tx.record(Leaf::of("secret.remove").on(SecretId::PREFIX, id.bytes()), ()))
}

/// The secret of this id, with what uses it.
pub(super) fn show(tx: &mut Tx<'_>, users: Users, id: SecretId) -> Result<NamedSecret, Failure> {
    let secret = store::find(tx, id)?.ok_or_else(not_found)?;
    let uses = users.of(tx, id)?;
    Ok(NamedSecret { uses, ..secret })
}

/// The versions of a secret, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: SecretId) -> Result<Vec<VersionSummary>, StoreError> {
    Ok(store::versions(tx, id)?.iter().map(service::summary).collect())
}

/// Secrets whose names come after `after` and hold `part`, in the order of their names.
pub(super) fn list(
    tx: &mut Tx<'_>,
    users: Users,
    after: &str,
    part: &str,
    limit: u32,
) -> Result<Vec<NamedSecret>, StoreError> {
    // Whatever else somebody looks for is in no name.
    if !part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Ok(Vec::new());
    }
    let (mut secrets, uses) = (store::page(tx, after, part, limit)?, users.all(tx)?);
    for secret in &mut secrets {
        secret.uses = uses.iter().filter(|one| one.secret == secret.id).cloned().collect();
    }
    Ok(secrets)
}

/// What was done to a secret before `before`, newest first; 404 if there is none.
pub(super) fn changes(
    tx: &mut Tx<'_>,
    id: SecretId,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<SecretChange>, Failure> {
    store::find(tx, id)?.ok_or_else(not_found)?;
    Ok(store::changes(tx, id, before.unwrap_or(i64::MAX.unsigned_abs()), limit)?)
}

fn taken() -> Failure {
    Refusal::of(&SECRET_EXISTS).at("/name", "taken").into()
}
