//! Who looked at what, when and why, as the ledger has it.

use schemars::JsonSchema;
use sealpost_ledger::Leaf;
use sealpost_store::{Ctx, RequestId, Store, StoreError, Time};
use serde::{Deserialize, Serialize};

use crate::audit::{self, ActorWord, Entry, EnvironmentWord, Filter, ResultWord, TypedId};

/// What a look's action ends with.
const LOOK: &str = ".reveal";
/// The leaf of too many looks in a short time.
const BURST: &str = "reveal.burst";
const DAY_MS: i64 = 86_400_000;

/// Which looks somebody wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Of this member or key.
    pub(super) actor: Option<TypedId>,
    /// At this object.
    pub(super) object: Option<TypedId>,
    /// On this day (UTC): `2026-01-15`.
    pub(super) day: Option<Day>,
}

/// A day (UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day {
    text: String,
    begin: Time,
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let begin = format!("{text}T00:00:00Z").parse().ok().filter(|_| is_day);
        begin.map(|begin| Self { text: text.to_owned(), begin }).ok_or("not_a_date")
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

impl Wanted {
    fn admits(&self, leaf: &Leaf) -> bool {
        let (from, to) = match &self.day {
            Some(day) => (Some(day.begin), Some(day.begin.plus_ms(DAY_MS))),
            None => (None, None),
        };
        let rest = Filter { actor: self.actor.clone(), target: self.object.clone(), from, to, ..Filter::default() };
        leaf.action.as_str().ends_with(LOOK) && rest.admits(leaf)
    }
}

/// One look.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Look")]
pub(super) struct PastLook {
    /// Its position in the ledger.
    pub(super) seq: u64,
    /// When.
    pub(super) at: Time,
    /// What kind of party looked.
    pub(super) actor_kind: ActorWord,
    /// Who.
    pub(super) actor: Option<TypedId>,
    /// What was looked at: `message.reveal`.
    pub(super) action: String,
    /// Which object.
    pub(super) object: Option<TypedId>,
    /// Which of its fields, where that was asked for.
    pub(super) fields: Vec<String>,
    /// Where.
    pub(super) environment: Option<EnvironmentWord>,
    /// Whether it was granted.
    pub(super) result: ResultWord,
    /// Why it wasn't, as a code.
    pub(super) denied_for: Option<String>,
    /// Why they looked, in their own words; absent if that is deleted by now.
    pub(super) why: Option<String>,
    /// Whether it was one too many in a short time.
    pub(super) burst: bool,
    /// The request it belongs to.
    pub(super) request_id: RequestId,
}

/// A stretch of the ledger, looked through for looks.
pub(super) struct Stretch {
    pub(super) looks: Vec<PastLook>,
    /// Below this position nothing has been looked at yet; 0 at the beginning of the ledger.
    pub(super) looked_down_to: u64,
}

/// Up to `limit` looks before position `before` (from the end, if it is nothing), newest first. Bursts come with the look that made them.
pub(super) async fn looks(
    house: &Store,
    ctx: &Ctx,
    wanted: Wanted,
    before: Option<u64>,
    limit: u32,
) -> Result<Stretch, StoreError> {
    let scan = audit::scan(house, ctx, |leaf| wanted.admits(leaf), before, limit).await?;
    let mut looks: Vec<PastLook> = scan.entries.iter().filter_map(of).collect();
    let bursts = bursts(house, ctx, &looks).await?;
    looks.iter_mut().for_each(|look| look.burst = bursts.contains(&look.request_id));
    Ok(Stretch { looks, looked_down_to: scan.looked_down_to })
}

/// The requests of bursts within the stretch that these looks are in.
async fn bursts(house: &Store, ctx: &Ctx, looks: &[PastLook]) -> Result<Vec<RequestId>, StoreError> {
    let (Some(newest), Some(oldest)) = (looks.first(), looks.last()) else { return Ok(Vec::new()) };
    // A burst is recorded just before its look, in the same transaction.
    let lowest = oldest.seq.saturating_sub(8);
    let mut before = Some(newest.seq);
    let mut requests = Vec::new();
    while let Some(end) = before.filter(|end| *end > lowest) {
        let is_burst = |leaf: &Leaf| leaf.action.as_str() == BURST;
        let scan = audit::scan(house, ctx, is_burst, Some(end), u32::MAX).await?;
        requests.extend(scan.entries.iter().filter_map(|entry| entry.act.as_ref()).map(|act| act.request_id));
        before = Some(scan.looked_down_to);
    }
    Ok(requests)
}

fn of(entry: &Entry) -> Option<PastLook> {
    let act = entry.act.as_ref()?;
    let detail = |name: &str| act.details.as_ref()?.get(name).cloned();
    let fields = detail("fields").and_then(|fields| serde_json::from_value(fields).ok()).unwrap_or_default();
    Some(PastLook {
        seq: entry.seq,
        at: act.at,
        actor_kind: act.actor_kind,
        actor: act.actor.clone(),
        action: act.action.clone(),
        object: act.target.clone(),
        fields,
        environment: act.environment,
        result: act.result,
        denied_for: act.reason.clone(),
        why: detail("reason").and_then(|why| why.as_str().map(str::to_owned)),
        burst: false,
        request_id: act.request_id,
    })
}
