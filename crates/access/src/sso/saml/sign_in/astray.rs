//! A browser that brings a response nobody here waits for.

use sealpost_store::SsoConnectionId;
use sealpost_web::{Call, Code, Failure, Refusal, Reply};

use super::Posted;
use super::assets;
use crate::sso::codes::{SAML_UNSOLICITED, SSO_LAPSED};

/// The provider began, and so nobody knows who wanted this: somebody could have been made to sign in as somebody else.
pub(super) fn unsolicited(call: &Call<Posted>, connection: SsoConnectionId) -> Result<Reply, Failure> {
    let says = "Your organisation’s portal sent you here by itself. For your safety we only take an answer we asked for: one more \
                step and you are in.";
    refuse(call, &SAML_UNSOLICITED, says, connection)
}

/// It began in another browser, or too long ago.
pub(super) fn lapsed(call: &Call<Posted>, connection: SsoConnectionId) -> Result<Reply, Failure> {
    let says = "You can take ten minutes for it, in one browser that keeps our cookie. Start anew.";
    refuse(call, &SSO_LAPSED, says, connection)
}

fn refuse(
    call: &Call<Posted>,
    code: &'static Code,
    says: &'static str,
    connection: SsoConnectionId,
) -> Result<Reply, Failure> {
    let reads_pages = call.header("accept").is_some_and(|accepted| accepted.contains("text/html"));
    if reads_pages { Ok(assets::astray(code, says, connection)) } else { Err(Refusal::of(code).detail(says).into()) }
}
