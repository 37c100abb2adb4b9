//! How a change of a policy reads, for whoever agrees to it.

use sealpost_govern::approvals::Line;

use super::model::Policy;
use crate::endpoints::encryption;
use crate::versions::approval_lines;

/// What would change, and the rest of it.
pub(super) fn lines(name: &str, before: Option<&Policy>, after: &Policy) -> Vec<Line> {
    let was = before.map(parts);
    let before = |at: usize| was.as_ref().and_then(|all| all.get(at)?.1.clone());
    let whole = parts(after).into_iter().enumerate().map(|(at, (what, is))| (what.to_owned(), before(at), is));
    let called = Line::new("Endpoint", was.as_ref().map(|_| name.to_owned()), name.to_owned());
    [called].into_iter().chain(approval_lines(whole)).collect()
}

fn parts(policy: &Policy) -> [(&'static str, Option<String>); 13] {
    let transport = &policy.transport;
    let encrypted =
        policy.encryption.as_ref().map_or_else(|| "no: told in clear".to_owned(), encryption::Written::said);
    [
        ("URL", Some(policy.url.clone())),
        ("What it is for", Some(policy.description.clone()).filter(|text| !text.is_empty())),
        ("Hears of", Some(policy.events.join(" "))),
        ("Signed as", Some(policy.profiles.join(" "))),
        ("Its own signature", policy.custom.as_ref().map(ToString::to_string)),
        ("Encrypted", Some(encrypted)),
        ("TLS", Some(format!("{} or newer", transport.min_tls()))),
        ("Authorities of its own", transport.said_authorities()),
        ("Our certificate", transport.said_certificate()),
        ("Further headers", transport.said_headers()),
        ("Tried again after", transport.said_retries()),
        ("Calls a second", transport.said_rate()),
        ("Bodies leave", transport.said_body()),
    ]
}
