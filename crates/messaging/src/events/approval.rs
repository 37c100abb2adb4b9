//! Events as something that takes an approval in live: a version that was never in force there, from there or from test.

use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Apply, Approvable, Approval, Line, Module, Prepared};
use sealpost_govern::security::typed;
use sealpost_store::{Environment, EventId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Fault, not_found};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::face::{self, Face};
use super::model::EventRefusal;
use super::{crossing, promotion, store};
use crate::templates::{self, Content};
use crate::versions::{authors, hands};

/// Events in live.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Event,
    says: "An event is for something, says something or goes through something it never did in live. To go back to what was in force takes \
           nobody else.",
    wide: true,
    of: Some(EventId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// What is wanted of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// To be in force, in live.
    Promote,
    /// To go from test to live.
    GoLive,
}

/// What is wanted, with what it comes to: the digest of the version, and the content of a template that goes along.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    act: Act,
    event_id: EventId,
    version: u32,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    brings: Option<Content>,
}

/// Asks others to agree.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    act: Act,
    event_id: EventId,
    version: u32,
) -> Result<Recorded<Approval>, EventRefusal> {
    let wanted = Wanted { act, event_id, version, digest: None, brings: None };
    let wanted = serde_json::to_value(wanted).map_err(|_| StoreError::Column("wanted".into()))?;
    approvals::ask(tx, keys, &APPROVABLE, Some(event_id.bytes()), wanted, None).map_err(EventRefusal::Unasked)
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted = typed(value)?;
    if target != Some(wanted.event_id.bytes()) {
        return Err(not_found().into());
    }
    let (face, name, before, version, brings, mut more, tied) = match wanted.act {
        Act::Promote => tx.in_environment(Environment::Live, |tx| {
            let (event, version) = promotion::whole(tx, wanted.event_id, wanted.version)?;
            promotion::names_what_others_agreed_to(tx, &version)?;
            let before = promotion::in_force(tx, &event.name)?.and_then(|(_, standing)| standing);
            let face = face::of(tx, &version)?;
            let versions = store::versions(tx, event.id)?;
            let released = versions.iter().map(|one| (one.version, one.released_at.is_some()));
            let tied = hands(released, version.version, &authors(tx, event.id.bytes())?);
            Ok::<_, EventRefusal>((face, event.name, before, u64::from(event.promotions), None, vec![], tied))
        })?,
        Act::GoLive => {
            let plan = crossing::plan(tx, wanted.event_id, wanted.version)?;
            crossing::may_bring(tx, &plan)?;
            let id = wanted.event_id;
            let event =
                tx.in_environment(Environment::Test, |tx| store::find(tx, id))?.ok_or(EventRefusal::NotFound)?;
            let (version, tied) = (plan.version(), crossing::hands_in(tx, id, wanted.version, &plan)?);
            let before = plan.live.and_then(|(_, standing)| standing);
            let (brings, lines) = match plan.brings {
                Some(brings) => {
                    let was = brings.before.as_ref().map(|one| &one.content);
                    let lines = templates::content_lines(brings.from.channel, was, &brings.version.content);
                    (Some(brings.version.content), lines)
                }
                None => (None, vec![]),
            };
            (plan.face, event.name, before, version, brings, lines, tied)
        }
    };
    let mut lines = vec![Line::new("Event", before.as_ref().map(|_| name.clone()), name)];
    lines.extend(Face::lines(before.as_ref().map(|(_, face)| face), &face));
    lines.append(&mut more);
    let wanted = Wanted { digest: Some(face.digest().to_string()), brings, ..wanted };
    Ok(Prepared { wanted: serde_json::to_value(wanted).map_err(Fault::new)?, lines, version, tied })
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, _: Option<&Reason>) -> Result<(), Failure> {
    let wanted: Wanted = typed(value)?;
    let agreed = |face: &Face| wanted.digest.as_ref() == Some(&face.digest().to_string());
    match wanted.act {
        Act::Promote => tx.in_environment(Environment::Live, |tx| {
            let (event, version) = promotion::whole(tx, wanted.event_id, wanted.version)?;
            if !agreed(&face::of(tx, &version)?) {
                return Err(StoreError::Unopenable.into());
            }
            let leaf = promotion::leaf(tx, keys, "event.promote", &event, &version)?;
            promotion::put_into_force(tx, event, version.version)?;
            tx.note(leaf);
            Ok::<_, EventRefusal>(())
        })?,
        Act::GoLive => {
            let plan = crossing::plan(tx, wanted.event_id, wanted.version)?;
            let id = wanted.event_id;
            let event =
                tx.in_environment(Environment::Test, |tx| store::find(tx, id))?.ok_or(EventRefusal::NotFound)?;
            // What stood still since it was asked about still comes to the same.
            if !agreed(&plan.face) || plan.brings.as_ref().map(|one| &one.version.content) != wanted.brings.as_ref() {
                return Err(StoreError::Unopenable.into());
            }
            drop(crossing::carry_out(tx, keys, &event.name, plan)?);
        }
    }
    Ok(())
}
