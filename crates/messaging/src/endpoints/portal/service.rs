//! Use cases of portal links.

use sealpost_seal::token::Token;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{
    Actor, CredentialKind, Ctx, DeliveryId, EndpointId, Keys, Leaf, Org, PortalLinkId, Recorded, RequestId, Store,
    StoreError, Time, Tx,
};
use sealpost_web::{Failure, Refusal, not_found};
use std::collections::HashMap;

use super::model::{Issued, Lifetime, PortalLink, State};
use super::{TOKEN, store};
use crate::deliveries::{self, Attempt, Delivery};
use crate::endpoints::codes::PORTAL_LINK_OVER;

/// Deliveries on the page.
const SHOWN: u32 = 50;
/// How long a link is kept after its time, so that one can see what became of it.
const KEPT_MS: i64 = 31 * 86_400_000;
/// Forgotten in one transaction.
const AT_ONCE: u32 = 200;

/// What somebody with a link sees.
pub(super) struct Seen {
    /// What the endpoint is called.
    pub(super) name: String,
    /// Until when it may be seen.
    pub(super) until: Time,
    /// The newest deliveries with their last attempts.
    pub(super) deliveries: Vec<(Delivery, Option<Attempt>)>,
    /// Now.
    pub(super) now: Time,
}

/// Makes a link to the deliveries of an endpoint.
pub(super) fn issue(
    tx: &mut Tx<'_>,
    keys: &Keys,
    endpoint: EndpointId,
    lifetime: Lifetime,
) -> Result<Recorded<Issued>, Failure> {
    crate::endpoints::find(tx, endpoint)?;
    let ctx = tx.ctx();
    let token = Token::generate(TOKEN, ctx.rng());
    let link = PortalLink {
        id: PortalLinkId::new(&ctx.world),
        endpoint,
        created_at: ctx.now(),
        expires_at: lifetime.end(ctx.now()),
        revoked_at: None,
        opened_at: None,
        hours: 0,
    };
    store::insert(tx, &link, &token.mac(keys.pepper()))?;
    Ok(tx.record(act("endpoint.share_deliveries", endpoint), Issued { link, token }))
}

/// Takes a link back.
pub(super) fn revoke(tx: &mut Tx<'_>, id: PortalLinkId) -> Result<Recorded<PortalLink>, Failure> {
    let known = find(tx, id)?;
    if !store::revoke(tx, id)? {
        return Err(Refusal::of(&PORTAL_LINK_OVER).into());
    }
    let revoked = find(tx, id)?;
    Ok(tx.record(act("endpoint.unshare_deliveries", known.endpoint), revoked))
}

/// The link of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: PortalLinkId) -> Result<PortalLink, Failure> {
    Ok(store::find(tx, id)?.ok_or_else(not_found)?)
}

/// What is behind a link; nothing if there is no such link, its time is over, or it was taken back. That it is used is on record before
/// anything is shown.
pub(super) async fn open(house: &Store, text: &str, request: RequestId) -> Result<Option<Seen>, Failure> {
    let Ok(token) = Token::parse(TOKEN, text) else { return Ok(None) };
    let mac = token.mac(house.keys().pepper());
    let Some(known) = house.credential(CredentialKind::PortalLink, mac).await? else { return Ok(None) };
    let (id, ctx) = (PortalLinkId::from_bytes(known.id), visitor(known.org, house, request));
    let found = house.read::<_, StoreError>(&ctx, move |tx| store::find(tx, id)).await?;
    let Some(link) = found.filter(|link| link.state(ctx.now()) == State::Open) else { return Ok(None) };
    let endpoint = link.endpoint;
    house.maintain::<_, StoreError>(&ctx, move |tx| note(tx, id, endpoint)).await?;
    house.read::<_, StoreError>(&ctx, move |tx| seen(tx, &link)).await.map_err(Failure::from)
}

/// Whoever opens a link is nobody known, and sees what the least trusted may.
fn visitor(org: Org, house: &Store, request: RequestId) -> Ctx {
    Ctx { org, actor: Actor::ANONYMOUS, viewer: Viewer::masked(), request, world: house.world().clone() }
}

fn note(tx: &mut Tx<'_>, id: PortalLinkId, endpoint: EndpointId) -> Result<(), StoreError> {
    if store::opened(tx, id)? {
        tx.note(act("endpoint.deliveries_seen", endpoint));
    }
    Ok(())
}

fn seen(tx: &mut Tx<'_>, link: &PortalLink) -> Result<Option<Seen>, StoreError> {
    let Some(endpoint) = crate::endpoints::store::find(tx, link.endpoint)? else { return Ok(None) };
    let newest = deliveries::newest_of(tx, link.endpoint, SHOWN)?;
    // They come in their order: the last one of each delivery stays.
    let mut last: HashMap<DeliveryId, Attempt> =
        deliveries::newest_attempts(tx, link.endpoint, SHOWN)?.into_iter().collect();
    let deliveries = newest.into_iter().map(|one| (one.clone(), last.remove(&one.id))).collect();
    Ok(Some(Seen { name: endpoint.name, until: link.expires_at, deliveries, now: tx.ctx().now() }))
}

/// Forgets links whose time was over long ago.
pub(in crate::endpoints) async fn forget_old(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let before = ctx.now().plus_ms(-KEPT_MS);
    if !house.read(ctx, move |tx| store::is_any_before(tx, before)).await? {
        return Ok(());
    }
    while house.maintain(ctx, move |tx| store::forget_before(tx, before, AT_ONCE)).await? == AT_ONCE as usize {}
    Ok(())
}

fn act(action: &'static str, endpoint: EndpointId) -> Leaf {
    Leaf::of(action).on(EndpointId::PREFIX, endpoint.bytes())
}
