//! The pages of roles with ours and the organisation's own on them.

use sealpost_seal::Viewer;
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::RoleId;
use sealpost_web::PermissionSet;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row};
use super::sees::{self, Whose};
use super::show::page;
use crate::api_keys::Cidrs;
use crate::masking::DailyReveals;
use crate::networks::Lists;
use crate::permissions::{CONTACTS_READ, EVERYTHING, MESSAGES_READ};
use crate::roles::{Minutes, Role, RoleRef, SessionLimits, Standard, Visibility};
use crate::{api_keys, members, networks, own, roles};

fn theirs() -> Role {
    Role {
        reference: RoleRef::Custom(RoleId::from_bytes([4; 16])),
        name: "Night shift".into(),
        permissions: PermissionSet::of(&[MESSAGES_READ, CONTACTS_READ]),
        visibility: Visibility::Team,
        channels: None,
        masks: MaskProfile::Last4,
        require_step_up: true,
        cidrs: Cidrs::from_text("192.0.2.0/24").unwrap(),
        limits: SessionLimits { idle: Minutes::new(15), absolute: Minutes::new(600) },
        reveals: DailyReveals::new(20).ok(),
    }
}

#[test]
fn roles_are_listed_and_shown_with_what_they_may_and_what_not() {
    let roles = [theirs()].into_iter().chain(Standard::ALL.map(Standard::role));
    let rows = roles.map(|role| Row::of(&role, format!("/app/test/roles/{}", role.reference))).collect();
    let list = ListPage { new: Some("/app/test/roles/new".into()), rows, pager: Pager::default() };
    keep("roles", "Roles", "/roles", &list);
    let keep = |name: &str, role: &Role, updated| {
        keep(
            name,
            &role.name,
            "/roles/{id}",
            &page(role, updated, (true, true), NOW, |path| format!("/app/test{path}")),
        );
    };
    keep("role-own", &theirs(), Some(NOW));
    keep("role-standard", &Standard::Agent.role(), None);
}

#[test]
fn what_somebody_sees_is_shown_with_their_own_eyes() {
    let all = [api_keys::NAV, members::NAV, roles::NAV, networks::NAV, own::NAV];
    let at = |path: &str| format!("/app/test{path}");
    let show = |name: &str, role: &Role, not_now: Option<&'static str>, lists: &Lists| {
        let back = (role.name.clone(), at("/roles/x"));
        let called = if not_now.is_none() { role.name.clone() } else { "Sam <i>".to_owned() };
        let whose = Whose { called, back, teams: vec!["Front desk".into()], not_now };
        let seen = all.into_iter().filter(|nav| nav.needs.is_none_or(|needs| role.permissions.contains(needs)));
        let page = sees::page(role, whose, seen.collect(), &all, &Viewer::with_profile(role.masks), lists, at);
        keep(name, "What they see", "/roles/{id}/sees", &page);
        page.to_string()
    };
    let lists = Lists { dashboard: Cidrs::from_text("203.0.113.0/24").unwrap(), ..Lists::default() };
    let night = show("sees-own", &theirs(), Some("Suspended."), &lists);
    for told in
        ["0124", "Can’t see anybody in clear", "Front desk", "203.0.113.0/24", "192.0.2.0/24", "Sam &#60;i&#62;"]
    {
        assert!(night.contains(told), "{told}: {night}");
    }
    for hidden in ["+1555", "Ada", "417-233", "keys:manage"] {
        assert!(!night.contains(hidden), "{hidden}: {night}");
    }
    let owner = Role { permissions: EVERYTHING, ..Standard::Owner.role() };
    let owner = show("sees-owner", &owner, None, &Lists::default());
    assert!(
        owner.contains("keys:manage") && owner.contains("on the record") && !owner.contains("Only from"),
        "{owner}"
    );
}
