//! Use cases of sessions.

use sealpost_seal::token::{Token, TokenKind};
use sealpost_store::{
    Change, CredentialKind, Keys, Leaf, MemberId, PasskeyId, Recorded, SessionId, SsoConnectionId, StoreError, Tx,
    directory,
};
use sealpost_web::Failure;

use super::model::{Ended, Opened, Opening, SessionRow};
use super::store::Standing;
use super::{CHANGED, notices, rules, store};
use crate::notices::raise;
use crate::{roles, sso};

/// Begins a session for a member who has proved who they are, whatever the proof. The caller has made sure of that, and that they may
/// sign in. Refused where the organisation wants another proof.
pub fn open(tx: &mut Tx<'_>, keys: &Keys, opening: &Opening) -> Result<Recorded<Opened>, Failure> {
    let token = Token::generate(TokenKind::SESSION, tx.ctx().rng());
    open_with(tx, keys, opening, token)
}

/// The same with a token that was made already.
pub(crate) fn open_with(
    tx: &mut Tx<'_>,
    keys: &Keys,
    opening: &Opening,
    token: Token,
) -> Result<Recorded<Opened>, Failure> {
    sso::expect(tx, opening.member, opening.method)?;
    let id = SessionId::new(&tx.ctx().world);
    if store::is_familiar(tx, opening)? == Some(false) {
        raise(tx, notices::new_device(opening, id))?;
    }
    if opening.method.is_recovery() {
        raise(tx, notices::recovered(opening, id))?;
    }
    let mac = token.mac(keys.pepper());
    store::insert(tx, id, &mac, opening)?;
    directory::enter(tx, CredentialKind::Session, &mac, id.bytes())?;
    let leaf = Leaf::of("session.create").on(SessionId::PREFIX, id.bytes()).because(opening.method.word());
    Ok(tx.record(leaf, Opened { id, token }))
}

/// Ends a session: the next request with it is refused. Ending one that has been ended is fine, and recorded again.
pub fn end(tx: &mut Tx<'_>, id: SessionId, by: Ended) -> Result<Recorded<()>, StoreError> {
    store::end(tx, id, by)?;
    tell(tx);
    Ok(tx.record(Leaf::of("session.revoke").on(SessionId::PREFIX, id.bytes()).because(by.word()), ()))
}

/// A session's member has proved that it is them: with a passkey they have, or by registering this one, which a session that no passkey
/// began counts as begun by.
pub(crate) fn prove(tx: &mut Tx<'_>, id: SessionId, passkey: Option<PasskeyId>) -> Result<(), StoreError> {
    store::prove(tx, id, passkey)?;
    tell(tx);
    Ok(())
}

/// Ends the sessions that a passkey began, as a consequence of its removal.
pub(crate) fn end_all_by(tx: &mut Tx<'_>, member: MemberId, passkey: PasskeyId, by: Ended) -> Result<(), StoreError> {
    store::end_all_by(tx, member, passkey, by)?;
    tell(tx);
    Ok(())
}

/// Ends all sessions of a member, as a consequence of what is done to them.
pub(crate) fn end_all_of(tx: &mut Tx<'_>, member: MemberId, by: Ended) -> Result<(), StoreError> {
    store::end_all_of(tx, member, by)?;
    tell(tx);
    Ok(())
}

/// Ends the sessions that began by a connection, as a consequence of what is done to it.
pub(crate) fn end_all_of_connection(tx: &mut Tx<'_>, id: SsoConnectionId, by: Ended) -> Result<(), StoreError> {
    store::end_all_of_connection(tx, id, by)?;
    tell(tx);
    Ok(())
}

/// Ends the sessions that began by no connection, but those of owners: members have to come by one from now on.
pub(crate) fn end_all_without_sso(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    store::end_all_without_sso(tx, Ended::SsoRequired)?;
    tell(tx);
    Ok(())
}

/// A session that is good.
pub fn find(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
    let found = store::with_member(tx, id)?;
    alive(tx, found)
}

/// Up to `limit` good sessions older than `before`, newest first: one member's, or everybody's.
pub fn list(
    tx: &mut Tx<'_>,
    member: Option<MemberId>,
    before: Option<SessionId>,
    limit: u32,
) -> Result<Vec<SessionRow>, StoreError> {
    let (mut before, mut all) = (before.unwrap_or(SessionId::from_bytes([0xff; 16])), Vec::new());
    // Those that ended by themselves are in between.
    loop {
        let rows = store::page(tx, member, before, limit)?;
        let Some((last, _, _)) = rows.last() else { return Ok(all) };
        before = last.id;
        for found in rows {
            all.extend(alive(tx, Some(found))?);
            if all.len() >= limit as usize {
                return Ok(all);
            }
        }
    }
}

fn alive(tx: &mut Tx<'_>, found: Option<Standing>) -> Result<Option<SessionRow>, StoreError> {
    let Some((session, role, state)) = found else { return Ok(None) };
    let Some(role) = roles::find(tx, role)? else { return Ok(None) };
    let alive = rules::is_alive(&session, session.seen_at, state, role.limits, tx.ctx().now());
    Ok(alive.then_some(session))
}

/// Tells every node that what it remembers of sessions is outdated.
pub(crate) fn tell(tx: &mut Tx<'_>) {
    let org = tx.ctx().org;
    tx.publish(Change::new(CHANGED, org, org.id.bytes()));
}
