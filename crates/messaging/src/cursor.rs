//! Where a list that is ordered by id goes on.

use sealpost_web::problem::CURSOR_INVALID;
use sealpost_web::{Listing, Refusal};

/// The id a cursor points at: the list goes on behind it.
pub(crate) fn behind<I>(
    listing: &Listing<'_>,
    cursor: Option<&str>,
    id: fn([u8; 16]) -> I,
) -> Result<Option<I>, Refusal> {
    let Some(position) = listing.position(cursor)? else { return Ok(None) };
    let bytes = position.try_into().map_err(|_| Refusal::of(&CURSOR_INVALID))?;
    Ok(Some(id(bytes)))
}
