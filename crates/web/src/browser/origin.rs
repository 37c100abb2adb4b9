//! Where a request comes from, as the browser says it (W3C Fetch Metadata Request Headers; RFC 6454 §7).

use http::HeaderMap;
use http::header::ORIGIN;

use crate::problem::{CROSS_SITE_REFUSED, Refusal};

/// Refuses an unsafe request unless the browser says that it comes from a page of `origin`. A browser that says nothing is too
/// old to be told apart from an attacker.
pub(crate) fn from_own_page(headers: &HeaderMap, origin: &str) -> Result<(), Refusal> {
    let elsewhere = headers.get_all(ORIGIN).iter().any(|one| one.as_bytes() != origin.as_bytes());
    if elsewhere || site(headers) != Some("same-origin") { Err(Refusal::of(&CROSS_SITE_REFUSED)) } else { Ok(()) }
}

/// Refuses a safe request that another site makes on somebody's behalf, unless a person followed a link: what it shows then is
/// the person's alone. Clients that aren't browsers say nothing.
pub(crate) fn may_read(headers: &HeaderMap) -> Result<(), Refusal> {
    let followed =
        text(headers, "sec-fetch-mode") == Some("navigate") && text(headers, "sec-fetch-dest") == Some("document");
    match site(headers) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if followed => Ok(()),
        Some(_) => Err(Refusal::of(&CROSS_SITE_REFUSED)),
    }
}

fn site(headers: &HeaderMap) -> Option<&str> {
    text(headers, "sec-fetch-site")
}

/// A header that is there once; text nobody expects if it is there twice.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    if all.next().is_some() { Some("") } else { Some(first.to_str().unwrap_or_default()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const HERE: &str = "https://sealpost.example.com";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn only_a_page_of_this_origin_may_change_anything() {
        for good in [&[("sec-fetch-site", "same-origin")][..], &[("sec-fetch-site", "same-origin"), ("origin", HERE)]] {
            assert!(from_own_page(&headers(good), HERE).is_ok(), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("origin", HERE)],
            &[("sec-fetch-site", "same-site"), ("origin", HERE)],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "same-origin"), ("origin", "http://sealpost.example.com")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://sealpost.example.com:444")],
            &[("sec-fetch-site", "same-origin"), ("origin", HERE), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")],
        ] {
            assert_eq!(from_own_page(&headers(bad), HERE).unwrap_err().code(), &CROSS_SITE_REFUSED, "{bad:?}");
        }
    }

    #[test]
    fn another_site_may_lead_a_person_here_and_read_nothing() {
        let followed =
            [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        for good in [&[][..], &[("sec-fetch-site", "none")], &[("sec-fetch-site", "same-origin")], &followed] {
            assert!(may_read(&headers(good)).is_ok(), "{good:?}");
        }
        for bad in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
        ] {
            assert!(may_read(&headers(bad)).is_err(), "{bad:?}");
        }
    }
}
