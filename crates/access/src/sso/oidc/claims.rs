//! What a provider says of somebody, and whether that is so (OpenID Connect Core §3.1.3.7).

use sealpost_seal::SecretText;
use sealpost_seal::jws::{Algorithm, Verified, object};
use sealpost_seal::normal::Email;
use sealpost_store::Time;
use serde_json::{Map, Value};

use super::reason::Reason;
use super::settings::{Preset, Settings};
use crate::members::MemberName;

/// How far apart clocks may be, in seconds.
const SKEW: i64 = 60;
/// The longest subject (OpenID Connect Core §2).
const MAX_SUBJECT: usize = 255;
/// The most groups that are read, and the longest name of one.
const MAX_GROUPS: usize = 500;
const MAX_GROUP: usize = 256;

/// What a token has to answer to.
pub(super) struct Expected<'a> {
    pub(super) settings: &'a Settings,
    pub(super) nonce: &'a str,
    pub(super) begun_at: Time,
    pub(super) now: Time,
}

/// Somebody, as their provider says it.
pub(super) struct Said {
    pub(super) subject: String,
    pub(super) name: Option<MemberName>,
    pub(super) groups: Vec<String>,
    pub(super) address: Address,
}

/// What is said of somebody's address.
pub(super) enum Address {
    /// It is theirs: the provider has verified it, and may.
    Verified(Email),
    /// It isn't verified, or the provider isn't the one to say so.
    Unverified,
    /// Nothing.
    Unsaid,
}

/// Judges what a token says whose signature holds.
pub(super) fn judge(
    expected: &Expected<'_>,
    verified: &Verified,
    access_token: Option<&SecretText>,
) -> Result<Said, Reason> {
    if verified.kind.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
        return Err(Reason::TokenKind);
    }
    let claims = object(&verified.payload).ok_or(Reason::ClaimsMalformed)?;
    let settings = expected.settings;
    if text(&claims, "iss")? != Some(&*settings.issuer()) {
        return Err(Reason::Issuer);
    }
    is_for(&claims, &settings.client_id)?;
    is_current(&claims, expected)?;
    if text(&claims, "nonce")? != Some(expected.nonce) {
        return Err(Reason::Nonce);
    }
    belongs(&claims, verified.algorithm, access_token)?;
    let subject = text(&claims, "sub")?.filter(|subject| is_subject(subject)).ok_or(Reason::Subject)?.to_owned();
    is_of(&claims, settings)?;
    Ok(Said { subject, name: name(&claims), groups: groups(&claims, settings)?, address: address(&claims, settings)? })
}

/// What `userinfo` adds of an address, if it is about the same person (§5.3.2).
pub(super) fn address_told(body: &[u8], subject: &str, settings: &Settings) -> Result<Address, Reason> {
    let claims = object(body).ok_or(Reason::AnswerUnusable)?;
    if claims.get("sub").and_then(Value::as_str) != Some(subject) {
        return Err(Reason::UserInfoSubject);
    }
    address(&claims, settings)
}

/// A text, or nothing; anything else isn't what a provider makes.
fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Result<Option<&'c str>, Reason> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Reason::ClaimsMalformed),
    }
}

/// Seconds since 1970 (RFC 7519 §2, NumericDate), of which a fraction doesn't matter.
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, Reason> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
    whole.filter(|seconds| (0..1 << 40).contains(seconds)).map(Some).ok_or(Reason::ClaimsMalformed)
}

/// For this client, and if for others as well, then given to this one.
fn is_for(claims: &Map<String, Value>, client_id: &str) -> Result<(), Reason> {
    let several = match claims.get("aud") {
        Some(Value::String(one)) if one == client_id => false,
        Some(Value::Array(all)) if all.iter().any(|one| one == client_id) => all.len() > 1,
        _ => return Err(Reason::Audience),
    };
    match text(claims, "azp")? {
        Some(party) if party == client_id => Ok(()),
        None if !several => Ok(()),
        _ => Err(Reason::AuthorizedParty),
    }
}

