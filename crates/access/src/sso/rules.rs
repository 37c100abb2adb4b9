//! Decisions about signing in by a service, as plain functions.

use sealpost_egress::suffix::Suffix;

use super::model::GroupRole;
use crate::roles::{RoleRef, Standard};
use crate::sessions::Method;

/// The role that somebody in these groups has: that of the first group of the map they are in, or what newcomers are. Without a map
/// a service says nothing about roles.
pub(super) fn role_of(map: &[GroupRole], groups: &[String], newcomers: Option<RoleRef>) -> Option<RoleRef> {
    if map.is_empty() {
        return None;
    }
    map.iter().find(|one| groups.contains(&one.group)).map(|one| one.role).or(newcomers)
}

/// Whether a member of this role may begin a session so, where members have to sign in by a service. Owners have their passkeys, so
/// that the organisation outlives its service; the operator has the host anyway.
pub(super) fn may_come(role: RoleRef, method: Method) -> bool {
    method.is_sso()
        || matches!(method, Method::OperatorLink | Method::Visit)
        || role == RoleRef::Standard(Standard::Owner)
}

/// A name that people give something: 1 to 60 characters on one line, no space at either end.
pub(super) fn is_name(text: &str) -> bool {
    crate::organisations::is_name(text, 60)
}

/// A domain as its DNS knows it, in lower case; nothing if it isn't one that could be somebody's own.
pub(super) fn domain(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let last_is_a_word = labels.last().is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()));
    let good = text.len() <= 200 && labels.len() >= 2 && labels.iter().all(|label| is_label(label)) && last_is_a_word;
    good.then_some(text)
}

/// A domain that somebody may say is theirs: one, and none below which others have theirs. Otherwise why not.
pub(super) fn own_domain(text: &str) -> Result<String, &'static str> {
    let name = domain(text).ok_or("domain_invalid")?;
    if is_shared(&name) { Err("public_suffix") } else { Ok(name) }
}

/// Whether others have their names below this one, at a registry (`co.uk`) or a provider (`github.io`).
pub(super) fn is_shared(name: &str) -> bool {
    Suffix::of(name).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map() -> Vec<GroupRole> {
        let one = |group: &str, role| GroupRole { group: group.into(), role: RoleRef::Standard(role) };
        vec![one("admins", Standard::Admin), one("desk", Standard::Agent)]
    }

    #[test]
    fn the_first_group_that_fits_gives_the_role_and_none_gives_what_newcomers_are() {
        let of = |groups: &[&str], newcomers| {
            let groups: Vec<String> = groups.iter().map(|one| (*one).to_owned()).collect();
            role_of(&map(), &groups, newcomers)
        };
        let viewer = Some(RoleRef::Standard(Standard::Viewer));
        assert_eq!(of(&["desk", "admins"], viewer), Some(RoleRef::Standard(Standard::Admin)));
        assert_eq!(of(&["Desk"], viewer), viewer);
        assert_eq!(of(&[], None), None);
        assert_eq!(role_of(&[], &["admins".into()], viewer), None);
    }

    #[test]
    fn owners_and_the_operator_come_in_without_a_service_and_nobody_else_does() {
        for method in [Method::Passkey, Method::Invitation, Method::RecoveryCode, Method::RecoveryLink] {
            assert!(may_come(RoleRef::Standard(Standard::Owner), method));
            assert!(!may_come(RoleRef::Standard(Standard::SuperAdmin), method));
        }
        for method in [Method::Oidc, Method::Saml, Method::OperatorLink] {
            assert!(may_come(RoleRef::Standard(Standard::Viewer), method));
        }
    }

    #[test]
    fn a_domain_is_two_labels_at_least_and_no_address() {
        assert_eq!(domain(" Example.COM. ").as_deref(), Some("example.com"));
        for bad in ["", "com", "192.0.2.1", "a..b", "-a.com", "a-.com", "exämple.com", "a b.com", "a.com/x", "*.a.com"]
        {
            assert_eq!(domain(bad), None, "{bad}");
        }
    }

    #[test]
    fn nobody_says_that_a_public_suffix_is_theirs() {
        for shared in ["co.uk", "Github.IO", "gov.uk.", "xn--55qx5d.cn", "s3.amazonaws.com"] {
            assert_eq!(own_domain(shared), Err("public_suffix"), "{shared}");
        }
        assert_eq!(own_domain("com"), Err("domain_invalid"));
        for own in ["clinic.co.uk", "octocat.github.io", "clinic.example", "mail.clinic.internal"] {
            assert_eq!(own_domain(own).as_deref(), Ok(own));
        }
    }

    proptest! {
        #[test]
        fn a_domain_is_read_the_same_again(text in "[a-zA-Z0-9.-]{0,80}") {
            if let Some(name) = domain(&text) {
                prop_assert_eq!(domain(&name), Some(name.clone()));
            }
        }
    }
}
