//! Cookies, all of them `__Host-`.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sealpost_store::RequestId;

use crate::problem::{CREDENTIAL_AMBIGUOUS, Refusal};

/// The cookie that holds a member's session. `__Host-` makes a browser refuse it from anything but this host over TLS
/// (RFC 6265bis §4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-sealpost_session";
/// The cookie that tells one visitor who hasn't signed in from another, so that nobody can sign somebody else in.
pub(crate) const VISIT_COOKIE: &str = "__Host-sealpost_visit";
/// The cookie that carries what was just done to the page that says so.
pub(crate) const DONE_COOKIE: &str = "__Host-sealpost_done";
/// The cookie that says whether pages are light or dark.
pub(crate) const THEME_COOKIE: &str = "__Host-sealpost_theme";
/// How long what was done may wait to be said.
const DONE_SECONDS: u32 = 60;
/// How long a browser remembers how pages look.
const THEME_SECONDS: u32 = 31_536_000;
/// How long a visit lasts: as long as a person may take to sign in.
const VISIT_SECONDS: u32 = 3600;

/// The value of the cookie of this name. Two of one name are refused: one of them isn't ours.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Refusal> {
    let mut found = None;
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    for (_, value) in lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(one, _)| *one == name)
    {
        if found.replace(value).is_some() {
            return Err(Refusal::of(&CREDENTIAL_AMBIGUOUS));
        }
    }
    Ok(found.filter(|value| !value.is_empty()))
}

/// Begins a session in the browser, until it closes or the server ends it.
pub(crate) fn session(token: &str) -> HeaderValue {
    let mut value = made(SESSION_COOKIE, token, None);
    value.set_sensitive(true);
    value
}

/// Remembers a visitor.
pub(crate) fn visit(name: &str) -> HeaderValue {
    made(VISIT_COOKIE, name, Some(VISIT_SECONDS))
}

/// Remembers, until the next page, what a request did. Holds no more than an action and an id.
pub(crate) fn done(action: &str, request: RequestId) -> HeaderValue {
    made(DONE_COOKIE, &format!("{action}~{request}"), Some(DONE_SECONDS))
}

/// Remembers whether pages are light or dark.
pub(crate) fn theme(word: &str) -> HeaderValue {
    made(THEME_COOKIE, word, Some(THEME_SECONDS))
}

/// Makes the browser forget a cookie.
pub(crate) fn clear(name: &str) -> HeaderValue {
    made(name, "", Some(0))
}

/// `Lax`: a link from an e-mail leads to a page one is signed in for; nothing unsafe from another site carries it.
fn made(name: &str, value: &str, seconds: Option<u32>) -> HeaderValue {
    let age = seconds.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    // Names are literals and values base62, base64 or words: always a valid field value.
    HeaderValue::try_from(format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_two_of_one_name_are_refused() {
        let map = headers(&["a=1; __Host-sealpost_session=sess_x; b=2"]);
        assert_eq!(cookie(&map, SESSION_COOKIE).unwrap(), Some("sess_x"));
        assert_eq!(cookie(&map, VISIT_COOKIE).unwrap(), None);
        assert_eq!(
            cookie(&headers(&["sealpost_session=x", "__Host-sealpost_session="]), SESSION_COOKIE).unwrap(),
            None
        );
        for twice in [
            headers(&["__Host-sealpost_session=a; __Host-sealpost_session=b"]),
            HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("__Host-sealpost_session=a"))])
                .into_iter()
                .chain(headers(&["__Host-sealpost_session=b"]))
                .fold(HeaderMap::new(), |mut all, (_, value)| {
                    all.append(COOKIE, value);
                    all
                }),
        ] {
            assert_eq!(cookie(&twice, SESSION_COOKIE).unwrap_err().code(), &CREDENTIAL_AMBIGUOUS);
        }
    }

    #[test]
    fn every_cookie_is_for_this_host_over_tls_alone_and_out_of_reach_for_scripts() {
        for value in [session("sess_x"), visit("v"), clear(SESSION_COOKIE)] {
            let text = value.to_str().unwrap().to_owned();
            assert!(text.starts_with("__Host-") && text.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{text}");
            assert!(!text.contains("Domain"));
        }
        assert!(session("sess_x").is_sensitive());
        assert!(clear(SESSION_COOKIE).to_str().unwrap().ends_with("; Max-Age=0"));
    }
}