fn is_current(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Reason> {
    let (now, begun) = (expected.now.unix_seconds(), expected.begun_at.unix_seconds());
    let (expires, issued) = (seconds(claims, "exp")?, seconds(claims, "iat")?);
    let (expires, issued) = expires.zip(issued).ok_or(Reason::ClaimsMalformed)?;
    if now >= expires + SKEW {
        return Err(Reason::Expired);
    }
    if issued > now + SKEW {
        return Err(Reason::IssuedInFuture);
    }
    if issued < begun - SKEW {
        return Err(Reason::IssuedBefore);
    }
    if seconds(claims, "nbf")?.is_some_and(|from| from > now + SKEW) {
        return Err(Reason::NotYetValid);
    }
    let Some(minutes) = expected.settings.max_age_minutes else { return Ok(()) };
    let since = now - seconds(claims, "auth_time")?.ok_or(Reason::AuthenticatedLongAgo)?;
    let recent = (-SKEW..=i64::from(minutes) * 60 + SKEW).contains(&since);
    if recent { Ok(()) } else { Err(Reason::AuthenticatedLongAgo) }
}

/// The access token that came along is this sign-in's, if the provider says which that is.
fn belongs(claims: &Map<String, Value>, algorithm: Algorithm, token: Option<&SecretText>) -> Result<(), Reason> {
    let Some(hash) = text(claims, "at_hash")? else { return Ok(()) };
    let token = token.ok_or(Reason::AccessToken)?;
    if algorithm.half_hash(token.expose()) == hash { Ok(()) } else { Err(Reason::AccessToken) }
}

fn is_subject(subject: &str) -> bool {
    (1..=MAX_SUBJECT).contains(&subject.len()) && subject.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Of the organisation at a provider that many share.
fn is_of(claims: &Map<String, Value>, settings: &Settings) -> Result<(), Reason> {
    match &settings.preset {
        Preset::Microsoft { tenant } if text(claims, "tid")? != Some(tenant) => Err(Reason::Tenant),
        Preset::Google if !settings.domains.is_empty() => match text(claims, "hd")? {
            Some(domain) if settings.has_domain(domain) => Ok(()),
            _ => Err(Reason::Domain),
        },
        _ => Ok(()),
    }
}

fn name(claims: &Map<String, Value>) -> Option<MemberName> {
    let name = claims.get("name").and_then(Value::as_str)?;
    MemberName::parse(name.trim().to_owned()).ok()
}

/// The groups somebody is in. A provider that leaves some out (Microsoft does, with more than 200) would change what they may.
fn groups(claims: &Map<String, Value>, settings: &Settings) -> Result<Vec<String>, Reason> {
    let Some(claim) = settings.groups_claim.as_deref() else { return Ok(Vec::new()) };
    let elsewhere = claims.get("_claim_names").is_some_and(|names| names.get(claim).is_some());
    if elsewhere || claims.get("hasgroups") == Some(&Value::Bool(true)) {
        return Err(Reason::GroupsIncomplete);
    }
    let all = match claims.get(claim) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) if all.len() <= MAX_GROUPS => {
            let names = all.iter().map(|one| one.as_str().map(str::to_owned));
            names.collect::<Option<Vec<_>>>().ok_or(Reason::GroupsMalformed)?
        }
        Some(_) => return Err(Reason::GroupsMalformed),
    };
    if all.iter().all(|one| one.len() <= MAX_GROUP) { Ok(all) } else { Err(Reason::GroupsMalformed) }
}

/// The address, and whether this provider is believed that it is theirs. Each preset has its own truth: see
/// `docs/decisions/0020-openid-connect.md`.
fn address(claims: &Map<String, Value>, settings: &Settings) -> Result<Address, Reason> {
    let Some(text) = text(claims, "email")? else { return Ok(Address::Unsaid) };
    let Ok(email) = Email::parse(text) else { return Ok(Address::Unverified) };
    let is_true = |name: &str| claims.get(name) == Some(&Value::Bool(true));
    let domain = email.domain();
    let ours = settings.has_domain(&domain);
    let verified = match &settings.preset {
        // Google hosts the mailbox, or the whole domain: of other addresses it only knows that somebody once had them.
        Preset::Google => is_true("email_verified") && (domain == "gmail.com" || claims.contains_key("hd")),
        // Microsoft says nothing of addresses. Whoever runs the tenant writes them; the organisation says for which domains that counts.
        Preset::Microsoft { .. } => ours || owner_verified(claims),
        Preset::Any { .. } => is_true("email_verified"),
    };
    let elsewhere = matches!(settings.preset, Preset::Any { .. } | Preset::Microsoft { .. })
        && !settings.domains.is_empty()
        && !ours;
    if elsewhere {
        return Err(Reason::Domain);
    }
    Ok(if verified { Address::Verified(email) } else { Address::Unverified })
}

/// Microsoft's optional claim `xms_edov`: the domain of the address is verified to be the tenant's. It comes in three spellings.
fn owner_verified(claims: &Map<String, Value>) -> bool {
    match claims.get("xms_edov") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => text == "1" || text == "true",
        _ => false,
    }
}
