//! Weaker masking as something that takes an approval.

use sealpost_access::masking::{self, Masking, Policy};
use sealpost_access::revisions::Setting;
use sealpost_store::{OrgKeys, Recorded, Tx};
use sealpost_web::{Failure, Fault, Refusal};
use serde_json::Value;

use super::api::Whole;
use super::codes::TEST_LOOSER_THAN_LIVE;
use super::service::{self, Outcome};
use super::words::in_words;
use crate::approvals::{Apply, Approvable, Line, Module, Prepared};
use crate::reason::Reason;
use crate::revisions::Revisable;
use crate::security::{Turned, typed};

/// Masking that shows more than before.
pub(crate) const APPROVABLE: Approvable = Approvable {
    module: Module::Masking,
    says: "Masking that shows more than before, or lets people look more often. To hide more takes nobody else.",
    wide: true,
    of: None,
    prepare,
    apply: Apply::Here(apply),
};

/// Its name among the settings that leave revisions.
pub(crate) const SETTING: Setting = Setting::new("masking");

/// Every policy there was.
pub(crate) const REVISABLE: Revisable =
    Revisable { setting: SETTING, title: "Masking", of: None, page: "/security", lines: between, roll_back };

/// The whole of a policy, in one form only.
pub(super) fn wanted(policy: &Policy) -> Result<Value, Failure> {
    Ok(serde_json::to_value(Whole::of(policy)).map_err(Fault::new)?)
}

fn read(value: Value) -> Result<Policy, Failure> {
    let policy = typed::<Whole>(value)?.policy()?;
    if policy.is_looser_in_test() {
        return Err(Refusal::of(&TEST_LOOSER_THAN_LIVE).at("/test", "looser_than_live").into());
    }
    Ok(policy)
}

fn prepare(tx: &mut Tx<'_>, keys: &OrgKeys, _: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let policy = read(value)?;
    let before = masking::standing(tx, keys)?;
    Ok(Prepared {
        wanted: wanted(&policy)?,
        lines: lines(&before.policy, &policy),
        version: before.version.into(),
        tied: vec![],
    })
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    service::put(tx, keys, read(value)?, reason).map(drop)
}

fn between(before: &Value, after: &Value) -> Result<Vec<Line>, Failure> {
    Ok(lines(&read(before.clone())?, &read(after.clone())?))
}

fn roll_back(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    value: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    Ok(service::change(tx, keys, read(value)?, reason)?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(approval) => Turned::Waits(approval.id),
    }))
}

/// What would change: every rule with its expression, since that is what decides.
fn lines(from: &Policy, to: &Policy) -> Vec<Line> {
    let test = |policy: &Policy| policy.test.as_ref().map_or_else(|| "The same".to_owned(), in_words);
    let looks = |policy: &Policy| policy.reveals.count().to_string();
    let mut all = vec![
        Line::new("Live", in_words(&from.masking), in_words(&to.masking)),
        Line::new("Test", test(from), test(to)),
        Line::new("Looks a day", looks(from), looks(to)),
    ];
    all.extend(of_rules("Rule", Some(&from.masking), Some(&to.masking)));
    all.extend(of_rules("Rule in test", from.test.as_ref(), to.test.as_ref()));
    all
}

fn of_rules(title: &str, from: Option<&Masking>, to: Option<&Masking>) -> Vec<Line> {
    let rules = |masking: Option<&Masking>| match masking {
        Some(Masking::Patterns(rules)) => {
            rules.iter().map(|rule| (rule.name.as_str().to_owned(), rule.pattern.as_str().to_owned())).collect()
        }
        _ => Vec::new(),
    };
    let (from, to) = (rules(from), rules(to));
    let of = |all: &[(String, String)], name: &str| {
        let found: Vec<_> = all.iter().filter(|(one, _)| one == name).map(|(_, pattern)| pattern.as_str()).collect();
        (!found.is_empty()).then(|| found.join("\n"))
    };
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in from.iter().chain(&to) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| Line::new(format!("{title}: {name}"), of(&from, name), of(&to, name))).collect()
}
