//! How a credential is presented: in exactly one header, or in the one cookie; never in the URL.

use http::HeaderMap;
use sealpost_store::Environment;

use crate::browser::{SESSION_COOKIE, cookie};
use crate::problem::{CREDENTIAL_AMBIGUOUS, CREDENTIAL_IN_URL, CREDENTIAL_INVALID, Refusal};

/// The header a credential came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `Authorization: Bearer …`
    Bearer,
    /// `X-API-Key: …`
    ApiKey,
    /// `X-Publishable-Key: …`
    PublishableKey,
    /// The session's cookie.
    Session,
}

/// A credential as it arrived, not believed yet. Has no `Debug`: its text is secret.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// In which header.
    pub via: Via,
    /// Its text.
    pub text: &'a str,
    /// For which environment the request is. A key belongs to one; a session takes it from here.
    pub environment: Environment,
}

/// The one credential in the headers, if there is any.
pub(crate) fn presented(headers: &HeaderMap, environment: Environment) -> Result<Option<Presented<'_>>, Refusal> {
    let mut found = None;
    for (name, via) in
        [("authorization", Via::Bearer), ("x-api-key", Via::ApiKey), ("x-publishable-key", Via::PublishableKey)]
    {
        for value in headers.get_all(name) {
            if found.is_some() {
                return Err(Refusal::of(&CREDENTIAL_AMBIGUOUS));
            }
            let text = value.to_str().map_err(|_| &CREDENTIAL_INVALID)?.trim();
            let text = if via == Via::Bearer { bearer(text).ok_or(&CREDENTIAL_INVALID)? } else { text };
            found = Some(Presented { via, text, environment });
        }
    }
    match cookie(headers, SESSION_COOKIE)? {
        Some(_) if found.is_some() => Err(Refusal::of(&CREDENTIAL_AMBIGUOUS)),
        Some(text) => Ok(Some(Presented { via: Via::Session, text, environment })),
        None => Ok(found),
    }
}

/// RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1).
fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// Whether a web page made this request.
pub(crate) fn from_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

const SECRET_PARAMETERS: &[&str] = &[
    "key",
    "api_key",
    "apikey",
    "api-key",
    "x-api-key",
    "token",
    "access_token",
    "auth",
    "authorization",
    "bearer",
    "secret",
    "password",
    "publishable_key",
    "client_secret",
];
const SECRET_PREFIXES: &[&str] = &["sk_", "pk_", "rk_", "sealpost_"];

/// Refuses a query that holds a credential, by its name or by its looks: URLs end up in logs, histories and referrers.
pub(crate) fn none_in(query: &str) -> Result<(), Refusal> {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let secret = SECRET_PARAMETERS.iter().any(|parameter| name.eq_ignore_ascii_case(parameter))
            || SECRET_PREFIXES.iter().any(|prefix| value.starts_with(prefix));
        if secret {
            return Err(Refusal::of(&CREDENTIAL_IN_URL)
                .detail("It has been seen by every proxy and log on the way: revoke it."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_credential_comes_in_exactly_one_header() {
        for (name, value, via) in [
            ("authorization", "bEARER  sk_x", Via::Bearer),
            ("x-api-key", "sk_x", Via::ApiKey),
            ("x-publishable-key", "sk_x", Via::PublishableKey),
            ("cookie", "a=b; __Host-sealpost_session=sk_x", Via::Session),
        ] {
            let map = headers(&[(name, value)]);
            let found = presented(&map, Environment::Test).unwrap().unwrap();
            assert_eq!((found.via, found.text), (via, "sk_x"));
        }
        assert!(presented(&headers(&[]), Environment::Test).unwrap().is_none());
        for twice in [
            [("authorization", "Bearer a"), ("x-api-key", "a")],
            [("x-api-key", "a"), ("x-api-key", "a")],
            [("authorization", "Bearer a"), ("cookie", "__Host-sealpost_session=a")],
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in twice {
                map.append(name, HeaderValue::from_static(value));
            }
            assert_eq!(presented(&map, Environment::Test).err().unwrap().code(), &CREDENTIAL_AMBIGUOUS);
        }
        assert_eq!(
            presented(&headers(&[("authorization", "Basic YTpi")]), Environment::Test).err().unwrap().code(),
            &CREDENTIAL_INVALID
        );
    }

    #[test]
    fn a_credential_in_the_url_is_refused_by_name_and_by_looks() {
        for query in ["api_key=1", "limit=1&TOKEN=x", "x=sk_live_abc", "x=pk_test_a", "key"] {
            assert!(none_in(query).is_err(), "{query}");
        }
        for query in ["limit=1&cursor=abc", "", "state=failed&phone=%2B47", "task=1"] {
            assert!(none_in(query).is_ok(), "{query}");
        }
    }
}
