//! Rotation by steps, for formats with room for one signature: a new secret is made, the receiver shows that it knows it, and only then
//! does it sign. Formats with room for several carry both all along.

use sealpost_access::secrets::{self, Kept, NewSecret, Origin, Overlap, Purpose};
use sealpost_seal::SecretText;
use sealpost_store::{Ctx, EndpointId, Leaf, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};

use super::model::{Dialect, Rotation, Shown};
use super::{service, store};
use crate::endpoints::model::{Endpoint, Ready};
use crate::endpoints::service::{Tried, changed};
use crate::endpoints::store as endpoints;
use crate::endpoints::{Endpoints, SIGNING, codes};

/// What a secret is for that the receiver has yet to show it knows: nothing signs a delivery with it before.
pub(super) const ROTATING: Purpose = Purpose::new("endpoint.rotation");

/// Makes a new secret for a profile, or for the endpoint itself, which the receiver is to be given.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    profile: Option<&'static str>,
) -> Result<Recorded<Shown>, Failure> {
    let endpoint = endpoints::find(tx, id)?.ok_or_else(not_found)?;
    let of = owner(tx, &endpoint, profile)?;
    let name = of.unwrap_or(super::model::STANDARD);
    let secret = dialect_of(tx, keys, &endpoint, name)?.generate(tx.ctx().rng());
    let pending = secrets::create(tx, keys, ROTATING, service::generated(&secret)?)?;
    if !store::begin(tx, id, of, pending)? {
        return Err(Refusal::of(&codes::ROTATION_UNDER_WAY).into());
    }
    changed(tx, id);
    let shown =
        Shown { profile: name, secret: SecretText::new(secret.expose().to_owned()), encoding: secret.encoding() };
    Ok(tx.record(Leaf::of("endpoint.begin_rotation").on(EndpointId::PREFIX, id.bytes()), shown))
}

/// Whose secret it is that turns: a profile's own, or the endpoint's, which is meant where nothing is said and by profiles that have
/// none.
fn owner(tx: &mut Tx<'_>, endpoint: &Endpoint, profile: Option<&'static str>) -> Result<Option<&'static str>, Failure> {
    let (kept, row) = service::place(tx, endpoint, profile)?;
    let of = match (&kept, profile) {
        (Some(_), Some(name)) if name == row.name && row.secret.is_some() => Some(name),
        _ => None,
    };
    match kept.unwrap_or(endpoint.secret) {
        Kept::Own(_) => Ok(of),
        Kept::Stored { .. } => Err(Refusal::of(&codes::SECRET_STORED).into()),
    }
}

fn dialect_of(tx: &mut Tx<'_>, keys: &OrgKeys, endpoint: &Endpoint, name: &str) -> Result<Dialect, Failure> {
    let known = service::ready(tx, keys, endpoint)?.into_iter().map(|signer| signer.dialect);
    let standard = Dialect::Known(&sealpost_seal::signature::profiles::STANDARD);
    Ok(known.into_iter().find(|dialect| dialect.name() == name).unwrap_or(standard))
}

/// Signs by the new secret from now on. Where there is room for several signatures the old one signs beside it until the overlap ends.
pub(super) fn finish(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    overlap: Overlap,
) -> Result<Recorded<Endpoint>, Failure> {
    let endpoint = endpoints::find(tx, id)?.ok_or_else(not_found)?;
    let rotation = under_way(tx, id)?;
    if rotation.proven_at.is_none() {
        return Err(Refusal::of(&codes::ROTATION_UNPROVEN).into());
    }
    if !store::end(tx, id)? {
        return Err(Refusal::of(&codes::ROTATION_MISSING).into());
    }
    let (kept, _) = service::place(tx, &endpoint, rotation.profile)?;
    let Some(Kept::Own(own)) = kept else { return Err(Refusal::of(&codes::SECRET_STORED).into()) };
    let pending = secrets::usable(tx, keys, rotation.secret, ROTATING)?.into_iter().next();
    let pending = pending.ok_or(StoreError::Missing("secret"))?;
    let new = NewSecret::new(pending.value, pending.encoding, Origin::Generated)
        .map_err(|_| StoreError::Column("secret".into()))?;
    secrets::rotate(tx, keys, own, SIGNING, new, overlap)?;
    secrets::remove(tx, rotation.secret)?;
    changed(tx, id);
    Ok(tx.record(Leaf::of("endpoint.finish_rotation").on(EndpointId::PREFIX, id.bytes()), endpoint))
}

