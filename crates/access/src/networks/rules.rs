//! Decisions about networks, as plain functions.

use std::net::IpAddr;
use std::sync::LazyLock;

use sealpost_store::Time;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Cidr, PermissionSet, Refusal};

use super::codes::{NETWORKS_MOVED, OWN_ADDRESS_EXCLUDED};
use super::model::{Lists, Standing};
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

/// Whether lists let somebody in who was out: into the dashboard, as an administrator, or as a key. Each list is looked at by itself, and
/// each network: two that make up a third are not taken for it.
pub(super) fn widens(before: &Lists, after: &Lists) -> bool {
    let pairs = [(&before.dashboard, &after.dashboard), (&before.admin, &after.admin), (&before.keys, &after.keys)];
    pairs.into_iter().any(|(before, after)| lets_more_in(before.as_slice(), after.as_slice()))
}

/// A list without a network admits everybody.
fn lets_more_in(before: &[Cidr], after: &[Cidr]) -> bool {
    let is_covered = |network: &Cidr| before.iter().any(|wide| covers(*wide, *network));
    !before.is_empty() && (after.is_empty() || !after.iter().all(is_covered))
}

fn covers(wide: Cidr, narrow: Cidr) -> bool {
    wide.prefix() <= narrow.prefix() && wide.contains(narrow.address())
}

/// What somebody knows of how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The version they decide on.
    pub version: Option<u32>,
    /// An `If-Match` header, as it was sent.
    pub tags: Option<String>,
}

/// Refuses somebody who decides on what isn't so any more. A weak tag never matches (RFC 9110 §13.1.1).
pub(super) fn expect(standing: &Standing, known: &Known, now: Time) -> Result<(), Refusal> {
    let tag = standing.tag(now);
    let is_named = |tags: &String| tags.split(',').map(str::trim).any(|one| one == "*" || one == tag);
    if !known.tags.as_ref().is_none_or(is_named) {
        return Err(Refusal::of(&NETWORKS_MOVED));
    }
    match known.version {
        Some(version) if version != standing.version => Err(Refusal::of(&CHANGED_MEANWHILE)),
        _ => Ok(()),
    }
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
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;
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
    fn whoever_is_let_in_further_is_told_apart_from_whoever_is_not() {
        let lists = |dashboard: &str, admin: &str, keys: &str| {
            let list = |text: &str| Cidrs::from_text(text).unwrap();
            Lists { dashboard: list(dashboard), admin: list(admin), keys: list(keys) }
        };
        let before = lists("192.0.2.0/24 2001:db8::/32", "192.0.2.0/25", "");
        for narrower in [
            before.clone(),
            lists("192.0.2.0/25 192.0.2.128/25", "192.0.2.7", "198.51.100.0/24"),
            lists("2001:db8:1::/48", "192.0.2.0/25", ""),
        ] {
            assert!(!widens(&before, &narrower), "{narrower:?}");
        }
        for wider in [
            lists("", "192.0.2.0/25", ""),
            lists("192.0.2.0/23 2001:db8::/32", "192.0.2.0/25", ""),
            lists("192.0.2.0/24 2001:db8::/32", "192.0.2.0/24", ""),
            lists("192.0.2.0/24", "", ""),
            lists("192.0.2.0/24 ::/0", "192.0.2.0/25", ""),
            lists("192.0.2.7 203.0.113.7", "192.0.2.7", "198.51.100.0/24"),
        ] {
            assert!(widens(&before, &wider), "{wider:?}");
        }
        assert!(widens(&lists("", "", "192.0.2.0/24"), &Lists::default()));
        assert!(!widens(&Lists::default(), &before), "anywhere is as wide as it gets");
    }

    #[test]
    fn whoever_decides_on_what_is_so_no_more_is_refused() {
        let (now, later) = (Time::from_unix_ms(1_000), Time::from_unix_ms(2_000));
        let pending = Some(crate::networks::Pending { lists: Lists::default(), until: later });
        let standing = Standing { version: 7, pending, ..Standing::default() };
        let named = |tags: &str| Known { tags: Some(tags.into()), version: None };
        for good in [Known::default(), named("\"7\""), named("*"), named("\"1\", \"7\"")] {
            assert!(expect(&standing, &good, now).is_ok(), "{good:?}");
        }
        let code = |known: Known, at| expect(&standing, &known, at).err().map(|refusal| refusal.code().code);
        assert_eq!(code(named("\"6\""), now), Some("networks_moved"));
        assert_eq!(code(named("W/\"7\""), now), Some("networks_moved"));
        assert_eq!(code(named("\"7\""), later), Some("networks_moved"), "it has undone itself");
        assert!(expect(&standing, &named("\"8\""), later).is_ok());
        assert_eq!(code(Known { version: Some(6), tags: None }, now), Some("changed_meanwhile"));
    }

    fn network() -> impl Strategy<Value = Cidr> {
        let text = |address: IpAddr, prefix: u8| format!("{address}/{prefix}").parse().unwrap();
        prop_oneof![
            (any::<u8>(), 0_u8..=32).prop_map(move |(bits, prefix)| {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                text(Ipv4Addr::from_bits((u32::from(bits) << 24 | 0xf) & mask).into(), prefix)
            }),
            (any::<u8>(), 0_u8..=64).prop_map(move |(bits, prefix)| {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                text(Ipv6Addr::from_bits((u128::from(bits) << 96 | 0x2001 << 112) & mask).into(), prefix)
            }),
        ]
    }

    fn lists() -> impl Strategy<Value = Lists> {
        let list = || prop::collection::vec(network(), 0..3).prop_map(|all| Cidrs::new(all).unwrap());
        (list(), list(), list()).prop_map(|(dashboard, admin, keys)| Lists { dashboard, admin, keys })
    }

    fn peer() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            (any::<u8>(), 0_u32..32).prop_map(|(high, low)| Ipv4Addr::from_bits(u32::from(high) << 24 | low).into()),
            any::<u8>().prop_map(|bits| Ipv6Addr::from_bits(u128::from(bits) << 96 | 0x2001 << 112 | 1).into()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// In whatever order lists are changed, agreed to, confirmed, taken back and undo themselves: nobody is in whom neither what stood
        /// there first nor what others agreed to lets in.
        #[test]
        fn what_is_in_force_lets_in_no_more_than_what_others_agreed_to(
            first in lists(),
            acts in prop::collection::vec((lists(), 0_u8..5), 1..12),
            peers in prop::collection::vec(peer(), 24),
        ) {
            let (mut confirmed, mut pending, mut agreed) = (first.clone(), None, vec![first]);
            for (wanted, act) in acts {
                let in_force = pending.as_ref().unwrap_or(&confirmed);
                match act {
                    0 | 1 if !widens(in_force, &wanted) => pending = Some(wanted),
                    0 => {
                        agreed.push(wanted.clone());
                        pending = Some(wanted);
                    }
                    1 => {}
                    2 => confirmed = pending.take().unwrap_or(confirmed),
                    _ => pending = None,
                }
                let in_force = pending.as_ref().unwrap_or(&confirmed);
                for peer in &peers {
                    let lets_in = |pick: fn(&Lists) -> &Cidrs| {
                        !pick(in_force).admit(*peer) || agreed.iter().any(|one| pick(one).admit(*peer))
                    };
                    prop_assert!(lets_in(|all| &all.dashboard) && lets_in(|all| &all.admin) && lets_in(|all| &all.keys));
                }
            }
        }
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
