//! Hosts that lead below a path of ours.

use http::Uri;
use http::header::HOST;
use http::request::Parts;
use http::uri::PathAndQuery;

/// Names by which clients reach a part of the API as if it were all there is: a client that can change its host and nothing else
/// asks `https://fyno.example.com/v1/…` and is led to `/fyno/v1/…`.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<(String, &'static str)>);

impl Hosts {
    /// Each host, without a port, and the path below which it leads.
    pub fn new(hosts: Vec<(String, &'static str)>) -> Self {
        Self(hosts)
    }

    /// Leads a request to one of these hosts below its path.
    pub(crate) fn lead(&self, parts: &mut Parts) {
        if self.0.is_empty() {
            return;
        }
        let named = parts.uri.host().or_else(|| parts.headers.get(HOST)?.to_str().ok().map(without_port));
        let found = named.and_then(|named| self.0.iter().find(|(host, _)| host.eq_ignore_ascii_case(named)));
        let Some((_, prefix)) = found else { return };
        let asked = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut uri = parts.uri.clone().into_parts();
        uri.path_and_query = PathAndQuery::try_from(format!("{prefix}{asked}")).ok();
        // What can't be put together stays as it was asked: it leads where it would on every other host.
        if let Ok(uri) = Uri::from_parts(uri) {
            parts.uri = uri;
        }
    }
}

/// A `Host` without its port (RFC 9110 §7.2).
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(uri: &str, host: Option<&str>) -> String {
        let hosts = Hosts::new(vec![("fyno.example.com".into(), "/fyno")]);
        let mut request = http::Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        hosts.lead(&mut parts);
        parts.uri.path_and_query().unwrap().to_string()
    }

    #[test]
    fn a_host_leads_below_its_path_and_another_does_not() {
        assert_eq!(led("/v1/W/live/event?x=1", Some("fyno.example.com")), "/fyno/v1/W/live/event?x=1");
        assert_eq!(led("/v1/W/live/event", Some("FYNO.example.com:8443")), "/fyno/v1/W/live/event");
        assert_eq!(led("https://fyno.example.com/v1/messages", None), "/fyno/v1/messages");
        assert_eq!(led("/", Some("fyno.example.com")), "/fyno/");
        for other in [None, Some("example.com"), Some("fyno.example.com.evil.example"), Some("[::1]:7700")] {
            assert_eq!(led("/v1/messages", other), "/v1/messages");
        }
    }

    #[test]
    fn nobody_gets_out_of_the_path_by_dots() {
        // The router knows no dots: they are a path that is not there.
        assert_eq!(led("/../v1/messages", Some("fyno.example.com")), "/fyno/../v1/messages");
    }
}
