//! `GET /sign-in/oidc/{connection}/callback`, and the way there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, HeaderValue};
use schemars::JsonSchema;
use sealpost_seal::jws;
use sealpost_seal::key::sha256;
use sealpost_store::{Org, SsoConnectionId, StoreError};
use sealpost_web::{Call, Endpoint, Failure, Refusal, Reply, get, not_found};
use serde::Deserialize;

use super::claims::{self, Address, Expected, Said};
use super::exchange::{self, Redeeming, Tokens};
use super::provider::{Asking, Known};
use super::reason::Reason;
use super::settings::{Preset, Settings};
use crate::sessions::Agent;
use crate::sso::codes::{SSO_REFUSED, SSO_UNAVAILABLE};
use crate::sso::{Browser, Connection, Kind, Pending, Spent, Sso, Vouched, arrive, refuse, service};

/// The longest code that is redeemed.
const MAX_CODE: usize = 3072;
/// How long what is spent could come back: as long as a pending sign-in can be resumed.
const SPENT_MS: i64 = 11 * 60_000;

/// Where the provider sends visitors back to: an address of each connection's own, so that no answer is taken for another provider's.
pub(super) fn redirect_uri(public_url: &str, connection: SsoConnectionId) -> String {
    format!("{public_url}/sign-in/oidc/{connection}/callback")
}

/// What goes wrong: a decision about the provider, or a fault of ours.
enum Stopped {
    By(Reason),
    Failed(Failure),
}

impl From<Reason> for Stopped {
    fn from(reason: Reason) -> Self {
        Self::By(reason)
    }
}

impl From<jws::Refused> for Stopped {
    fn from(refused: jws::Refused) -> Self {
        Self::By(refused.into())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Sends a visitor to the service.
pub(in crate::sso) async fn begin(
    sso: &Sso,
    org: Org,
    connection: &Connection,
    pending: &Pending,
) -> Result<Reply, Failure> {
    match leave(sso, org, connection, pending).await {
        Ok(url) => Ok(Reply::see_other(&url)),
        Err(stopped) => Err(answer(sso, org, connection, stopped).await),
    }
}

async fn leave(sso: &Sso, org: Org, connection: &Connection, pending: &Pending) -> Result<String, Stopped> {
    let settings = Settings::stored(&connection.settings)?;
    let known = asking(sso, org).provider(&settings.issuer()).await?;
    let document = &known.document;
    let redirect_uri = redirect_uri(&sso.public_url, connection.id);
    let challenge = URL_SAFE_NO_PAD.encode(sha256(&[verifier(pending).as_bytes()]));
    let groups = settings.groups_claim.is_some() && document.has_groups;
    let (nonce, max_age) = (nonce(pending), settings.max_age_minutes.map(|minutes| (minutes * 60).to_string()));
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", &settings.client_id),
        ("redirect_uri", &redirect_uri),
        ("scope", if groups { "openid email profile groups" } else { "openid email profile" }),
        ("state", pending.state()),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    if let Some(seconds) = &max_age {
        fields.push(("max_age", seconds));
    }
    if let (Preset::Google, [domain]) = (&settings.preset, settings.domains.as_slice()) {
        fields.push(("hd", domain));
    }
    let at = document.authorization.target_uri();
    let joint = if document.authorization.query().is_some() { '&' } else { '?' };
    Ok(format!("{at}{joint}{}", exchange::form(&fields)))
}

/// What a provider sends back with the visitor. Providers add what they like to it.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "OidcCallback")]
struct Answer {
    /// What the visitor left with.
    state: Option<String>,
    /// What is redeemed.
    code: Option<String>,
    /// Whose answer it is (RFC 9207).
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

pub(super) fn callback(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/sign-in/oidc/{connection}/callback")
        .open_to_all("whoever signs in has no session yet")
        .acts("session.create")
        .summary("Come back from an OpenID provider")
        .describe(
            "Redeems the code and signs in whomever the provider vouches for, once, in the browser that left for it. \
             `errors[0].code` says why not.",
        )
        .queries::<Answer>()
        // A visitor is told from another only where a page may be shown.
        .answers_with(200, "text/html; charset=utf-8")
        .also_answers(303, "")
        .refuses(&[&SSO_REFUSED, &SSO_UNAVAILABLE])
        .to(move |call| come_back(sso.clone(), call))
}

async fn come_back(sso: Sso, call: Call<(), Answer>) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let located = service::locate(&sso.house, id).await?;
    let (org, connection) = located.filter(|(_, one)| one.kind == Kind::Oidc).ok_or_else(not_found)?;
    let visit = Some(call.csrf_token()).filter(|visit| !visit.is_empty());
    let resumed = call.query.state.as_deref().zip(visit);
    let resumed =
        resumed.and_then(|(state, visit)| Pending::resume(sso.house.keys(), id, visit, state, call.ctx.now()));
    let Some(pending) = resumed else {
        // Anybody can make such an answer up, so it isn't kept for administrators.
        return Err(Refusal::of(&SSO_REFUSED).at("/", Reason::StateUnknown.code()).into());
    };
    match vouched(&sso, org, &connection, &pending, &call.query).await {
        Ok(vouched) => {
            let agent = Agent::of(call.header("user-agent"));
            let browser = Browser { peer: call.peer(), agent, request: call.ctx.request };
            let spent = Spent { what: pending.derive("oidc-spent"), until: pending.begun_at().plus_ms(SPENT_MS) };
            let opened = arrive(&sso, org, &connection, vouched, browser, spent).await?;
            Ok(Reply::see_other(sso.home).begin_session(opened.token.expose()))
        }
        Err(stopped) => Err(answer(&sso, org, &connection, stopped).await),
    }
}

/// What is said to whoever doesn't get in.
async fn answer(sso: &Sso, org: Org, connection: &Connection, stopped: Stopped) -> Failure {
    match stopped {
        Stopped::Failed(failure) => failure,
        Stopped::By(reason) => {
            let refused = refuse(sso, org, connection, reason.code()).await;
            if reason.is_outage() { Refusal::of(&SSO_UNAVAILABLE).at("/", reason.code()).into() } else { refused }
        }
    }
}

/// Whom the provider vouches for by this answer.
async fn vouched(
    sso: &Sso,
    org: Org,
    connection: &Connection,
    pending: &Pending,
    answer: &Answer,
) -> Result<Vouched, Stopped> {
    let settings = Settings::stored(&connection.settings)?;
    let issuer = settings.issuer();
    let asking = asking(sso, org);
    let known = asking.provider(&issuer).await?;
    let code = code(answer, &issuer, known.document.says_issuer)?;
    let keys = sso.house.keys().organisation(org.id).await?;
    let secret = settings.secret(org.id, &keys).map_err(|_| Reason::SecretUnopenable)?;
    let redeeming = Redeeming {
        client_id: &settings.client_id,
        secret: secret.as_ref(),
        code,
        verifier: &verifier(pending),
        redirect_uri: &redirect_uri(&sso.public_url, connection.id),
    };
    let tokens = exchange::redeem(asking, &known.document, &redeeming).await?;
    let verified = verified(asking, &issuer, &known, &tokens).await?;
    let nonce = nonce(pending);
    let expected = Expected { settings: &settings, nonce: &nonce, begun_at: pending.begun_at(), now: asking.now };
    let said = claims::judge(&expected, &verified, tokens.access.as_ref())?;
    let told = more(asking, &settings, &known, &tokens, &said).await?;
    let Said { subject, name, groups, address } = said;
    let email = match told.unwrap_or(address) {
        Address::Verified(email) => Some(email),
        Address::Unverified | Address::Unsaid => None,
    };
    Ok(Vouched { issuer: issuer.into_owned(), subject, email, name, groups })
}

/// The code, if the answer is this provider's.
fn code<'a>(answer: &'a Answer, issuer: &str, says_issuer: bool) -> Result<&'a str, Reason> {
    match answer.iss.as_deref() {
        Some(said) if said != issuer => return Err(Reason::ResponseIssuer),
        None if says_issuer => return Err(Reason::ResponseIssuerMissing),
        _ => {}
    }
    match (answer.code.as_deref(), answer.error.as_deref()) {
        (None, Some("access_denied")) => Err(Reason::DeniedThere),
        (None, Some(_)) => Err(Reason::ErrorThere),
        (Some(code), None) if (1..=MAX_CODE).contains(&code.len()) && code.bytes().all(is_printed) => Ok(code),
        _ => Err(Reason::ResponseMalformed),
    }
}

