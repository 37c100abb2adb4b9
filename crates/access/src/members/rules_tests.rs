//! Whatever anybody does, whoever they are: the three rules hold.

use proptest::prelude::*;
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ChannelId, MemberId, RoleId};
use sealpost_web::PermissionSet;

use super::rules::{Acting, MemberRefused, may_change_role, may_give, may_more, may_stop, may_touch};
use crate::permissions::ALL;
use crate::roles::{Excess, Role, RoleRef, Standard, Visibility};

fn member(number: u8) -> MemberId {
    MemberId::from_bytes([number; 16])
}

/// A role of ours, or any other.
fn role() -> impl Strategy<Value = Role> {
    let masks = prop_oneof![
        Just(MaskProfile::Full),
        Just(MaskProfile::Last4),
        Just(MaskProfile::First3Last4),
        Just(MaskProfile::None)
    ];
    let visibility =
        prop_oneof![Just(Visibility::Own), Just(Visibility::Unassigned), Just(Visibility::Team), Just(Visibility::All)];
    let channels = proptest::option::of(proptest::collection::vec(0_u8..4, 0..4));
    let custom = (any::<u128>(), masks, visibility, channels).prop_map(|(bits, masks, visibility, channels)| {
        let mut permissions = PermissionSet::EMPTY;
        ALL.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).for_each(|(_, one)| permissions.insert(*one));
        let channels = channels.map(|all| all.into_iter().map(|one| ChannelId::from_bytes([one; 16])).collect());
        let reference = RoleRef::Custom(RoleId::from_bytes([1; 16]));
        Role { reference, permissions, masks, visibility, channels, ..Standard::Viewer.role() }
    });
    let ours = (0..Standard::ALL.len()).prop_map(|at| Standard::ALL[at].role());
    prop_oneof![ours, custom]
}

fn acting() -> impl Strategy<Value = Acting> {
    (0_u8..4, role()).prop_map(|(number, role)| Acting { member: Some(member(number)), role })
}

fn is_owner(role: &Role) -> bool {
    role.reference == RoleRef::Standard(Standard::Owner)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nobody_gives_what_they_lack(acting in acting(), given in role()) {
        if may_give(&acting, &given).is_ok() {
            prop_assert!(given.permissions.is_subset(acting.role.permissions));
            prop_assert!(given.visibility <= acting.role.visibility);
            prop_assert!(!is_owner(&given) || is_owner(&acting.role));
            if let Some(own) = &acting.role.channels {
                let given = given.channels.as_ref();
                prop_assert!(given.is_some_and(|given| given.iter().all(|one| own.contains(one))));
            }
        }
    }

    #[test]
    fn nobody_changes_themselves_or_somebody_who_may_more(acting in acting(), target in 0_u8..4, role in role()) {
        if may_touch(&acting, member(target), &role).is_ok() {
            prop_assert_ne!(acting.member, Some(member(target)));
            prop_assert_eq!(role.exceeds(&acting.role), None);
        }
    }

    /// A few people who do whatever they may to each other, in any order.
    #[test]
    fn an_organisation_always_has_an_owner_and_nobody_comes_to_more_than_somebody_had(
        roles in proptest::collection::vec(role(), 3),
        acts in proptest::collection::vec((0_usize..4, 0_usize..4, proptest::option::of(role())), 0..40),
    ) {
        let mut staff: Vec<Option<Role>> = std::iter::once(Standard::Owner.role()).chain(roles).map(Some).collect();
        for (by, to, wish) in acts {
            let (Some(own), Some(target)) = (staff[by].clone(), staff[to].clone()) else { continue };
            let ceiling = own.clone();
            let acting = Acting { member: Some(member(by as u8)), role: own };
            let owners: Vec<MemberId> = (0..4)
                .filter(|at| staff[*at].as_ref().is_some_and(is_owner))
                .map(|at| member(at as u8))
                .collect();
            let id = member(to as u8);
            match wish {
                Some(wish) => if may_change_role(&acting, id, (&target, &wish), &owners).is_ok() {
                    prop_assert!(wish.exceeds(&ceiling).is_none());
                    staff[to] = Some(wish);
                },
                None => if may_stop(&acting, id, &target, &owners).is_ok() {
                    staff[to] = None;
                },
            }
            prop_assert!(staff.iter().flatten().any(is_owner));
        }
    }
}

#[test]
fn the_last_owner_stays_even_for_the_operator() {
    let operator = Acting { member: None, role: Standard::Owner.role() };
    let (owner, viewer) = (Standard::Owner.role(), Standard::Viewer.role());
    let one = [member(1)];
    assert_eq!(may_stop(&operator, member(1), &owner, &one), Err(MemberRefused::LastOwner));
    assert_eq!(may_change_role(&operator, member(1), (&owner, &viewer), &one), Err(MemberRefused::LastOwner));
    assert_eq!(may_stop(&operator, member(1), &owner, &[member(1), member(2)]), Ok(()));
}

#[test]
fn a_super_admin_does_everything_but_decide_about_owners() {
    let acting = Acting { member: Some(member(1)), role: Standard::SuperAdmin.role() };
    assert_eq!(may_give(&acting, &Standard::Owner.role()), Err(MemberRefused::OwnersOnly));
    assert_eq!(may_touch(&acting, member(2), &Standard::Owner.role()), Err(MemberRefused::OwnersOnly));
    for standard in &Standard::ALL[1..] {
        assert_eq!(may_give(&acting, &standard.role()), Ok(()));
    }
    let admin = Acting { member: Some(member(1)), role: Standard::Admin.role() };
    assert!(matches!(
        may_give(&admin, &Standard::SuperAdmin.role()),
        Err(MemberRefused::Exceeds(Excess::Permissions(_)))
    ));
    assert_eq!(may_touch(&admin, member(2), &Standard::SuperAdmin.role()), Err(MemberRefused::Outranked));
}

#[test]
fn whoever_becomes_an_owner_may_more_and_whoever_keeps_what_they_have_does_not() {
    let more = |from: Standard, to: Standard| may_more(&from.role(), &to.role());
    use Standard::{Admin, Agent, Auditor, Developer, Owner, SuperAdmin, Viewer};
    for (from, to) in [(SuperAdmin, Owner), (Admin, SuperAdmin), (Viewer, Agent), (Agent, Viewer), (Auditor, Developer)]
    {
        assert!(more(from, to), "{from:?} {to:?}");
    }
    for (from, to) in [(Owner, SuperAdmin), (Owner, Viewer), (Admin, Viewer), (Admin, Agent), (Developer, Developer)] {
        assert!(!more(from, to), "{from:?} {to:?}");
    }
}
