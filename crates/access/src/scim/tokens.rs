//! Use cases of tokens.

use sealpost_seal::token::{Token, TokenKind};
use sealpost_store::{CredentialKind, Keys, Leaf, Recorded, ScimTokenId, StoreError, Tx, directory};
use sealpost_web::{Failure, Refusal, not_found};

use super::codes::SCIM_TOKENS_FULL;
use super::model::{MOST_TOKENS, ScimToken, TokenName};
use super::store;
use crate::members;
use crate::roles::{self, Role};

/// Characters by which people tell tokens apart: they are checksum.
const SHOWN: usize = 4;

/// A token that was just made, and its text: shown this once.
pub struct Issued {
    /// What is kept of it.
    pub token: ScimToken,
    /// What the directory presents.
    pub plain: Token,
}

/// Makes a token. Through it nobody may do to members what whoever makes it may not.
pub fn create(tx: &mut Tx<'_>, keys: &Keys, name: &TokenName) -> Result<Recorded<Issued>, Failure> {
    let (acting, ctx) = (members::acting(tx)?, tx.ctx());
    if store::count_good_tokens(tx)? >= MOST_TOKENS {
        return Err(Refusal::of(&SCIM_TOKENS_FULL).into());
    }
    let plain = Token::generate(TokenKind::SCIM, ctx.rng());
    let mac = plain.mac(keys.pepper());
    let last4 = plain.expose().get(plain.expose().len().saturating_sub(SHOWN)..).unwrap_or_default().to_owned();
    let token = ScimToken {
        id: ScimTokenId::new(&ctx.world),
        name: name.as_str().to_owned(),
        last4,
        role: acting.role.reference,
        created_at: ctx.now(),
        last_used_at: None,
        revoked_at: None,
    };
    store::insert_token(tx, &token, &mac)?;
    directory::enter(tx, CredentialKind::ScimToken, &mac, token.id.bytes())?;
    let leaf = Leaf::of("scim_token.create").on(ScimTokenId::PREFIX, token.id.bytes());
    Ok(tx.record(leaf, Issued { token, plain }))
}

/// Ends a token: the next request with it is refused. Ending one that has been ended is fine, and recorded again.
pub fn revoke(tx: &mut Tx<'_>, id: ScimTokenId) -> Result<Recorded<()>, Failure> {
    store::token(tx, id)?.ok_or_else(not_found)?;
    store::revoke_token(tx, id)?;
    Ok(tx.record(Leaf::of("scim_token.revoke").on(ScimTokenId::PREFIX, id.bytes()), ()))
}

/// What may be done to members through a token; nothing through one that was revoked.
pub(crate) fn role(tx: &mut Tx<'_>, id: ScimTokenId) -> Result<Option<Role>, StoreError> {
    match store::token(tx, id)?.filter(|token| token.revoked_at.is_none()) {
        Some(token) => roles::find(tx, token.role),
        None => Ok(None),
    }
}
