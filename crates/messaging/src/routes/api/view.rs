//! How routes are shown.

use schemars::JsonSchema;
use sealpost_govern::audit::TypedId;
use sealpost_store::{Ctx, RouteId, Time};
use serde::Serialize;

use crate::channels::ChannelKind;
use crate::routes::{OnUnknown, Plan, Route, RouteVersion, Step, Strategy};
use crate::versions::{Author, Authors};

/// A route.
#[derive(Serialize, JsonSchema)]
pub(super) struct RouteView {
    /// Its id.
    id: RouteId,
    /// `test` or `live`.
    environment: &'static str,
    /// What it is called.
    name: String,
    /// What its channels are for.
    channel: ChannelKind,
    /// Its newest version.
    version: u32,
    /// The version in force: what messages accepted from now on go along; 0: none yet.
    live_version: u32,
    /// When it was made.
    created_at: Time,
}

/// A version of a route.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RouteVersionView")]
pub(super) struct VersionView {
    /// Its number, from 1.
    version: u32,
    /// In which order steps are tried.
    strategy: Strategy,
    /// What follows an attempt of which nobody knows whether it was sent, for codes.
    on_unknown: OnUnknown,
    /// The steps, as they are listed.
    steps: Vec<Step>,
    /// When it was made.
    created_at: Time,
    /// Who wrote it: a member, or a key. Nothing of versions from before this was kept.
    written_by: Option<TypedId>,
    /// Since when it has been in force for the first time, if it ever was.
    released_at: Option<Time>,
}

/// A route with its versions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FullRouteView")]
pub(super) struct FullView {
    #[serde(flatten)]
    pub(super) route: RouteView,
    /// Versions, newest first.
    pub(super) versions: Vec<VersionView>,
}

impl RouteView {
    pub(super) fn of(ctx: &Ctx, route: &Route) -> Self {
        let Route { id, name, kind, version, live, promotions: _, created_at } = route.clone();
        Self {
            id,
            environment: ctx.org.environment.as_str(),
            name,
            channel: kind,
            version,
            live_version: live,
            created_at,
        }
    }
}

impl From<&RouteVersion> for VersionView {
    fn from(version: &RouteVersion) -> Self {
        let RouteVersion { version, plan: Plan { strategy, on_unknown, steps }, created_at, released_at } =
            version.clone();
        Self { version, strategy, on_unknown, steps, created_at, released_at, written_by: None }
    }
}

impl VersionView {
    /// With who wrote it.
    pub(super) fn by(self, authors: &Authors) -> Self {
        Self { written_by: authors.get(&self.version).and_then(Author::named), ..self }
    }
}
