//! What a provider says about itself (OpenID Connect Discovery 1.0, RFC 8414).

use sealpost_egress::guard::Policy;
use sealpost_egress::target::Target;
use sealpost_seal::jws::{Algorithm, object};
use serde_json::{Map, Value};

use super::reason::Reason;

/// Where and how a provider is asked.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// Where visitors are sent.
    pub(super) authorization: Target,
    /// Where codes are redeemed.
    pub(super) token: Target,
    /// Where its keys are.
    pub(super) keys: Target,
    /// Where it tells more about a person.
    pub(super) userinfo: Option<Target>,
    /// What it signs by, as far as we believe it.
    pub(super) algorithms: Vec<Algorithm>,
    /// How a client shows its secret there.
    pub(super) showing: Showing,
    /// Whether its answers say whose they are (RFC 9207).
    pub(super) says_issuer: bool,
    /// Whether it knows a scope that is called `groups`.
    pub(super) has_groups: bool,
}

/// How a client shows its secret (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Showing {
    /// In a header.
    Basic,
    /// In the body.
    Post,
}

/// Where the document of an issuer is.
pub(super) fn location(issuer: &str, policy: &Policy) -> Result<Target, Reason> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    secure(&url, policy).ok_or(Reason::DiscoveryUnusable)
}

/// Reads the document of `issuer`. It has to be exactly that issuer's: nobody speaks for another.
pub(super) fn read(bytes: &[u8], issuer: &str, policy: &Policy) -> Result<Document, Reason> {
    let document = object(bytes).ok_or(Reason::AnswerUnusable)?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(Reason::DiscoveryIssuer);
    }
    let place = |name: &str| document.get(name).map(|url| url.as_str().and_then(|url| secure(url, policy)));
    let needed = |name: &str| place(name).flatten().ok_or(Reason::DiscoveryUnusable);
    let fits = allows(&document, "response_types_supported", "code")
        && allows(&document, "response_modes_supported", "query")
        && allows(&document, "code_challenge_methods_supported", "S256");
    let algorithms: Vec<Algorithm> = match list(&document, "id_token_signing_alg_values_supported")? {
        Some(names) => {
            Algorithm::ALL.into_iter().filter(|one| names.iter().any(|name| named(name) == Some(*one))).collect()
        }
        None => Algorithm::ALL.to_vec(),
    };
    if !fits || algorithms.is_empty() {
        return Err(Reason::DiscoveryUnusable);
    }
    Ok(Document {
        authorization: needed("authorization_endpoint")?,
        token: needed("token_endpoint")?,
        keys: needed("jwks_uri")?,
        userinfo: match place("userinfo_endpoint") {
            None => None,
            Some(place) => Some(place.ok_or(Reason::DiscoveryUnusable)?),
        },
        algorithms,
        showing: showing(list(&document, "token_endpoint_auth_methods_supported")?.as_deref())?,
        says_issuer: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        has_groups: list(&document, "scopes_supported")?.is_some_and(|all| all.contains(&"groups")),
    })
}

fn named(name: &str) -> Option<Algorithm> {
    Algorithm::named(name)
}

/// A URL that is called over TLS, or none.
pub(super) fn secure(url: &str, policy: &Policy) -> Option<Target> {
    Target::parse(url, policy).ok().filter(|target| target.origin().starts_with("https://"))
}

/// Whether a list has this value. What isn't said isn't denied: some providers leave lists out.
fn allows(document: &Map<String, Value>, name: &str, value: &str) -> bool {
    matches!(list(document, name), Ok(None)) || matches!(list(document, name), Ok(Some(all)) if all.contains(&value))
}

fn list<'d>(document: &'d Map<String, Value>, name: &str) -> Result<Option<Vec<&'d str>>, Reason> {
    let Some(value) = document.get(name) else { return Ok(None) };
    let all = value.as_array().ok_or(Reason::DiscoveryUnusable)?;
    all.iter().map(|one| one.as_str().ok_or(Reason::DiscoveryUnusable)).collect::<Result<_, _>>().map(Some)
}

/// In a header where that is taken: a body ends in logs more easily.
fn showing(methods: Option<&[&str]>) -> Result<Showing, Reason> {
    match methods {
        None => Ok(Showing::Basic),
        Some(methods) if methods.contains(&"client_secret_basic") => Ok(Showing::Basic),
        Some(methods) if methods.contains(&"client_secret_post") => Ok(Showing::Post),
        // A client without a secret shows none.
        Some(methods) if methods.contains(&"none") => Ok(Showing::Post),
        Some(_) => Err(Reason::DiscoveryUnusable),
    }
}
