//! Use cases of sessions.

use sealpost_seal::token::{Token, TokenKind};
use sealpost_store::{Change, CredentialKind, Keys, Leaf, Recorded, SessionId, StoreError, Tx, directory};

use super::model::{Ended, Opened, Opening};
use super::{CHANGED, store};

/// Begins a session for a member who has proved who they are. The caller has made sure of that, and that they may sign in.
pub fn open(tx: &mut Tx<'_>, keys: &Keys, opening: &Opening) -> Result<Recorded<Opened>, StoreError> {
    let ctx = tx.ctx();
    let (id, token) = (SessionId::new(&ctx.world), Token::generate(TokenKind::SESSION, ctx.rng()));
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

/// Tells every node that what it remembers of sessions is outdated.
pub(crate) fn tell(tx: &mut Tx<'_>) {
    let org = tx.ctx().org;
    tx.publish(Change::new(CHANGED, org, org.id.bytes()));
}