/// RFC 6749 §A.11.
fn is_printed(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

/// The token, if the provider signed it: with a key that is known, or with one that it has had since.
async fn verified(asking: Asking<'_>, issuer: &str, known: &Known, tokens: &Tokens) -> Result<jws::Verified, Stopped> {
    let algorithms = &known.document.algorithms;
    match jws::verify(&tokens.id, &known.keys, algorithms) {
        Err(jws::Refused::UnknownKey) => match asking.keys_again(issuer).await? {
            Some(known) => Ok(jws::verify(&tokens.id, &known.keys, algorithms)?),
            None => Err(jws::Refused::UnknownKey.into()),
        },
        decided => Ok(decided?),
    }
}

/// What else the provider tells about somebody whose address isn't in the token. Microsoft's directory isn't asked: what it says of
/// addresses proves nothing.
async fn more(
    asking: Asking<'_>,
    settings: &Settings,
    known: &Known,
    tokens: &Tokens,
    said: &Said,
) -> Result<Option<Address>, Stopped> {
    let (Address::Unsaid, Preset::Google | Preset::Any { .. }, Some(at), Some(token)) =
        (&said.address, &settings.preset, &known.document.userinfo, &tokens.access)
    else {
        return Ok(None);
    };
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| Reason::AnswerUnusable)?;
    value.set_sensitive(true);
    let answer = asking.get(at, vec![(AUTHORIZATION, value)]).await?;
    Ok(Some(claims::address_told(&answer.body, &said.subject, settings)?))
}

fn asking(sso: &Sso, org: Org) -> Asking<'_> {
    Asking { client: &sso.client, providers: &sso.providers, org: org.id, now: sso.house.world().clock.now() }
}

fn nonce(pending: &Pending) -> String {
    URL_SAFE_NO_PAD.encode(pending.derive("oidc-nonce"))
}

fn verifier(pending: &Pending) -> String {
    URL_SAFE_NO_PAD.encode(pending.derive("oidc-verifier"))
}
