//! For how long details of the ledger are kept, as a switch.

use sealpost_seal::Purpose;
use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::codes::RETENTION_REASON_REQUIRED;
use super::switch::{Changes, Standing, Switch, SwitchState, Turned, typed};
use crate::audit::{self, DetailsDays};
use crate::reason::Reason;

/// The leaf of a change, and its reason.
const CHANGE: &str = "security.change";
const NAME: &str = "ledger";

pub(super) const SWITCH: Switch = Switch {
    name: NAME,
    title: "Ledger",
    says: "Who did what to which thing is kept for good, and can be verified. Details, such as why somebody looked, are deleted after \
           so many days.",
    state,
    changes: Changes::By(change, (CHANGE, Some(NAME))),
    refuses: &[&RETENTION_REASON_REQUIRED],
    page: Some("/security/ledger"),
};

fn state(tx: &mut Tx<'_>, _: &OrgKeys) -> Result<SwitchState, StoreError> {
    let standing = audit::details_kept(tx)?;
    let settings = json!({ "details_days": standing.days, "version": standing.version });
    let kept = standing.days.map_or_else(
        || "As long as the installation keeps everybody’s".to_owned(),
        |days| format!("{} days", days.count()),
    );
    let facts = vec![("Details are kept", kept)];
    Ok(SwitchState { standing: Standing::On, settings, facts, changed_at: standing.since })
}

/// What is to change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    details_days: DetailsDays,
}

fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    wanted: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    let Wanted { details_days } = typed(wanted)?;
    Ok(put(tx, keys, details_days, reason)?.map(|()| Turned::Done))
}

/// Decides for how many days details are kept. To keep them for a shorter time than before destroys some, and takes a reason; so does
/// the first decision, since nobody here knows for how long they were kept.
pub(super) fn put(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    days: DetailsDays,
    reason: Option<&Reason>,
) -> Result<Recorded<()>, Failure> {
    let before = audit::details_kept(tx)?;
    if before.days.is_none_or(|before| days < before) && reason.is_none() {
        return Err(Refusal::of(&RETENTION_REASON_REQUIRED).at("/reason", "field_missing").into());
    }
    audit::decide_details(tx, before.version + 1, days)?;
    let details = json!({
        "from": { "details_days": before.days },
        "to": { "details_days": days },
        "reason": reason.map(|reason| reason.text().expose(Purpose::Seal)),
    });
    let ctx = tx.ctx();
    let leaf = Leaf::of(CHANGE)
        .on(OrgId::PREFIX, ctx.org.id.bytes())
        .because(NAME)
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()));
    Ok(tx.record(leaf, ()))
}