/// Takes the new secret back: nothing has changed.
pub(super) fn cancel(tx: &mut Tx<'_>, id: EndpointId) -> Result<Recorded<()>, Failure> {
    endpoints::find(tx, id)?.ok_or_else(not_found)?;
    let rotation = under_way(tx, id)?;
    discard(tx, id, &rotation)?;
    changed(tx, id);
    Ok(tx.record(Leaf::of("endpoint.cancel_rotation").on(EndpointId::PREFIX, id.bytes()), ()))
}

fn under_way(tx: &mut Tx<'_>, id: EndpointId) -> Result<Rotation, Failure> {
    Ok(store::rotation(tx, id)?.ok_or_else(|| Refusal::of(&codes::ROTATION_MISSING))?)
}

fn discard(tx: &mut Tx<'_>, id: EndpointId, rotation: &Rotation) -> Result<(), StoreError> {
    store::end(tx, id)?;
    secrets::remove(tx, rotation.secret).map(drop)
}

/// A rotation of this secret comes to nothing, if one is under way.
pub(super) fn drop_for(tx: &mut Tx<'_>, id: EndpointId, profile: Option<&'static str>) -> Result<(), StoreError> {
    match store::rotation(tx, id)? {
        Some(rotation) if rotation.profile == profile => discard(tx, id, &rotation),
        _ => Ok(()),
    }
}

/// Whatever rotation is under way comes to nothing.
pub(super) fn drop_any(tx: &mut Tx<'_>, id: EndpointId) -> Result<(), StoreError> {
    store::rotation(tx, id)?.map_or(Ok(()), |rotation| discard(tx, id, &rotation))
}

impl Endpoints {
    /// Asks the receiver to show that it knows the new secret: a ping that is signed by that alone, wherever the old one signs now.
    pub(in crate::endpoints) async fn try_rotation(&self, ctx: &Ctx, id: EndpointId) -> Result<Tried, Failure> {
        let waiting = move |tx: &mut Tx<'_>| {
            endpoints::find(tx, id)?.ok_or_else(not_found)?;
            under_way(tx, id)
        };
        let waiting = self.store.read(ctx, waiting).await?;
        let ready = self.at_hand(ctx, id).await?;
        let proving = Ready {
            endpoint: ready.endpoint.clone(),
            target: ready.target.clone(),
            signers: ready.signers.iter().map(super::Signer::by_the_new_one).collect(),
            key: ready.key.clone(),
            transport: ready.transport.clone(),
            sealing: ready.sealing.clone(),
        };
        let data = serde_json::json!({ "endpoint_id": id, "rotation": true });
        let tried = self.tell(ctx, &proving, "endpoint.ping", data).await?;
        let leaf = Leaf::of("endpoint.try_rotation").on(EndpointId::PREFIX, id.bytes());
        let (succeeded, now) = (tried.succeeded, ctx.now());
        let leaf = if succeeded { leaf } else { leaf.failed(tried.outcome) };
        self.store
            .write(ctx, move |tx| {
                // Somebody may have taken it back, and begun another, while the receiver was asked.
                if succeeded && !store::prove(tx, id, waiting.secret, now)? {
                    return Err(Refusal::of(&codes::ROTATION_MISSING).into());
                }
                Ok::<_, Failure>(tx.record(leaf, ()))
            })
            .await?;
        Ok(tried)
    }
}
