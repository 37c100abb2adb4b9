//! Pages as members of another role see them.
//!
//! `?as=<role>` behind the path of any page shows it with what that role may do and see, as far as whoever asks may themselves.
//! Nothing can be done on such a page: the token of its forms is one that every form is refused with.

use std::borrow::Cow;

use crate::caller::{BoxFuture, Caller};
use crate::problem::Failure;
use crate::route::RouteInfo;

/// The parameter that names the role.
const PARAMETER: &str = "as";
/// Below this all pages are.
const PLACE: &str = "/app";

/// Knows what members of another role would see. Implemented where roles live.
pub trait Previews: Send + Sync {
    /// `caller` with the permissions and the sight of this role, and never with more than their own; refused to whoever may not look
    /// at pages so.
    fn as_role<'a>(&'a self, caller: &'a Caller, role: &'a str) -> BoxFuture<'a, Result<Previewed, Failure>>;
}

/// Somebody who looks as members of another role.
#[derive(Clone)]
pub struct Previewed {
    /// Who they are, with what they may do and see so.
    pub caller: Caller,
    /// The role, as links name it.
    pub reference: String,
    /// What people call it.
    pub role: String,
}

/// How a page knows that it is shown as another role sees it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The role, as links name it.
    pub(crate) reference: String,
    /// What people call it.
    pub(crate) role: String,
    /// Where the same page is as oneself sees it.
    pub(crate) leave: String,
}

/// Whether this is a page that can be looked at so: one of the dashboard, whose frame says that it is.
pub(crate) fn shows(info: &RouteInfo) -> bool {
    info.page && info.path.strip_prefix(PLACE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A page's query without the parameter, and what it says.
pub(crate) fn split(query: &str) -> (Cow<'_, str>, Option<&str>) {
    let named = query.split('&').find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == PARAMETER));
    match named {
        None => (Cow::Borrowed(query), None),
        Some((_, role)) => {
            let rest = query.split('&').filter(|pair| pair.split_once('=').is_none_or(|(name, _)| name != PARAMETER));
            (rest.collect::<Vec<_>>().join("&").into(), Some(role))
        }
    }
}

impl Preview {
    /// A page whose links lead to pages as the same role sees them. Its own way out stays.
    pub(crate) fn linked(&self, html: &str) -> String {
        const LINK: &str = " href=\"/app";
        const OUT: &str = " data-leave";
        let mut out = String::with_capacity(html.len() + 1024);
        let mut rest = html;
        while let Some((before, behind)) = rest.split_once(LINK) {
            out.push_str(before);
            out.push_str(LINK);
            let (href, tail) = behind.split_once('"').unwrap_or((behind, ""));
            if before.ends_with(OUT) || !href.is_empty() && !href.starts_with(['/', '?']) {
                out.push_str(href);
            } else {
                out.push_str(&self.named(href, "&amp;"));
            }
            out.push('"');
            rest = tail;
        }
        out.push_str(rest);
        self.filters(&out)
    }

    /// Where a page leads on to, as the same role sees it.
    pub(crate) fn led(&self, location: &str) -> Option<String> {
        let rest = location.strip_prefix(PLACE)?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| self.named(location, "&"))
    }

    /// A path that names the role, before its fragment.
    fn named(&self, path: &str, and: &str) -> String {
        let (path, fragment) = path.split_once('#').map_or((path, None), |(path, part)| (path, Some(part)));
        let sign = if path.contains('?') { and } else { "?" };
        let fragment = fragment.map(|part| format!("#{part}")).unwrap_or_default();
        format!("{path}{sign}{PARAMETER}={}{fragment}", self.reference)
    }

    /// Forms that only look for something go on looking as this role.
    fn filters(&self, html: &str) -> String {
        const FORM: &str = "<form ";
        let mut out = String::with_capacity(html.len() + 256);
        let mut rest = html;
        while let Some((before, behind)) = rest.split_once(FORM) {
            let (attributes, tail) = behind.split_once('>').unwrap_or((behind, ""));
            out.extend([before, FORM, attributes, ">"]);
            if attributes.contains("method=\"get\"") {
                out.push_str(&format!("<input type=\"hidden\" name=\"{PARAMETER}\" value=\"{}\">", self.reference));
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_is_taken_out_of_a_query_and_the_rest_stays() {
        for (query, rest, role) in [
            ("", "", None),
            ("a=1&b=2", "a=1&b=2", None),
            ("as=agent", "", Some("agent")),
            ("a=1&as=role_1&b=2", "a=1&b=2", Some("role_1")),
            ("as=agent&as=owner", "", Some("agent")),
            ("has=1&as", "has=1&as", None),
        ] {
            let (left, named) = split(query);
            assert_eq!((&*left, named), (rest, role), "{query}");
        }
    }

    #[test]
    fn whoever_is_led_on_stays_who_they_look_as() {
        let preview = Preview { reference: "agent".into(), role: "Agent".into(), leave: "/app/test".into() };
        for (location, led) in [
            ("/app", Some("/app?as=agent")),
            ("/app/test?q=1#y", Some("/app/test?q=1&as=agent#y")),
            ("/apply", None),
            ("/sign-in", None),
            ("https://elsewhere.example/app", None),
        ] {
            assert_eq!(preview.led(location).as_deref(), led, "{location}");
        }
    }

    #[test]
    fn links_lead_on_as_the_same_role_and_the_way_out_does_not() {
        let preview = Preview { reference: "agent".into(), role: "Agent".into(), leave: "/app/test".into() };
        for (html, linked) in [
            (r##"<a href="/app/test">"##, r##"<a href="/app/test?as=agent">"##),
            (r##"<a href="/app/test/x?q=1#y">z</a>"##, r##"<a href="/app/test/x?q=1&amp;as=agent#y">z</a>"##),
            (r##"<a data-leave href="/app/test/x">"##, r##"<a data-leave href="/app/test/x">"##),
            (r##"<a href="/apply"><a href="/docs">"##, r##"<a href="/apply"><a href="/docs">"##),
            (
                r##"<form class="x" method="get" action="/app/test/x"><input><form method="post" action="/y">"##,
                r##"<form class="x" method="get" action="/app/test/x"><input type="hidden" name="as" value="agent"><input><form method="post" action="/y">"##,
            ),
            ("plain", "plain"),
        ] {
            assert_eq!(preview.linked(html), linked);
        }
    }
}
