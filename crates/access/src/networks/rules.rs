//! Decisions about networks, as plain functions.

use std::net::IpAddr;
use std::sync::LazyLock;

use sealpost_web::{PermissionSet, Refusal};

use super::codes::OWN_ADDRESS_EXCLUDED;
use super::model::Lists;
use crate::permissions::{ALL, MASKING_WRITE};

/// What members do as administrators: whatever is to be managed, and deciding what is masked.
pub fn administrative() -> PermissionSet {
    static ADMINISTRATIVE: LazyLock<PermissionSet> = LazyLock::new(|| {
        let managing = ALL.iter().filter(|permission| permission.name().ends_with(":manage"));
        let mut set = PermissionSet::of(&[MASKING_WRITE]);
        managing.for_each(|permission| set.insert(*permission));
        set
    });
    *ADMINISTRATIVE
}

/// What somebody with these permissions may not do from there.
pub(crate) fn barred(lists: &Lists, permissions: PermissionSet, peer: IpAddr) -> PermissionSet {
    if lists.admin.admit(peer) { PermissionSet::EMPTY } else { permissions.intersection(administrative()) }
}

/// Refuses lists that shut out whoever asks for them.
pub(super) fn keeps_in(lists: &Lists, peer: IpAddr) -> Result<(), Refusal> {
    let out =
        [("/dashboard", &lists.dashboard), ("/admin", &lists.admin)].into_iter().filter(|(_, list)| !list.admit(peer));
    let refusal = out.fold(None, |refusal: Option<Refusal>, (at, _)| {
        Some(refusal.unwrap_or_else(|| Refusal::of(&OWN_ADDRESS_EXCLUDED)).at(at, "own_address_missing"))
    });
    refusal.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use sealpost_web::Cidrs;

    use super::*;
    use crate::permissions::EVERYTHING;
    use crate::roles::Standard;

    #[test]
    fn whoever_answers_people_or_reads_does_nothing_as_an_administrator() {
        for standard in [Standard::Agent, Standard::Viewer, Standard::Auditor] {
            assert!(standard.role().permissions.intersection(administrative()).is_empty(), "{standard:?}");
        }
        let names: Vec<_> = administrative().iter(ALL).map(|one| one.name()).collect();
        assert!(
            names.contains(&"networks:manage") && names.contains(&"masking:write") && names.contains(&"keys:manage")
        );
    }

    #[test]
    fn lists_bar_only_what_they_are_for() {
        let lists = Lists { admin: Cidrs::from_text("192.0.2.0/24").unwrap(), ..Lists::default() };
        let (inside, outside) = ("192.0.2.1".parse().unwrap(), "203.0.113.1".parse().unwrap());
        assert!(barred(&lists, EVERYTHING, inside).is_empty());
        assert_eq!(barred(&lists, EVERYTHING, outside), administrative());
        let agent = Standard::Agent.role().permissions;
        assert!(barred(&lists, agent, outside).is_empty());
        assert!(keeps_in(&lists, inside).is_ok());
        let refusal = keeps_in(&lists, outside).err().unwrap();
        assert_eq!((refusal.code(), refusal.errors().len()), (&OWN_ADDRESS_EXCLUDED, 1));
    }
}
