//! What the use of a key is watched for while it is written: a network it was never used from, a key that slept.

use sealpost_seal::token::KeyKind;
use sealpost_store::{ApiKeyId, Leaf, OrgKeys, StoreError, Tx};

use super::day::Day;
use super::model::LastUse;
use super::network::{CoarseNetwork, FamiliarNetwork, NetworkName};
use super::usage::Pending;
use super::{notices, rules, store};
use crate::notices::raise;

/// Networks a key is known from at once. One used from more is used from anywhere, and a further one is no news; tie such a key
/// to address blocks instead.
const FAMILIAR: u64 = 32;

/// What was out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noticed {
    /// It was used from a network it was not known from.
    pub(super) new_network: bool,
    /// It had not been used for long.
    pub(super) woke: bool,
}

/// Writes the uses of one key, of which `unmet` networks were not written today; what is out of the ordinary leaves a leaf and is
/// told. The key's row is locked first: whatever other nodes write at the same time, it is noticed once.
pub(super) fn write(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApiKeyId,
    used: &Pending,
    unmet: &[CoarseNetwork],
) -> Result<Option<Noticed>, StoreError> {
    let Some(latest) = used.networks.last() else { return Ok(None) };
    let Some(before) = store::use_so_far(tx, id)? else { return Ok(None) };
    let slept = rules::slept(before.created_at, before.last_used_at, used.first);
    if let Some(days) = slept {
        tx.note(Leaf::of("key.idle_woken").on(ApiKeyId::PREFIX, id.bytes()));
        raise(tx, notices::idle_woken(id, days))?;
    }
    let strange = strange_network(tx, keys, id, used, unmet)?;
    if let Some(network) = strange {
        tx.note(Leaf::of("key.new_network").on(ApiKeyId::PREFIX, id.bytes()));
        raise(tx, notices::new_network(id, NetworkName::new(keys, id, network, used.last)))?;
    }
    for (day, uses) in &used.days {
        store::add_day(tx, id, *day, *uses)?;
    }
    let uses = used.days.iter().map(|(_, uses)| uses).sum();
    let last = LastUse { at: used.last, network: NetworkName::new(keys, id, *latest, used.last) };
    store::add_uses(tx, id, uses, last)?;
    let noticed = Noticed { new_network: strange.is_some(), woke: slept.is_some() };
    Ok((noticed.new_network || noticed.woke).then_some(noticed))
}

/// Makes the networks familiar; answers the latest that was not, unless the key was known from nowhere at all. A publishable key
/// is used from wherever people are, so it is not watched.
fn strange_network(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApiKeyId,
    used: &Pending,
    unmet: &[CoarseNetwork],
) -> Result<Option<CoarseNetwork>, StoreError> {
    if used.kind == KeyKind::Publishable || unmet.is_empty() {
        return Ok(None);
    }
    let today = Day::of(used.last);
    let known = store::familiar_networks(tx, id)?;
    let (mut room, mut strange) = (FAMILIAR.saturating_sub(known), None);
    for network in unmet {
        let name = FamiliarNetwork::new(keys, id, *network);
        if !store::see_again(tx, id, name, today)? && room > 0 {
            store::make_familiar(tx, id, name, today)?;
            room -= 1;
            strange = Some(*network);
        }
    }
    Ok(strange.filter(|_| known > 0))
}
