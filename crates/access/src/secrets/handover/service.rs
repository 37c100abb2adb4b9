//! Use cases of hand-overs.

use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId, sha256};
use sealpost_seal::token::Token;
use sealpost_seal::viewer::Viewer;
use sealpost_seal::{Place, SecretText};
use sealpost_store::{
    Actor, CredentialKind, Ctx, HandOverId, Keys, Leaf, Org, OrgKeys, Recorded, RequestId, SecretId, Store, StoreError,
    Time, Tx, directory,
};
use sealpost_web::problem::NOT_FOUND;
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::model::{HandOver, Issued, Lifetime, State};
use super::{TOKEN, store};
use crate::notices::raise;
use crate::secrets::codes::{HANDOVER_OVER, SECRET_MANAGED};
use crate::secrets::named::Asked;
use crate::secrets::{NewSecret, Overlap, STORED, notices, service};

/// The label of the keys that wrap.
pub(super) const LABEL: &str = "handover";

/// A new value on its way to somebody: how long the older ones stay good, and the link.
pub(super) struct Order {
    pub(super) value: NewSecret,
    pub(super) overlap: Overlap,
    pub(super) lifetime: Lifetime,
}

/// What comes of opening a link.
pub(super) enum Opened {
    /// The value, this once.
    Value(SecretText),
    /// Somebody opened it before.
    Before(Time),
    /// There is no such link, or its time is over, or it was taken back: whoever has it learns no more than that.
    Gone,
}

/// Gives a secret another value and wraps that for whoever gets the link.
pub(super) fn hand_over(
    tx: &mut Tx<'_>,
    asked: &Asked,
    keys: &Keys,
    secret: SecretId,
    order: &Order,
) -> Result<Recorded<Issued>, Failure> {
    let known = crate::secrets::store::find(tx, secret)?.ok_or_else(not_found)?;
    if !known.is_stored() {
        return Err(Refusal::of(&SECRET_MANAGED).into());
    }
    let version = asked.add_version(tx, secret, STORED, &order.value, order.overlap)?;
    tx.note(service::leaf("secret.rotate", secret, order.value.origin));
    let ctx = tx.ctx();
    let (id, token) = (HandOverId::new(&ctx.world), Token::generate(TOKEN, ctx.rng()));
    let sealed = wrap(ctx, asked.keys(), id, &token, &order.value.value);
    let (mac, expires_at) = (token.mac(keys.pepper()), order.lifetime.end(ctx.now()));
    store::insert(tx, &store::NewRow { id, secret, version, mac: &mac, sealed: &sealed, expires_at })?;
    directory::enter(tx, CredentialKind::HandOver, &mac, id.bytes())?;
    let handover = store::find(tx, id)?.ok_or_else(not_found)?;
    let details =
        asked.keys().seal_audit(tx.ctx(), json!({ "handover_id": id, "version": version }).to_string().as_bytes());
    Ok(tx.record(act("secret.hand_over", secret).with(details), Issued { handover, token }))
}

/// Takes a hand-over back: its link opens nothing from now on.
pub(super) fn revoke(tx: &mut Tx<'_>, id: HandOverId) -> Result<Recorded<HandOver>, Failure> {
    let known = store::find(tx, id)?.ok_or_else(not_found)?;
    if !store::revoke(tx, id)? {
        return Err(Refusal::of(&HANDOVER_OVER).into());
    }
    let revoked = store::find(tx, id)?.ok_or_else(not_found)?;
    Ok(tx.record(act("secret.hand_over_revoke", known.secret), revoked))
}

/// The hand-over of this id.
pub(super) fn show(tx: &mut Tx<'_>, id: HandOverId) -> Result<HandOver, Failure> {
    Ok(store::find(tx, id)?.ok_or_else(not_found)?)
}

/// That a link was opened a second time, told once: where it was.
pub(super) struct Alarm(pub(super) Ctx);

