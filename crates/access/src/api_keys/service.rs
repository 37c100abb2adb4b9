//! Use cases of API keys.
//!
//! Those that take a [`Tx`] run inside the transaction of their caller, which is the API's way to keep an answer for a repeated
//! request in the same commit. Those that take the store are the command line's: they own their transaction.

use sealpost_seal::token::{KeyKind, PlainKey};
use sealpost_seal::viewer::Viewer;
use sealpost_store::{
    Actor, ApiKeyId, Change, Credential, CredentialKind, Ctx, Leaf, OrgKeys, Recorded, RequestId, Store, StoreError,
    Tx, directory,
};
use sealpost_web::{Failure, not_found};

use super::codes::KEY_NOT_ACTIVE;
use super::model::{ApiKey, Ceiling, Issued, KeyUsage, NewKey};
use super::{CHANGED, notices, rules, store};
use crate::notices::raise;
use crate::permissions;
use crate::secrets::Overlap;

/// What making a key takes besides the transaction: the organisation's keys and those of the installation.
pub struct Making {
    house: sealpost_store::Keys,
    organisation: std::sync::Arc<OrgKeys>,
}

impl Making {
    /// Fetches what making a key in `ctx`'s organisation takes.
    pub async fn ready(house: &Store, ctx: &Ctx) -> Result<Self, StoreError> {
        Ok(Self { organisation: house.keys().organisation(ctx.org.id).await?, house: house.keys().clone() })
    }
}

/// Makes a key in the context's environment. It may do and see at most what its creator may, the `ceiling`.
pub fn create(tx: &mut Tx<'_>, with: &Making, ceiling: Ceiling, new: NewKey) -> Result<Recorded<Issued>, Failure> {
    rules::may_grant(ceiling, &new)?;
    let issued = insert(tx, with, new)?;
    let leaf = granted(tx.ctx(), with, "key.create", &issued.key);
    Ok(tx.record(leaf, issued))
}

/// Makes a successor with the same name, scopes, mask and networks, and as long a life; the older key lives on for the overlap.
/// Whoever rotates gets to see the successor, so it holds at most `ceiling`, too.
pub fn rotate(
    tx: &mut Tx<'_>,
    with: &Making,
    ceiling: Ceiling,
    id: ApiKeyId,
    overlap: Overlap,
) -> Result<Recorded<Issued>, Failure> {
    let old = store::find(tx, id)?.ok_or_else(not_found)?;
    let now = tx.ctx().now();
    rules::may_rotate(&old, now)?;
    let successor = rules::successor(&old);
    rules::may_grant(ceiling, &successor)?;
    let issued = insert(tx, with, successor)?;
    let until = old.expires_at.min(overlap.end(now));
    if !store::supersede(tx, id, issued.key.id, until)? {
        return Err(sealpost_web::Refusal::of(&KEY_NOT_ACTIVE).into());
    }
    tell(tx, id);
    tx.note(granted(tx.ctx(), with, "key.create", &issued.key));
    let leaf = Leaf::of("key.rotate").on(ApiKeyId::PREFIX, id.bytes());
    Ok(tx.record(leaf, issued))
}

