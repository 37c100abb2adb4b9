//! Use cases of encryption.

use sealpost_access::secrets::{self, STORED, SecretName, SecretRef, SecretUse, SecretVersion};
use sealpost_seal::payload::{BadKey, KeyForm, Method, PublicKey};
use sealpost_store::{EndpointId, Leaf, OrgKeys, Recorded, StoreError, Time, Tx};
use sealpost_web::{Failure, Refusal};

use super::fields::Member;
use super::model::{Encryption, Keys, Scope, StoredKey};
use super::sealer::{Sealer, Sealing};
use super::store;
use super::written::Written;
use crate::endpoints::codes::ENCRYPTION_KEY_INVALID;
use crate::endpoints::model::Endpoint;
use crate::endpoints::policy::{self, Policy};
use crate::endpoints::service::{changed, find};
use crate::versions::{Expected, Promoted};

/// How an endpoint is to be encrypted for: checked, but for its secret.
pub(super) struct Wanted {
    pub(super) method: Method,
    pub(super) scope: Scope,
    pub(super) member: Member,
    pub(super) keys: WantedKeys,
}

/// Under which keys.
pub(super) enum WantedKeys {
    /// One that the receiver has, too.
    Shared { secret: SecretRef, version: Option<u32>, form: KeyForm },
    /// The receiver's own.
    Recipient { public: PublicKey, answers: Option<SecretRef> },
}

impl WantedKeys {
    /// Whether one of them is a stored secret.
    pub(super) const fn are_stored(&self) -> bool {
        matches!(self, Self::Shared { .. } | Self::Recipient { answers: Some(_), .. })
    }
}

/// How an endpoint is encrypted for, and whether that works.
pub(in crate::endpoints) struct Standing {
    /// As it is stored.
    pub(super) encryption: Encryption,
    /// What its secret is called.
    pub(super) secret: Option<SecretName>,
    /// What the receiver knows the key by that encrypts now, or why nothing leaves.
    pub(super) key: Result<String, &'static str>,
}

