//! Storing more, or for longer, as something that takes an approval, and every policy there was.

use sealpost_access::revisions::Setting;
use sealpost_govern::Reason;
use sealpost_govern::approvals::{Apply, Approvable, Line, Module, Prepared};
use sealpost_govern::revisions::Revisable;
use sealpost_govern::security::{Turned, typed};
use sealpost_store::{OrgKeys, Recorded, Tx};
use sealpost_web::{Failure, Fault};
use serde_json::Value;

use super::model::Policy;
use super::service::{self, Outcome};
use super::{rules, store};
use crate::events::Class;

/// Payloads that are stored where they were not, or for longer.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Storage,
    says: "More that is stored of messages than before, or for longer. To store less takes nobody else.",
    wide: true,
    of: None,
    prepare,
    apply: Apply::Here(apply),
};

/// Its name among the settings that leave revisions.
pub(super) const SETTING: Setting = Setting::new("storage");

/// Every policy there was.
pub const REVISABLE: Revisable =
    Revisable { setting: SETTING, title: "Payload storage", of: None, page: "/storage", lines: between, roll_back };

/// The whole of a policy, in one form only.
pub(super) fn whole(policy: &Policy) -> Result<Value, Failure> {
    Ok(serde_json::to_value(policy).map_err(Fault::new)?)
}

fn read(value: Value) -> Result<Policy, Failure> {
    let policy = typed(value)?;
    rules::holds(&policy).map_err(service::looser)?;
    Ok(policy)
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, _: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let policy = read(value)?;
    let before = store::standing(tx)?;
    Ok(Prepared {
        wanted: whole(&policy)?,
        lines: lines(&before.policy, &policy),
        version: before.version.into(),
        tied: vec![],
    })
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    service::put(tx, keys, read(value)?, reason).map(drop)
}

fn roll_back(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    value: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    Ok(service::decide(tx, keys, read(value)?, reason)?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(approval) => Turned::Waits(approval.id),
    }))
}

fn between(before: &Value, after: &Value) -> Result<Vec<Line>, Failure> {
    Ok(lines(&read(before.clone())?, &read(after.clone())?))
}

fn lines(from: &Policy, to: &Policy) -> Vec<Line> {
    let environments = [("live", &from.live, &to.live), ("test", &from.test, &to.test)];
    let of = |(name, from, to): (&str, &super::ByClass, &super::ByClass)| {
        Class::ALL.map(|class| {
            let what = format!("{} in {name}", class.as_str());
            Line::new(what, from.rule(class).in_words(), to.rule(class).in_words())
        })
    };
    environments.into_iter().flat_map(of).collect()
}
