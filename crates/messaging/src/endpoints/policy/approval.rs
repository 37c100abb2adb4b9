//! Endpoints as something that takes an approval in live: a new one, and a policy that protects less than before. What others agree to is the
//! whole policy.

use sealpost_govern::Reason;
use sealpost_govern::approvals::{Apply, Approvable, Approval, Line, Module, Prepared};
use sealpost_govern::revisions::Revisable;
use sealpost_govern::security::{Turned, typed};
use sealpost_store::{EndpointId, Leaf, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::Value;

use super::lines::lines;
use super::model::Policy;
use super::service::{self, SETTING, can_be_signed, is_url};
use crate::endpoints::codes::ENDPOINT_INVALID;
use crate::endpoints::model::{Filter, Profiles};
use crate::endpoints::{service as endpoints, store};
use crate::versions::{Act, Policed, Wanted, ask_whole};

/// Endpoints in live.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Endpoint,
    says: "Something leaves that didn’t: to another place, about more, or less protected. To protect more takes nobody else.",
    wide: false,
    of: Some(EndpointId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// Every policy there was.
pub const REVISABLE: Revisable = Revisable {
    setting: SETTING,
    title: "Endpoint",
    of: Some(EndpointId::PREFIX),
    page: "/endpoints",
    lines: between,
    roll_back,
};

impl Policed for Policy {
    const MARK: &'static str = "endpoint-policy";

    fn subject(&self) -> [u8; 16] {
        self.endpoint_id.bytes()
    }
}

/// Asks others to agree.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    act: Act,
    policy: Policy,
    why: Option<&Reason>,
) -> Result<Recorded<Approval>, Failure> {
    ask_whole(tx, keys, &APPROVABLE, (act, policy), why)
}

fn prepare(tx: &mut Tx<'_>, keys: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted<Policy> = Wanted::read(keys, target, value)?;
    let endpoint = store::find(tx, wanted.policy.endpoint_id)?.ok_or_else(not_found)?;
    let before = service::of(tx, &endpoint)?;
    wanted.prepared((&before, endpoint.version, endpoint.is_admitted), |before, after| {
        lines(&endpoint.name, before, after)
    })
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, why: Option<&Reason>) -> Result<(), Failure> {
    let wanted: Wanted<Policy> = typed(value)?;
    match wanted.act {
        Act::Change => {
            service::put(tx, keys, &wanted.policy, why).map(drop)?;
            Ok(service::agree(tx, wanted.policy.endpoint_id, &wanted.policy.url)?)
        }
        Act::Admit => {
            let id = wanted.policy.endpoint_id;
            if !store::admit(tx, id, true)? {
                return Err(StoreError::Superseded.into());
            }
            service::agree(tx, id, &wanted.policy.url)?;
            endpoints::changed(tx, id);
            tx.note(Leaf::of("endpoint.admit").on(EndpointId::PREFIX, id.bytes()));
            Ok(())
        }
    }
}

/// The policy, if it can be one: what is rolled back to was one once.
fn read(value: Value) -> Result<Policy, Failure> {
    let policy: Policy = typed(value)?;
    let invalid = |place, code| Refusal::of(&ENDPOINT_INVALID).at(place, code);
    if !is_url(&policy.url) {
        return Err(invalid("/url", "url_invalid").into());
    }
    Filter::new(policy.events.clone()).map_err(|_| invalid("/events", "pattern_invalid"))?;
    Profiles::read(&policy.profiles).map_err(|_| invalid("/profiles", "profile_unknown"))?;
    Ok(policy)
}

fn roll_back(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, why: Option<&Reason>) -> Result<Recorded<Turned>, Failure> {
    let to = read(value)?;
    let endpoint = store::find(tx, to.endpoint_id)?.ok_or_else(not_found)?;
    can_be_signed(tx, &to)?;
    let before = service::of(tx, &endpoint)?;
    if let Some(asked) = service::gate(tx, keys, &endpoint, (&before, to.clone()), false, why)? {
        return Ok(asked.map(|approval| Turned::Waits(approval.id)));
    }
    Ok(service::put(tx, keys, &to, why)?.map(|()| Turned::Done))
}

fn between(before: &Value, after: &Value) -> Result<Vec<Line>, Failure> {
    let (before, after): (Policy, Policy) = (typed(before.clone())?, typed(after.clone())?);
    Ok(lines(&after.endpoint_id.to_string(), Some(&before), &after))
}