/// Encrypts for an endpoint from now on, once the key turned out to be one; or asks others, where that hides less than before.
pub(super) fn set(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    wanted: Wanted,
    expected: &Expected,
) -> Result<Recorded<Promoted<Standing>>, Failure> {
    let mut endpoint = find(tx, id)?;
    policy::expect(&endpoint, expected)?;
    let before = policy::of(tx, &endpoint)?;
    let encryption = Encryption {
        method: wanted.method,
        scope: wanted.scope,
        member: wanted.member,
        keys: held(tx, wanted.keys)?,
        updated_at: tx.ctx().now(),
    };
    let versions = usable(tx, keys, &encryption)?;
    let place = if encryption.method.key_len().is_some() { "/encoding" } else { "/secret" };
    let sealer = Sealer::new(encryption.clone(), &versions).map_err(|bad| match bad {
        BadKey::Kind => unfit("/secret", "version_unusable"),
        bad => unfit(place, bad.code()),
    })?;
    let after = Policy { encryption: Some(Written::of(&encryption)), ..before.clone() };
    if let Some(asked) = policy::gate(tx, keys, &endpoint, (&before, after), false, None)? {
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    store::put(tx, id, &encryption)?;
    changed(tx, id);
    let secret = encryption.keys.secret().map(|id| secrets::name_of(tx, id)).transpose()?.flatten();
    let standing = Standing { encryption, secret, key: Ok(sealer.key_id().to_owned()) };
    let leaf = policy::keep(tx, keys, &mut endpoint, &before, None, Leaf::of("endpoint.set_encryption"))?;
    Ok(tx.record(leaf, Promoted::InForce(standing)))
}

/// Sends in clear from now on, or asks others for that.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    expected: &Expected,
) -> Result<Recorded<Promoted<()>>, Failure> {
    let mut endpoint = find(tx, id)?;
    policy::expect(&endpoint, expected)?;
    let before = policy::of(tx, &endpoint)?;
    let after = Policy { encryption: None, ..before.clone() };
    if let Some(asked) = policy::gate(tx, keys, &endpoint, (&before, after), false, None)? {
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    store::delete(tx, id)?;
    changed(tx, id);
    let leaf = policy::keep(tx, keys, &mut endpoint, &before, None, Leaf::of("endpoint.remove_encryption"))?;
    Ok(tx.record(leaf, Promoted::InForce(())))
}

/// From now on an endpoint is encrypted for as it was written down. Whether its key is one is asked whenever it is called: what can't be
/// encrypted doesn't leave.
pub(in crate::endpoints) fn become_of(
    tx: &mut Tx<'_>,
    id: EndpointId,
    written: Option<Written>,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    match written {
        // What stays keeps since when it has been so.
        Some(written) if store::find(tx, id)?.is_some_and(|known| Written::of(&known) == written) => Ok(()),
        Some(written) => store::put(tx, id, &written.read(now)?),
        None => store::delete(tx, id),
    }
}

/// How an endpoint is encrypted for, written down.
pub(in crate::endpoints) fn written(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<Written>, StoreError> {
    Ok(store::find(tx, id)?.as_ref().map(Written::of))
}

/// The endpoint is gone, and needs no keys any more.
pub(in crate::endpoints) fn forget(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    store::delete(tx, endpoint)
}

/// The secrets that are meant, held until this is done.
fn held(tx: &mut Tx<'_>, wanted: WantedKeys) -> Result<Keys, Failure> {
    let mut hold = |wanted: &SecretRef| {
        secrets::refer(tx, wanted)?.ok_or_else(|| Failure::from(unfit("/secret/secret", "secret_unknown")))
    };
    Ok(match wanted {
        WantedKeys::Shared { secret, version, form } => {
            Keys::Shared(StoredKey { secret: hold(&secret)?, version, form })
        }
        WantedKeys::Recipient { public, answers } => {
            Keys::Recipient { public, answers: answers.as_ref().map(hold).transpose()? }
        }
    })
}

fn unfit(place: &'static str, code: &'static str) -> Refusal {
    Refusal::of(&ENCRYPTION_KEY_INVALID).at(place, code)
}

/// How an endpoint is encrypted for, if it is.
pub(in crate::endpoints) fn standing(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: EndpointId,
) -> Result<Option<Standing>, StoreError> {
    let Some(encryption) = store::find(tx, endpoint)? else { return Ok(None) };
    let secret = encryption.keys.secret().map(|id| secrets::name_of(tx, id)).transpose()?.flatten();
    let versions = usable(tx, keys, &encryption)?;
    let key = Sealer::new(encryption.clone(), &versions).map(|sealer| sealer.key_id().to_owned());
    Ok(Some(Standing { encryption, secret, key: key.map_err(BadKey::code) }))
}

/// What is done to what an endpoint hears, with the keys at hand.
pub(in crate::endpoints) fn ready(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: EndpointId,
) -> Result<Sealing, StoreError> {
    let Some(encryption) = store::find(tx, endpoint)? else { return Ok(Sealing::Clear) };
    let versions = usable(tx, keys, &encryption)?;
    Ok(match Sealer::new(encryption, &versions) {
        Ok(sealer) => Sealing::Encrypted(Box::new(sealer)),
        Err(bad) => {
            tracing::warn!(endpoint = %endpoint, code = bad.code(), "endpoint.not_encryptable");
            Sealing::Broken
        }
    })
}

/// By what an endpoint is encrypted for, if it is.
pub(in crate::endpoints) fn method_of(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Option<Method>, StoreError> {
    Ok(store::find(tx, endpoint)?.map(|encryption| encryption.method))
}

/// The versions of its secret that may be used now, newest first; none where it needs none.
fn usable(tx: &mut Tx<'_>, keys: &OrgKeys, encryption: &Encryption) -> Result<Vec<SecretVersion>, StoreError> {
    match encryption.keys.secret() {
        Some(secret) => secrets::usable(tx, keys, secret, STORED),
        None => Ok(Vec::new()),
    }
}

/// The secret that an endpoint is encrypted with, if there is one.
pub(in crate::endpoints) fn secret_uses(
    tx: &mut Tx<'_>,
    endpoint: &Endpoint,
    last_used_at: Option<Time>,
) -> Result<Option<SecretUse>, StoreError> {
    let secret = store::find(tx, endpoint.id)?.and_then(|encryption| encryption.keys.secret());
    Ok(secret.map(|secret| SecretUse {
        secret,
        kind: "endpoint",
        id: endpoint.id.to_string(),
        name: endpoint.name.clone(),
        page: Some(format!("/endpoints/{}", endpoint.id)),
        last_used_at,
    }))
}