/// Ends a key: the next request with it is refused. Ending one that has been ended is fine, and recorded again.
pub fn revoke(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Recorded<ApiKey>, Failure> {
    end(tx, id, Leaf::of("key.revoke"))
}

/// The key with this id.
pub fn find(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    store::find(tx, id)
}

/// Up to `limit` keys older than `before`, newest first.
pub fn list(tx: &mut Tx<'_>, before: Option<ApiKeyId>, limit: u32) -> Result<Vec<ApiKey>, StoreError> {
    store::page(tx, before, limit)
}

/// How often the key with this id was used.
pub fn usage(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<KeyUsage, Failure> {
    let key = store::find(tx, id)?.ok_or_else(not_found)?;
    Ok(KeyUsage { days: store::days(tx, id)?, key })
}

/// Revokes a secret key that somebody found where it should not be. Whoever knows it could do worse with it; a publishable key
/// is public anyway and stays. Nobody learns from here whether the text was a key. Answers which key ended.
pub async fn report_leak(house: &Store, text: &str, request: RequestId) -> Result<Option<ApiKeyId>, Failure> {
    let Some(plain) = PlainKey::parse(text).ok().filter(|plain| plain.kind() == KeyKind::Secret) else {
        return Ok(None);
    };
    let mac = plain.mac(house.keys().pepper());
    let Some(Credential { org, id }) = house.credential(CredentialKind::ApiKey, mac).await? else {
        return Ok(None);
    };
    let (id, world) = (ApiKeyId::from_bytes(id), house.world().clone());
    let ctx = Ctx { org, actor: Actor::ANONYMOUS, viewer: Viewer::masked(), request, world };
    let act = move |tx: &mut Tx<'_>| {
        // Told once, however many report it.
        if store::revoke(tx, id)? {
            raise(tx, notices::leak_reported(id))?;
        }
        end(tx, id, Leaf::of("key.revoke").because("leak_reported"))
    };
    house.write(&ctx, act).await?;
    tracing::warn!(key = %id, "key.leak_reported");
    Ok(Some(id))
}

/// The first key of an installation, or one made by its operator: nobody's rights limit it.
pub async fn create_first(house: &Store, ctx: &Ctx, new: NewKey) -> Result<Issued, Failure> {
    let with = Making::ready(house, ctx).await?;
    house.write(ctx, move |tx| create(tx, &with, Ceiling::OPERATOR, new)).await
}

/// [`rotate`] by the operator.
pub async fn rotate_now(house: &Store, ctx: &Ctx, id: ApiKeyId, overlap: Overlap) -> Result<Issued, Failure> {
    let with = Making::ready(house, ctx).await?;
    house.write(ctx, move |tx| rotate(tx, &with, Ceiling::OPERATOR, id, overlap)).await
}

/// [`revoke`] by the operator.
pub async fn revoke_now(house: &Store, ctx: &Ctx, id: ApiKeyId) -> Result<ApiKey, Failure> {
    house.write(ctx, move |tx| revoke(tx, id)).await
}

fn insert(tx: &mut Tx<'_>, with: &Making, new: NewKey) -> Result<Issued, StoreError> {
    let ctx = tx.ctx();
    let plain = PlainKey::generate(new.kind, ctx.org.environment, ctx.rng());
    let mac = plain.mac(with.house.pepper());
    let now = ctx.now();
    let key = ApiKey {
        id: ApiKeyId::new(&ctx.world),
        environment: ctx.org.environment,
        kind: new.kind,
        name: new.name,
        last4: plain.last4().to_owned(),
        scopes: new.scopes,
        mask: new.mask,
        cidrs: new.cidrs,
        created_at: now,
        expires_at: new.lifetime.end(now),
        revoked_at: None,
        successor: None,
        uses: 0,
        last_use: None,
    };
    store::insert(tx, &key, &mac)?;
    directory::enter(tx, CredentialKind::ApiKey, &mac, key.id.bytes())?;
    Ok(Issued { key, plain })
}

fn end(tx: &mut Tx<'_>, id: ApiKeyId, leaf: Leaf) -> Result<Recorded<ApiKey>, Failure> {
    store::revoke(tx, id)?;
    let key = store::find(tx, id)?.ok_or_else(not_found)?;
    tell(tx, id);
    Ok(tx.record(leaf.on(ApiKeyId::PREFIX, id.bytes()), key))
}

/// Tells every node that what it remembers of this key is outdated.
fn tell(tx: &mut Tx<'_>, id: ApiKeyId) {
    let org = tx.ctx().org;
    tx.publish(Change::new(CHANGED, org, id.bytes()));
}

/// A leaf that keeps what was granted, sealed.
fn granted(ctx: &Ctx, with: &Making, action: &'static str, key: &ApiKey) -> Leaf {
    let details = serde_json::json!({
        "kind": store::kind_name(key.kind),
        "scopes": permissions::to_text(key.scopes),
        "mask_profile": key.mask.as_str(),
        "cidrs": key.cidrs.to_text(),
        "expires_at_ms": key.expires_at.unix_ms(),
    });
    let sealed = with.organisation.seal_audit(ctx, details.to_string().as_bytes());
    Leaf::of(action).on(ApiKeyId::PREFIX, key.id.bytes()).with(sealed)
}
