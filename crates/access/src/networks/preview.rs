//! Whom lists would shut out, as far as what is kept can tell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use sealpost_store::{ApiKeyId, Ctx, Environment, MemberId, Org, Store};
use sealpost_web::{Cidr, Cidrs, Failure, PermissionSet};
use serde::Serialize;

use super::model::Lists;
use crate::api_keys::{self, ApiKey};
use crate::permissions::{KEYS_READ, SESSIONS_MANAGE};
use crate::sessions::{self, network_name};

/// Sessions and keys that are looked at, the youngest first.
const MOST: u32 = 200;
/// Coarse networks that are tried on each: all of a /16, or of a /40.
const MOST_TRIED: u32 = 256;
/// Of an address that many bits are known: see [`crate::api_keys`].
const COARSE: (u8, u8) = (24, 48);

/// Whom lists would shut out.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NetworkPreview")]
pub(super) struct Preview {
    /// Whoever asks.
    pub(super) you: Own,
    /// Members who are signed in, by where their sessions began; nothing to whoever may not see these.
    pub(super) sessions: Option<Tally<MemberId>>,
    /// Keys that are good, by where they were used last; nothing to whoever may not see these.
    pub(super) keys: Option<Tally<KeyShut>>,
}

/// Whether the lists admit whoever asks.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NetworkPreviewOfOneself")]
pub(super) struct Own {
    /// At all.
    pub(super) dashboard: bool,
    /// As an administrator.
    pub(super) admin: bool,
}

/// A key that would be shut out.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NetworkPreviewKey")]
pub(super) struct KeyShut {
    /// Which.
    pub(super) id: ApiKeyId,
    /// What people call it.
    pub(super) name: String,
    /// In which environment.
    #[schemars(with = "String")]
    pub(super) environment: Environment,
}

/// How many would be what.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NetworkPreviewTallyOf{T}")]
pub(super) struct Tally<T> {
    /// Still admitted.
    pub(super) admitted: u32,
    /// Shut out.
    pub(super) shut_out: u32,
    /// It can't be told: never used, a list that divides their network, or one too wide to try.
    pub(super) unknown: u32,
    /// Who is shut out.
    pub(super) who: Vec<T>,
}

/// What a list does to something of which only a name of its coarse network is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Admitted,
    ShutOut,
    Unknown,
}

/// Whom these lists would shut out; sessions and keys for whoever may see them.
pub(super) async fn of(
    house: &Store,
    ctx: &Ctx,
    permissions: PermissionSet,
    peer: IpAddr,
    lists: &Lists,
) -> Result<Preview, Failure> {
    let own = Own { dashboard: lists.dashboard.admit(peer), admin: lists.admin.admit(peer) };
    let sessions = match permissions.contains(SESSIONS_MANAGE) {
        true => Some(of_sessions(house, ctx, &lists.dashboard).await?),
        false => None,
    };
    let keys = match permissions.contains(KEYS_READ) {
        true => Some(of_keys(house, ctx, &lists.keys).await?),
        false => None,
    };
    Ok(Preview { you: own, sessions, keys })
}

async fn of_sessions(house: &Store, ctx: &Ctx, list: &Cidrs) -> Result<Tally<MemberId>, Failure> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let all = house.read(ctx, |tx| sessions::list(tx, None, None, MOST)).await?;
    let tried = Tried::new(list);
    let mut tally = Tally::default();
    for session in all {
        let fate = tried.fate(|network| network_name(&keys, session.member, network) == session.network);
        tally.count(fate, || session.member);
    }
    tally.who.sort_unstable();
    tally.who.dedup();
    Ok(tally)
}

async fn of_keys(house: &Store, ctx: &Ctx, list: &Cidrs) -> Result<Tally<KeyShut>, Failure> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let (tried, now) = (Tried::new(list), ctx.now());
    let mut tally = Tally::default();
    for environment in [Environment::Test, Environment::Live] {
        let ctx = Ctx { org: Org { environment, ..ctx.org }, ..ctx.clone() };
        let all: Vec<ApiKey> = house.read(&ctx, |tx| api_keys::list(tx, None, MOST)).await?;
        for key in all.into_iter().filter(|key| key.is_good(now)) {
            let fate = match &key.last_use {
                Some(last) => tried.fate(|network| last.is_from(&keys, key.id, network)),
                None if list.as_slice().is_empty() => Fate::Admitted,
                None => Fate::Unknown,
            };
            tally.count(fate, || KeyShut { id: key.id, name: key.name.as_str().to_owned(), environment });
        }
    }
    Ok(tally)
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { admitted: 0, shut_out: 0, unknown: 0, who: Vec::new() }
    }
}

