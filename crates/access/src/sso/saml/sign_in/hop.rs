//! `POST /sign-in/saml/{connection}/acs`: from the provider's page to one of ours.

use sealpost_store::SsoConnectionId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Endpoint, Failure, Refusal, Reply, post};
use serde_json::json;

use super::{HTML, LONGEST_FORM, LONGEST_RESPONSE, Posted, assets, astray, located};
use crate::sso::Sso;
use crate::sso::codes::SAML_UNSOLICITED;
use crate::sso::saml::parties;

/// As long as what a request of ours carries, and longer.
const LONGEST_STATE: usize = 64;

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/sign-in/saml/{connection}/acs")
        .open_to_all("a provider’s page sends the visitor here, without any cookie of ours")
        .changes_nothing("a page of ours sends it on, and there it is judged")
        .body_limit(LONGEST_FORM)
        .summary("Take a SAML response to our own page")
        .describe("The assertion consumer service. Answers a page whose form sends the response on by itself.")
        .takes_form::<Posted>()
        .example(json!({ "SAMLResponse": "PHNhbWxwOlJlc3BvbnNlLz4=", "RelayState": "AAAA" }))
        .answers_with(200, HTML)
        .refuses(&[&SAML_UNSOLICITED])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Posted>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    located(&sso, id).await?;
    // Lines may be broken anywhere in base64; on the page they aren't.
    let response: String = call.body.response.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if response.len() > LONGEST_RESPONSE || !response.bytes().all(is_base64) {
        return Err(Refusal::of(&BODY_INVALID).at("/SAMLResponse", "not_base64").into());
    }
    match call.body.relay_state.as_deref() {
        Some(state) if is_ours(state) => Ok(assets::hand_on(&parties::path(id), &response, state)),
        _ => astray::unsolicited(&call, id),
    }
}

/// Nothing of it means anything in HTML.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Whether it could be what a request of ours carried. Providers that begin themselves send nothing, or an address.
fn is_ours(state: &str) -> bool {
    (1..=LONGEST_STATE).contains(&state.len())
        && state.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
