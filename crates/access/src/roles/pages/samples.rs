//! The pages of roles with ours and the organisation's own on them.

use sealpost_seal::viewer::MaskProfile;
use sealpost_store::RoleId;
use sealpost_web::PermissionSet;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row};
use super::show::page;
use crate::api_keys::Cidrs;
use crate::permissions::{CONTACTS_READ, MESSAGES_READ};
use crate::roles::{Minutes, Role, RoleRef, SessionLimits, Standard, Visibility};

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
    }
}

#[test]
fn roles_are_listed_and_shown_with_what_they_may_and_what_not() {
    let roles = [theirs()].into_iter().chain(Standard::ALL.map(Standard::role));
    let rows = roles.map(|role| Row::of(&role, format!("/app/test/roles/{}", role.reference))).collect();
    let list = ListPage { new: Some("/app/test/roles/new".into()), rows, pager: Pager::default() };
    keep("roles", "Roles", "/roles", &list);
    let keep = |name: &str, role: &Role, updated| {
        keep(name, &role.name, "/roles/{id}", &page(role, updated, true, NOW, |path| format!("/app/test{path}")));
    };
    keep("role-own", &theirs(), Some(NOW));
    keep("role-standard", &Standard::Agent.role(), None);
}
