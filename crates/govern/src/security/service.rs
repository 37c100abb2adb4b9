//! Reading and turning switches.

use sealpost_store::{Ctx, OrgKeys, Recorded, Store, StoreError, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Refusal};
use serde_json::Value;

use super::codes::SWITCH_UNAVAILABLE;
use super::switch::{Changes, Switch, SwitchState, Switches, Turned};
use crate::audit::{self, Entry};
use crate::reason::Reason;

/// A switch, how it stands, and the last change of it that the ledger has.
pub(super) struct Seen {
    pub(super) switch: Switch,
    pub(super) state: SwitchState,
    pub(super) last: Option<Entry>,
}

/// All of them.
pub(super) async fn all(house: &Store, ctx: &Ctx, switches: &Switches) -> Result<Vec<Seen>, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let asked = switches.clone();
    let states = house
        .read::<_, StoreError>(ctx, move |tx| {
            asked.iter().map(|one| (one.state)(tx, &keys)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    // What nobody ever changed isn't looked for.
    let changed = |(switch, state): (&Switch, &SwitchState)| match switch.changes {
        Changes::By(_, act) if state.changed_at.is_some() => Some(act),
        _ => None,
    };
    let acts: Vec<_> = switches.iter().zip(&states).filter_map(changed).collect();
    let last = audit::latest(house, ctx, &acts).await?;
    let find = |switch: &Switch| {
        let Changes::By(_, act) = switch.changes else { return None };
        last.get(acts.iter().position(|one| *one == act)?)?.clone()
    };
    let seen = switches.iter().zip(states.iter().cloned());
    Ok(seen.map(|(switch, state)| Seen { switch: *switch, state, last: find(switch) }).collect())
}

/// Turns each of these switches to what is wanted of it: all of them, or none.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    switches: &Switches,
    wanted: Vec<(&'static str, Value)>,
    reason: Option<&Reason>,
) -> Result<Recorded<Vec<(&'static str, Turned)>>, Failure> {
    let (mut done, mut turned) = (None, Vec::new());
    for (name, value) in wanted {
        let switch =
            switches.find(name).ok_or_else(|| Refusal::of(&SWITCH_UNAVAILABLE).at(format!("/{name}"), "unknown"))?;
        let change = match switch.changes {
            Changes::By(change, _) => change,
            Changes::Never(code) => return Err(Refusal::of(code).at(format!("/{name}"), code.code).into()),
        };
        let recorded = change(tx, keys, value, reason).map_err(|failure| placed(failure, name))?;
        turned.push((name, *recorded.value()));
        done = Some(recorded);
    }
    done.map(|done| done.map(|_| turned)).ok_or_else(|| Refusal::of(&BODY_INVALID).at("", "nothing_to_change").into())
}

/// What is wrong with a switch's part of the body, as that of the whole. The reason stands beside them.
fn placed(failure: Failure, name: &str) -> Failure {
    match failure {
        Failure::Refused(refusal) if refusal.errors().iter().any(|wrong| !is_about_reason(wrong)) => {
            refusal.below(&format!("/{name}")).into()
        }
        failure => failure,
    }
}

fn is_about_reason(wrong: &sealpost_web::problem::Wrong) -> bool {
    matches!(&wrong.place, sealpost_web::problem::Place::Pointer(place) if place == "/reason")
}

impl Seen {
    /// Why it was changed last, if somebody said so and that is still kept.
    pub(super) fn reason(&self) -> Option<String> {
        let details = self.last.as_ref()?.act.as_ref()?.details.as_ref()?;
        details.get("reason")?.as_str().map(str::to_owned)
    }
}