/// Opens a link: shows its value and destroys what was wrapped, both or neither. Whoever comes second sets off an alarm.
pub(super) async fn open(house: &Store, text: &str, request: RequestId) -> Result<(Opened, Option<Alarm>), Failure> {
    // Whoever pastes the whole link means what stands behind the `#`.
    let text = text.rsplit('#').next().unwrap_or_default().trim();
    let Ok(token) = Token::parse(TOKEN, text) else { return Ok((Opened::Gone, None)) };
    let mac = token.mac(house.keys().pepper());
    let Some(known) = house.credential(CredentialKind::HandOver, mac).await? else { return Ok((Opened::Gone, None)) };
    let (id, keys) = (HandOverId::from_bytes(known.id), house.keys().organisation(known.org.id).await?);
    let ctx = visitor(known.org, house, request);
    match house.write(&ctx, move |tx| opened(tx, &keys, id, &token)).await {
        // Its secret has gone meanwhile.
        Err(Failure::Refused(refusal)) if refusal.code() == &NOT_FOUND => Ok((Opened::Gone, None)),
        Err(failure) => Err(failure),
        Ok((opened, raised)) => Ok((opened, raised.then_some(Alarm(ctx)))),
    }
}

/// Whoever opens a link is nobody known.
fn visitor(org: Org, house: &Store, request: RequestId) -> Ctx {
    Ctx { org, actor: Actor::ANONYMOUS, viewer: Viewer::masked(), request, world: house.world().clone() }
}

/// What comes of it, and whether that raises the alarm.
fn opened(tx: &mut Tx<'_>, keys: &OrgKeys, id: HandOverId, token: &Token) -> Result<Recorded<(Opened, bool)>, Failure> {
    let wrapped = store::wrapped(tx, id)?;
    let Some(known) = store::find(tx, id)? else { return Err(not_found().into()) };
    let leaf = act("secret.handed_over", known.secret);
    if let Some(wrapped) = wrapped
        && store::use_up(tx, id)?
    {
        let value = unwrap(tx.ctx(), keys, id, token, &wrapped)?;
        return Ok(tx.record(leaf, (Opened::Value(value), false)));
    }
    // Anew: whoever was faster may have been so between.
    let known = store::find(tx, id)?.unwrap_or(known);
    match known.state(tx.ctx().now()) {
        State::Opened { at, .. } => {
            // Every try is on record; the alarm is raised once, so that nobody can raise it without end.
            let first = store::mark_again(tx, id)?;
            if first {
                raise(tx, notices::opened_again(&known, at))?;
            }
            Ok(tx.record(leaf.denied("opened_before"), (Opened::Before(at), first)))
        }
        State::Revoked { .. } => Ok(tx.record(leaf.denied("revoked"), (Opened::Gone, false))),
        State::Expired | State::Open => Ok(tx.record(leaf.denied("expired"), (Opened::Gone, false))),
    }
}

pub(super) fn act(action: &'static str, secret: SecretId) -> Leaf {
    Leaf::of(action).on(SecretId::PREFIX, secret.bytes())
}

/// Twice: by what only the link has, and by what only this organisation has. A copy of the database and the link together don't open
/// it, and neither do all keys of this installation without the link.
fn wrap(ctx: &Ctx, keys: &OrgKeys, id: HandOverId, token: &Token, value: &SecretText) -> Vec<u8> {
    let row = id.bytes();
    let place = place(ctx.org, &row);
    let key = token_key(ctx.org, &row, token);
    let inner =
        envelope::seal_committed(&key, KeyId::generate(ctx.rng()), &place, value.expose().as_bytes(), ctx.rng());
    keys.seal(LABEL, &place, &inner, ctx.rng())
}

fn unwrap(ctx: &Ctx, keys: &OrgKeys, id: HandOverId, token: &Token, wrapped: &[u8]) -> Result<SecretText, StoreError> {
    let row = id.bytes();
    let place = place(ctx.org, &row);
    let inner = keys.open(LABEL, &place, wrapped)?;
    let clear = envelope::open(&token_key(ctx.org, &row, token), &place, &inner)?;
    let text = std::str::from_utf8(&clear).map_err(|_| StoreError::Unopenable)?;
    Ok(SecretText::new(text.to_owned()))
}

/// 190 bits of chance, of which the server keeps a hash under another key only.
fn token_key(org: Org, row: &[u8; 16], token: &Token) -> Key {
    let known = Key::from_bytes(sha256(&[token.expose().as_bytes()]));
    known.derive(LABEL, &[&org.id.bytes(), org.environment.as_str().as_bytes(), row])
}

pub(super) fn place(org: Org, row: &[u8; 16]) -> Place<'_> {
    Place { org: org.id.bytes(), environment: Some(org.environment), table: LABEL, column: "sealed", row, owner: None }
}