impl<T> Tally<T> {
    fn count(&mut self, fate: Fate, who: impl FnOnce() -> T) {
        match fate {
            Fate::Admitted => self.admitted += 1,
            Fate::Unknown => self.unknown += 1,
            Fate::ShutOut => {
                self.shut_out += 1;
                self.who.push(who());
            }
        }
    }
}

/// A list, taken apart into coarse networks.
pub(super) struct Tried {
    /// Wholly in it: an address in each.
    whole: Vec<IpAddr>,
    /// Partly in it.
    part: Vec<IpAddr>,
    /// It has more than could be tried.
    too_wide: bool,
    everywhere: bool,
}

impl Tried {
    pub(super) fn new(list: &Cidrs) -> Self {
        let mut tried =
            Self { whole: Vec::new(), part: Vec::new(), too_wide: false, everywhere: list.as_slice().is_empty() };
        for network in list.as_slice() {
            tried.take(*network);
        }
        tried
    }

    fn take(&mut self, network: Cidr) {
        let coarse = if network.address().is_ipv4() { COARSE.0 } else { COARSE.1 };
        let Some(wider) = coarse.checked_sub(network.prefix()) else { return self.part.push(network.address()) };
        match 1_u32.checked_shl(wider.into()).filter(|count| *count <= MOST_TRIED) {
            Some(count) => self.whole.extend((0..count).map(|at| nth(network.address(), at))),
            None => self.too_wide = true,
        }
    }

    /// What it does to what was seen in the network that `is_of` knows by one of its addresses.
    pub(super) fn fate(&self, is_of: impl Fn(IpAddr) -> bool) -> Fate {
        if self.everywhere || self.whole.iter().copied().any(&is_of) {
            return Fate::Admitted;
        }
        if self.too_wide || self.part.iter().copied().any(is_of) { Fate::Unknown } else { Fate::ShutOut }
    }
}

/// An address in the coarse network that many behind this one's.
fn nth(first: IpAddr, at: u32) -> IpAddr {
    match first {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits() | at << 8).into(),
        IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits() | u128::from(at) << 80).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(networks: &[&str], seen: &str) -> Fate {
        let list = Cidrs::new(networks.iter().map(|one| one.parse().unwrap()).collect()).unwrap();
        let seen = api_keys::CoarseNetwork::of(seen.parse().unwrap());
        Tried::new(&list).fate(|network| api_keys::CoarseNetwork::of(network) == seen)
    }

    #[test]
    fn what_can_be_told_of_a_coarse_network_is_told_and_no_more() {
        for (networks, seen, expected) in [
            (&[][..], "203.0.113.9", Fate::Admitted),
            (&["192.0.2.0/24"], "192.0.2.77", Fate::Admitted),
            (&["192.0.2.0/24"], "192.0.3.77", Fate::ShutOut),
            (&["10.1.0.0/16"], "10.1.255.1", Fate::Admitted),
            (&["10.1.0.0/16"], "10.2.0.1", Fate::ShutOut),
            (&["10.0.0.0/8"], "10.2.0.1", Fate::Unknown),
            (&["192.0.2.7/32"], "192.0.2.99", Fate::Unknown),
            (&["192.0.2.7/32"], "192.0.3.7", Fate::ShutOut),
            (&["2001:db8::/40"], "2001:db8:ff::1", Fate::Admitted),
            (&["2001:db8::/40"], "2001:db8:100::1", Fate::ShutOut),
            (&["2001:db8::/32"], "2001:db9::1", Fate::Unknown),
            (&["2001:db8::/64", "192.0.2.0/24"], "192.0.2.1", Fate::Admitted),
        ] {
            assert_eq!(fate(networks, seen), expected, "{networks:?} {seen}");
        }
    }
}
