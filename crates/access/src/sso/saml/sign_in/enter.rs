//! `POST /sign-in/saml/{connection}`: where a response is judged.

use sealpost_saml::{Answers, Expectations, Rejected, Unspent, verify_form};
use sealpost_store::{Org, OrgKeys, SsoConnectionId, Time};
use sealpost_web::{Call, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::begin::{provider, request_id};
use super::{HTML, LONGEST_FORM, Posted, astray, located};
use crate::sessions::Agent;
use crate::sso::codes::{SSO_LAPSED, SSO_REFUSED};
use crate::sso::saml::parties::Addresses;
use crate::sso::saml::settings::{Encryption, Settings};
use crate::sso::saml::{claims, keys};
use crate::sso::{Browser, Connection, Pending, Spent, Sso, Vouched, arrive, refuse};

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/sign-in/saml/{connection}")
        .open_to_all("whoever signs in has no session yet; the response is theirs")
        .own_origin("`RelayState` is this visitor’s, or nobody’s")
        .acts("session.create")
        .body_limit(LONGEST_FORM)
        .summary("Sign in with a SAML response")
        .describe("The browser gets the session’s cookie and is led on. Why a response isn’t believed is kept for administrators.")
        .takes_form::<Posted>()
        .example(json!({ "SAMLResponse": "PHNhbWxwOlJlc3BvbnNlLz4=", "RelayState": "AAAA" }))
        .answers_with(303, "")
        .also_answers(403, HTML)
        .refuses(&[&SSO_LAPSED, &SSO_REFUSED])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Posted>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let (org, connection) = located(&sso, id).await?;
    let (state, now) = (call.body.relay_state.as_deref().unwrap_or_default(), call.ctx.now());
    let Some(pending) = Pending::resume(sso.house.keys(), id, call.csrf_token(), state, now) else {
        return astray::lapsed(&call, id);
    };
    let organisation = sso.house.keys().organisation(org.id).await?;
    let judged = judge(&sso, org, &connection, &organisation, (&pending, now), &call.body.response)?;
    let (vouched, spent) = match judged {
        Ok(judged) => judged,
        Err(code) => return Err(refuse(&sso, org, &connection, code).await),
    };
    let agent = Agent::of(call.header("user-agent"));
    let browser = Browser { peer: call.peer(), agent, request: call.ctx.request };
    let opened = arrive(&sso, org, &connection, vouched, browser, spent).await?;
    Ok(Reply::see_other(sso.home).begin_session(opened.token.expose()))
}

/// Whom a response vouches for, and what of it counts once; or the code of why it isn't believed.
fn judge(
    sso: &Sso,
    org: Org,
    connection: &Connection,
    organisation: &OrgKeys,
    (pending, now): (&Pending, Time),
    response: &str,
) -> Result<Result<(Vouched, Spent), &'static str>, Failure> {
    let settings = Settings::of(connection)?;
    let provider = match provider(&settings, now) {
        Ok(provider) => provider,
        Err(code) => return Ok(Err(code)),
    };
    let decryption = keys::decryption(&settings.keys, org.id, organisation, now)?;
    let us = Addresses::of(&sso.public_url, connection.id).service_provider(decryption);
    let (request, asks) = (request_id(pending), &settings.asks);
    let context: Vec<&str> = asks.authn_context.iter().map(String::as_str).collect();
    let expected = Expectations {
        now_ms: now.unix_ms(),
        service_provider: &us,
        identity_provider: &provider,
        answers: Answers::Request(&request),
        response_signed: asks.response_signed,
        assertion_encrypted: asks.encryption == Encryption::Required,
        authn_context: &context,
        authenticated_since_ms: asks.force_authn.then(|| pending.begun_at().unix_ms()),
    };
    let read = |unspent: Unspent| {
        let spent = spent(&unspent, connection.id, organisation);
        // Read here, and believed only if `arrive` finds it unspent, in the transaction that begins the session.
        let accepted = unspent.spend(true).map_err(Rejected::code)?;
        Ok((claims::vouched(&accepted, asks)?, spent))
    };
    Ok(verify_form(response, &expected).map_err(Rejected::code).and_then(read))
}

/// What an assertion is remembered by: two providers may use the same ID.
fn spent(unspent: &Unspent, connection: SsoConnectionId, organisation: &OrgKeys) -> Spent {
    let issuer = unspent.issuer();
    let length = (issuer.len() as u32).to_be_bytes();
    let parts = [&connection.bytes()[..], &length, issuer.as_bytes(), unspent.assertion_id().as_bytes()];
    let what = organisation.purpose("saml_assertion").mac(&parts);
    Spent { what, until: Time::from_unix_ms(unspent.remember_until_ms()) }
}
