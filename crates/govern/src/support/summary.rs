//! What came of it: counted from the ledger, which is the only list there is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealpost_ledger::{Leaf, LeafResult};
use sealpost_store::{ActorKind, Ctx, Environment, Org, Store, StoreError, SupportGrantId, Time};
use serde::{Deserialize, Serialize};

use crate::audit::TypedId;

/// Different acts that are told apart; the rest is counted together.
const MOST: usize = 200;
/// Leaves read at once.
const CHUNK: u32 = 512;

/// What somebody did who was let in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SupportSummary")]
pub(super) struct Summary {
    /// Each act at each object, and how often.
    pub(super) acts: Vec<Counted>,
    /// Acts beyond those.
    pub(super) others: u64,
}

/// Something that was done, looked at or refused, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SupportSummaryLine")]
pub(super) struct Counted {
    /// What: `support.look`.
    pub(super) action: String,
    /// At which object.
    pub(super) object: Option<TypedId>,
    /// Of what, or why not, as a code.
    pub(super) reason: Option<String>,
    /// Whether it was refused or didn't work.
    pub(super) refused: bool,
    /// How often.
    pub(super) count: u64,
    /// When first.
    pub(super) first_at: Time,
}

impl Summary {
    /// How often something was looked at.
    pub(super) fn looks(&self) -> u64 {
        self.sum(|one| !one.refused && one.action == "support.look")
    }

    /// How often something else was done.
    pub(super) fn acts(&self) -> u64 {
        self.sum(|one| !one.refused && one.action != "support.look")
    }

    /// How often something was refused.
    pub(super) fn refused(&self) -> u64 {
        self.sum(|one| one.refused)
    }

    fn sum(&self, which: impl Fn(&Counted) -> bool) -> u64 {
        self.acts.iter().filter(|one| which(one)).map(|one| one.count).sum()
    }
}

type Key = (String, Option<(String, [u8; 16])>, Option<String>, bool);

/// Counts what was done under a grant that began then.
pub(super) async fn of(house: &Store, org: Org, id: SupportGrantId, since: Time) -> Result<Summary, StoreError> {
    let ctx = Ctx::system(Org { environment: Environment::Live, ..org }, house.world().clone());
    let mut to = house.ledger_head(&ctx).await?.map_or(0, |(head, _)| head.frontier.size());
    let mut found: BTreeMap<Key, (u64, i64)> = BTreeMap::new();
    let mut others = 0;
    let mut is_before = false;
    while to > 0 && !is_before {
        let from = to.saturating_sub(u64::from(CHUNK));
        let count = u32::try_from(to - from).unwrap_or(CHUNK);
        for row in house.ledger_leaves(&ctx, from, count).await?.iter().rev() {
            let Ok(leaf) = Leaf::decode(&row.leaf) else { continue };
            is_before |= leaf.action.as_str() == "support.grant"
                && leaf.target.as_ref().is_some_and(|target| target.id == id.bytes())
                || leaf.at_ms < since.unix_ms() - SKEW_MS;
            if leaf.actor.kind != ActorKind::Support as u8 || leaf.actor.id != id.bytes() {
                continue;
            }
            let key = key(&leaf);
            if found.len() >= MOST && !found.contains_key(&key) {
                others += 1;
                continue;
            }
            let (count, first) = found.entry(key).or_insert((0, leaf.at_ms));
            *count += 1;
            *first = leaf.at_ms.min(*first);
        }
        to = from;
    }
    let mut acts: Vec<_> = found.into_iter().map(counted).collect();
    acts.sort_by_key(|one| (one.refused, one.first_at));
    Ok(Summary { acts, others })
}

/// Clocks of two nodes may differ by so much: so much further back it is looked.
const SKEW_MS: i64 = 60_000;

fn key(leaf: &Leaf) -> Key {
    let object = leaf.target.as_ref().map(|target| (target.kind.to_string(), target.id));
    let reason = leaf.reason.as_ref().map(ToString::to_string);
    (leaf.action.to_string(), object, reason, leaf.result != LeafResult::Ok)
}

fn counted(((action, object, reason, refused), (count, first)): (Key, (u64, i64))) -> Counted {
    let object = object.map(|(kind, id)| TypedId { kind, id });
    Counted { action, object, reason, refused, count, first_at: Time::from_unix_ms(first) }
}
