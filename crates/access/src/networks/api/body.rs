//! Lists as requests and answers say them.

use schemars::JsonSchema;
use sealpost_store::Time;
use sealpost_web::{Cidr, Cidrs, Fault, Reply};
use serde::{Deserialize, Serialize};

use crate::networks::{Lists, Standing};

/// The lists that shall hold.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewNetworkLists")]
pub(super) struct Asked {
    /// From where members are admitted at all; from anywhere, if empty.
    pub(super) dashboard: Cidrs,
    /// From where members do what administrators do, on top of that.
    pub(super) admin: Cidrs,
    /// From where keys are admitted, on top of what each says itself.
    pub(super) keys: Cidrs,
}

impl From<Asked> for Lists {
    fn from(Asked { dashboard, admin, keys }: Asked) -> Self {
        Self { dashboard, admin, keys }
    }
}

/// Three lists of networks. An empty one admits everybody.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NetworkLists")]
struct ListsView {
    /// From where members are admitted at all.
    #[schemars(with = "Vec<String>")]
    dashboard: Vec<Cidr>,
    /// From where members do what administrators do.
    #[schemars(with = "Vec<String>")]
    admin: Vec<Cidr>,
    /// From where keys are admitted.
    #[schemars(with = "Vec<String>")]
    keys: Vec<Cidr>,
}

impl From<&Lists> for ListsView {
    fn from(lists: &Lists) -> Self {
        let list = |list: &Cidrs| list.as_slice().to_vec();
        Self { dashboard: list(&lists.dashboard), admin: list(&lists.admin), keys: list(&lists.keys) }
    }
}

/// A change that undoes itself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PendingNetworks")]
struct PendingView {
    /// When it does, unless it is confirmed.
    reverts_at: Time,
    /// What holds then.
    reverts_to: ListsView,
}

/// How it stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NetworkPolicy")]
pub(super) struct StandingView {
    /// How often something was decided.
    version: u32,
    /// What holds now.
    #[serde(flatten)]
    lists: ListsView,
    /// Whether that undoes itself.
    pending: Option<PendingView>,
    /// When something was decided last; nothing if never.
    changed_at: Option<Time>,
}

impl StandingView {
    pub(super) fn of(standing: &Standing, now: Time) -> Self {
        let pending = standing
            .open(now)
            .map(|pending| PendingView { reverts_at: pending.until, reverts_to: ListsView::from(&standing.confirmed) });
        let lists = ListsView::from(standing.in_force(now));
        Self { version: standing.version, lists, pending, changed_at: standing.since }
    }
}

/// The answer that says how it stands.
pub(super) fn answer(standing: &Standing, now: Time) -> Result<Reply, Fault> {
    Ok(Reply::ok(&StandingView::of(standing, now))?.version(&standing.tag(now)))
}
