//! How a change of a policy reads, for whoever agrees to it.

use sealpost_access::secrets::Kept;
use sealpost_govern::approvals::Line;
use sealpost_store::SecretId;

use super::model::Policy;
use crate::channels::model::{DkimSettings, EmailSettings};
use crate::versions::approval_lines;

/// What would change, and the rest of it. `called` says what a stored secret is called.
pub(super) fn lines(
    name: &str,
    before: Option<&Policy>,
    after: &Policy,
    called: impl Fn(SecretId) -> String,
) -> Vec<Line> {
    let was = before.map(|policy| parts(&policy.email, &called));
    let before = |at: usize| was.as_ref().and_then(|all| all.get(at)?.1.clone());
    let whole = parts(&after.email, &called).into_iter().enumerate();
    let whole = whole.map(|(at, (what, is))| (what.to_owned(), before(at), is));
    let channel = Line::new("Channel", was.as_ref().map(|_| name.to_owned()), name.to_owned());
    [channel].into_iter().chain(approval_lines(whole)).collect()
}

/// What differs between two policies, and nothing that doesn't.
pub(in crate::channels) fn between(before: &Policy, after: &Policy) -> Vec<Line> {
    let mut lines = lines("", Some(before), after, |id| id.to_string());
    lines.retain(|line| !line.is_same());
    lines
}

fn parts(email: &EmailSettings, called: &impl Fn(SecretId) -> String) -> [(&'static str, Option<String>); 12] {
    let password = email.password.map(|kept| match kept {
        Kept::Own(_) => "one of its own".to_owned(),
        Kept::Stored { stored } => format!("stored secret {}", called(stored)),
    });
    let signed = email.dkim.as_ref().map_or_else(
        || "no".to_owned(),
        |dkim| format!("for {}, key at {} ({})", dkim.domain, dkim.record_name(), dkim.algorithm.as_str()),
    );
    [
        ("Relay", Some(email.host.clone())),
        ("Port", Some(email.port.to_string())),
        ("Protected by", Some(email.security.words().to_owned())),
        ("Account there", email.username.clone()),
        ("Password", password),
        ("From", Some(email.from_address.clone())),
        ("Name beside it", email.from_name.clone()),
        ("Answers go to", email.reply_to.clone()),
        ("Calls itself", Some(email.helo.clone())),
        ("Signed by DKIM", Some(signed)),
        ("Public key of that", email.dkim.as_ref().map(DkimSettings::record_value)),
        ("Unsubscribe links lead to", email.unsubscribe_base.clone()),
    ]
}
