//! What takes an approval: decided like everything else here, and, once somebody says so, only with one.

use sealpost_access::members;
use sealpost_access::permissions::APPROVALS_VOTE;
use sealpost_access::revisions::{self, Change, Setting, Subject};
use sealpost_seal::Purpose;
use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal};
use serde_json::{Value, json};

use super::codes::{APPROVAL_PERSON_UNKNOWN, APPROVERS_TOO_FEW};
use super::digest::Digest;
use super::model::{Approval, GoesLive, Line, Module, Policy, Rule, Standing};
use super::module::{Apply, Approvable, Prepared};
use super::{service, store};
use crate::reason::Reason;
use crate::revisions::Revisable;
use crate::security::{Changes, Standing as Word, Switch, SwitchState, Turned, typed};

/// The policy as something that takes an approval.
pub(super) const APPROVABLE: Approvable = Approvable {
    module: Module::ApprovalPolicy,
    says: "Which acts wait for others, for how many, and of which roles.",
    wide: true,
    of: None,
    prepare,
    apply: Apply::Here(apply),
};

/// Its name among the settings that leave revisions.
const SETTING: Setting = Setting::new("approval_policy");

/// All rules there were.
pub(crate) const REVISABLE: Revisable = Revisable {
    setting: SETTING,
    title: "What takes an approval",
    of: None,
    page: "/approvals",
    lines: |before, after| Ok(lines(&typed(before.clone())?, &typed(after.clone())?)),
    roll_back: turn,
};

/// The policy among the security settings.
pub(crate) const SWITCH: Switch = Switch {
    name: "approvals",
    title: "Approvals",
    says: "What is dangerous waits until others have agreed to exactly what they saw. Nobody approves what they asked for.",
    state,
    changes: Changes::By(turn, ("approval_policy.change", None)),
    refuses: &[&APPROVERS_TOO_FEW, &APPROVAL_PERSON_UNKNOWN],
    page: Some("/approvals/rules"),
};

fn state(tx: &mut Tx<'_>, _: &OrgKeys) -> Result<SwitchState, StoreError> {
    let standing = store::standing(tx)?;
    let modules = &standing.policy.modules;
    let on = match modules.len() {
        0 => Word::Off,
        _ if Module::ALL.iter().all(|module| standing.policy.rule(*module).is_some()) => Word::On,
        _ => Word::Partly,
    };
    let settings = json!({ "modules": modules, "version": standing.version });
    let facts =
        Module::ALL.iter().map(|module| (module.title(), in_words(standing.policy.rule(*module).as_ref()))).collect();
    Ok(SwitchState { standing: on, settings, facts, changed_at: standing.since })
}

/// What a rule says, in a few words.
pub(super) fn in_words(rule: Option<&Rule>) -> String {
    let Some(rule) = rule else { return "No approval".to_owned() };
    let count = rule.approvals.count();
    let people = if count == 1 { "one person".to_owned() } else { format!("{count} people") };
    let roles: Vec<_> = rule.roles.iter().map(|role| role.0.to_string()).collect();
    let named = match rule.members.len() {
        0 => None,
        1 => Some("one named member".to_owned()),
        all => Some(format!("{all} named members")),
    };
    let groups: Vec<_> = roles.into_iter().chain(named).collect();
    let of = if groups.is_empty() { String::new() } else { format!(" of {}", groups.join(", ")) };
    let live = match rule.goes_live {
        GoesLive::OnApproval => "goes live with the last vote",
        GoesLive::Manual => "somebody puts it into force",
    };
    let signed = if rule.signed { ", each vote signed" } else { "" };
    format!("{people}{of}{signed}; {live}")
}

fn turn(tx: &mut Tx<'_>, keys: &OrgKeys, wanted: Value, reason: Option<&Reason>) -> Result<Recorded<Turned>, Failure> {
    let policy: Policy = typed(wanted)?;
    Ok(change(tx, keys, policy, reason)?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(approval) => Turned::Waits(approval.id),
    }))
}

/// What became of a wish.
pub(super) enum Outcome {
    /// It is so.
    InForce(Standing),
    /// Others have to agree first.
    Waits(Box<Approval>),
}

/// Puts a policy into force, or asks for that.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Outcome>, Failure> {
    if service::is_needed(tx, Module::ApprovalPolicy)? {
        let asked = service::ask(tx, keys, &APPROVABLE, None, whole(&policy)?, reason)?;
        return Ok(asked.map(|approval| Outcome::Waits(Box::new(approval))));
    }
    Ok(put(tx, keys, policy, reason)?.map(Outcome::InForce))
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, _: Option<[u8; 16]>, wanted: Value) -> Result<Prepared, Failure> {
    let policy: Policy = typed(wanted)?;
    can_be_met(tx, &policy)?;
    let before = store::standing(tx)?;
    Ok(Prepared {
        wanted: whole(&policy)?,
        lines: lines(&before.policy, &policy),
        version: before.version.into(),
        tied: vec![],
    })
}

/// The whole of it, in one form only.
fn whole(policy: &Policy) -> Result<Value, Failure> {
    Ok(serde_json::to_value(policy).map_err(sealpost_web::Fault::new)?)
}

/// What would change.
fn lines(from: &Policy, to: &Policy) -> Vec<Line> {
    let rule = |policy: &Policy, module| in_words(policy.rule(module).as_ref());
    let line = |module: &Module| Line::new(module.title(), rule(from, *module), rule(to, *module));
    Module::ALL.iter().map(line).collect()
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, wanted: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    put(tx, keys, typed(wanted)?, reason).map(drop)
}

fn put(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Standing>, Failure> {
    can_be_met(tx, &policy)?;
    let before = store::standing(tx)?;
    let version = before.version + 1;
    if !store::put_policy(tx, version, &policy)? {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let digest = revisions::keep(
        tx,
        keys,
        Change {
            of: Subject::only(SETTING),
            number: Some(version),
            before: Some(whole(&before.policy)?),
            after: whole(&policy)?,
            why: reason.map(|reason| reason.text().expose(Purpose::Seal).as_str()),
        },
    )?;
    let details = json!({
        "version": version,
        "digest": Digest::from(digest),
        "from": before.policy,
        "to": policy,
        "reason": reason.map(|reason| reason.text().expose(Purpose::Seal)),
    });
    let ctx = tx.ctx();
    let leaf = Leaf::of("approval_policy.change")
        .on(OrgId::PREFIX, ctx.org.id.bytes())
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()));
    Ok(tx.record(leaf, Standing { policy, version, since: Some(ctx.now()) }))
}

/// Nobody decides what can't be met: besides whoever asks, there have to be as many who could agree. One is enough to begin with where
/// nobody is named, since somebody alone waits instead; whoever names groups names somebody who may vote.
fn can_be_met(tx: &mut Tx<'_>, policy: &Policy) -> Result<(), Failure> {
    let names = |rule: &Rule| !rule.roles.is_empty() || !rule.members.is_empty();
    if policy.modules.values().all(|rule| rule.approvals.count() == 1 && !names(rule)) {
        return Ok(());
    }
    let holders = members::holders(tx, APPROVALS_VOTE)?;
    for (module, rule) in &policy.modules {
        let (able, needed) = (service::voters(&holders, rule).len(), rule.approvals.count());
        if (needed > 1 && able <= needed) || (able == 0 && names(rule)) {
            let place = format!("/modules/{}/approvals", module.word());
            return Err(Refusal::of(&APPROVERS_TOO_FEW).at(place, "approvers_too_few").into());
        }
    }
    Ok(())
}
