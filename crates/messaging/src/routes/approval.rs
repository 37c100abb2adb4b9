//! Routes as something that takes an approval in live: a version that was never in force there. What others agree to is the plan itself.

use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Apply, Approvable, Approval, Line, Module, Prepared};
use sealpost_govern::security::typed;
use sealpost_store::{Environment, OrgKeys, Recorded, RouteId, StoreError, Tx};
use sealpost_web::{Failure, Fault, not_found};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Plan, RouteRefusal};
use super::pages::words;
use super::{promotion, store};
use crate::channels;
use crate::versions::{approval_lines, authors, hands};

/// Routes in live.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Route,
    says: "Messages go along steps they never went in live. To go back to what was in force takes nobody else.",
    wide: true,
    of: Some(RouteId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// Which version is wanted, with the very plan it is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    route_id: RouteId,
    version: u32,
    #[serde(default)]
    plan: Option<Plan>,
}

/// Asks others to agree.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    route_id: RouteId,
    version: u32,
) -> Result<Recorded<Approval>, RouteRefusal> {
    let wanted = Wanted { route_id, version, plan: None };
    let wanted = serde_json::to_value(wanted).map_err(|_| StoreError::Column("wanted".into()))?;
    approvals::ask(tx, keys, &APPROVABLE, Some(route_id.bytes()), wanted, None).map_err(RouteRefusal::Unasked)
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted = typed(value)?;
    if target != Some(wanted.route_id.bytes()) {
        return Err(not_found().into());
    }
    tx.in_environment(Environment::Live, |tx| {
        let (route, version) = promotion::whole(tx, wanted.route_id, wanted.version)?;
        let before = store::version(tx, route.id, route.live)?.map(|version| version.plan);
        let kind = channels::words(route.kind).to_owned();
        let mut lines = vec![
            Line::new("Route", before.as_ref().map(|_| route.name.clone()), route.name.clone()),
            Line::new("For", before.as_ref().map(|_| kind.clone()), kind),
        ];
        lines.extend(plan_lines(tx, before.as_ref(), &version.plan)?);
        let wanted = Wanted { plan: Some(version.plan), ..wanted };
        let wanted = serde_json::to_value(wanted).map_err(Fault::new)?;
        let (all, authors) = (store::versions(tx, route.id)?, authors(tx, route.id.bytes())?);
        let tied = hands(all.iter().map(|one| (one.version, one.version == route.live)), version.version, &authors);
        Ok(Prepared { wanted, lines, version: route.promotions.into(), tied })
    })
}

/// What a plan says, with its channels by their names.
fn plan_lines(tx: &mut Tx<'_>, before: Option<&Plan>, after: &Plan) -> Result<Vec<Line>, StoreError> {
    let mut said = |plan: &Plan| {
        let mut steps = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let name = store::channel_name(tx, step.channel)?.unwrap_or_else(|| step.channel.to_string());
            let share = step.share.map(|share| format!(", share {share}")).unwrap_or_default();
            let within = step.accepted_within_s.map(|within| format!(", taken within {within} s")).unwrap_or_default();
            steps.push(format!("{name}{share}{within}"));
        }
        Ok::<_, StoreError>(steps)
    };
    let (was, is) = (before.map(&mut said).transpose()?.unwrap_or_default(), said(after)?);
    let of = |word: fn(&Plan) -> &'static str| (before.map(|plan| word(plan).to_owned()), Some(word(after).to_owned()));
    let (strategies, unknown) =
        (of(|plan| words::strategy(plan.strategy)), of(|plan| words::on_unknown(plan.on_unknown)));
    let whole = [
        ("Steps are tried".to_owned(), strategies.0, strategies.1),
        ("If nobody knows whether a code was sent".to_owned(), unknown.0, unknown.1),
    ];
    let step = |at: usize| (format!("Step {}", at + 1), was.get(at).cloned(), is.get(at).cloned());
    Ok(approval_lines(whole.into_iter().chain((0..was.len().max(is.len())).map(step))))
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, _: Option<&Reason>) -> Result<(), Failure> {
    let wanted: Wanted = typed(value)?;
    tx.in_environment(Environment::Live, |tx| {
        let (route, version) = promotion::whole(tx, wanted.route_id, wanted.version)?;
        // Versions never change. Where what was agreed to and what is there differ, somebody changed a row by another way.
        if wanted.plan.as_ref() != Some(&version.plan) {
            return Err(StoreError::Unopenable.into());
        }
        let leaf = promotion::leaf(tx, keys, &route, &version);
        promotion::put_into_force(tx, route, version.version)?;
        tx.note(leaf);
        Ok(())
    })
}
