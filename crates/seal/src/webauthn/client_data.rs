//! What the browser says about a ceremony (§5.8.1).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Refused, RelyingParty};

/// The most bytes of client data: a few short members, and what future browsers add.
const MAX: usize = 8 * 1024;

/// Members beyond these are allowed: "do not compare clientDataJSON against a template".
#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    challenge: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<Cow<'a, str>>,
}

/// The challenge that was answered, for whoever can tell from a challenge whether it is theirs.
pub fn answered(json: &[u8]) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(&*read(json)?.challenge).map_err(|_| Refused::Malformed)
}

fn read(json: &[u8]) -> Result<ClientData<'_>, Refused> {
    // serde would also read an array as the members of a struct.
    if json.len() > MAX || json.first() != Some(&b'{') {
        return Err(Refused::Malformed);
    }
    serde_json::from_slice(json).map_err(|_| Refused::Malformed)
}

/// Checks that a ceremony of this kind was done for this challenge, on a page of ours (§7.1 and §7.2, from `type` to `topOrigin`).
pub(super) fn check(json: &[u8], kind: &str, challenge: &[u8], party: RelyingParty<'_>) -> Result<(), Refused> {
    let data = read(json)?;
    if data.kind != kind {
        return Err(Refused::Type);
    }
    let answered = URL_SAFE_NO_PAD.decode(&*data.challenge).map_err(|_| Refused::Malformed)?;
    if answered != challenge {
        return Err(Refused::Challenge);
    }
    if data.origin != party.origin {
        return Err(Refused::Origin);
    }
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Refused::Framed);
    }
    Ok(())
}
