//! Channels as something that takes an approval in live: a new one, and a policy that leads elsewhere or protects less than before. What
//! others agree to is the whole policy.

use sealpost_access::secrets;
use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Apply, Approvable, Approval, Line, Module, Prepared};
use sealpost_govern::revisions::Revisable;
use sealpost_govern::security::{Turned, typed};
use sealpost_store::{ChannelId, Leaf, OrgKeys, Recorded, SecretId, StoreError, Tx};
use sealpost_web::{Failure, Fault, not_found};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lines;
use super::model::Policy;
use super::service::{self, SETTING};
use crate::channels::store;
use crate::versions::VersionRefusal;

/// Channels in live.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Channel,
    says: "Mail goes through somebody it didn’t, in another’s name, or less protected. To protect more takes nobody else.",
    wide: false,
    of: Some(ChannelId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// Every policy there was.
pub const REVISABLE: Revisable = Revisable {
    setting: SETTING,
    title: "Channel",
    of: Some(ChannelId::PREFIX),
    page: "/channels",
    lines: between,
    roll_back,
};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// That a new channel may send.
    Admit,
    /// That this policy is in force.
    Change,
}

impl Act {
    const fn word(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Change => "change",
        }
    }
}

/// What is wanted, with the whole policy it is about. The mark says that the policy was looked at where it was asked for, by whoever might
/// ask for it: who edits a request can't make another of it, nor name a secret they may not.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    act: Act,
    policy: Policy,
    mark: String,
}

fn mark(keys: &OrgKeys, act: Act, policy: &Policy) -> Result<String, Fault> {
    let bytes = serde_json::to_vec(policy).map_err(Fault::new)?;
    let mac = keys.purpose("channel-policy").mac(&[act.word().as_bytes(), b"\n", &bytes]);
    Ok(mac.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Asks others to agree.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    act: Act,
    policy: Policy,
    why: Option<&Reason>,
) -> Result<Recorded<Approval>, Failure> {
    let target = Some(policy.channel_id.bytes());
    let wanted = Wanted { act, mark: mark(keys, act, &policy)?, policy };
    approvals::ask(tx, keys, &APPROVABLE, target, serde_json::to_value(wanted).map_err(Fault::new)?, why)
}

fn prepare(tx: &mut Tx<'_>, keys: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted = typed(value)?;
    let id = wanted.policy.channel_id;
    if target != Some(id.bytes()) || mark(keys, wanted.act, &wanted.policy)? != wanted.mark {
        return Err(not_found().into());
    }
    let channel = store::find(tx, id)?.ok_or_else(not_found)?;
    let before = Policy::of(&channel);
    let names = names(tx, [&before, &wanted.policy])?;
    let called = |id: SecretId| {
        names.iter().find(|(one, _)| *one == id).map_or_else(|| id.to_string(), |(_, name)| name.clone())
    };
    let lines = match wanted.act {
        Act::Admit if channel.is_admitted || before != wanted.policy => return Err(VersionRefusal::Moved.into()),
        Act::Admit => lines::lines(&channel.name, None, &wanted.policy, called),
        Act::Change => lines::lines(&channel.name, Some(&before), &wanted.policy, called),
    };
    let version = channel.version.into();
    Ok(Prepared { wanted: serde_json::to_value(wanted).map_err(Fault::new)?, lines, version, tied: vec![] })
}

/// What the stored secrets that are named in these are called.
fn names(tx: &mut Tx<'_>, policies: [&Policy; 2]) -> Result<Vec<(SecretId, String)>, StoreError> {
    let stored = policies.into_iter().filter_map(|policy| policy.email.password?.stored());
    let mut names = Vec::new();
    for id in stored {
        names.extend(secrets::name_of(tx, id)?.map(|name| (id, name.as_str().to_owned())));
    }
    Ok(names)
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, why: Option<&Reason>) -> Result<(), Failure> {
    let wanted: Wanted = typed(value)?;
    match wanted.act {
        Act::Change => service::put(tx, keys, &wanted.policy, why).map(drop),
        Act::Admit => {
            let id = wanted.policy.channel_id;
            if !store::admit(tx, id, true)? {
                return Err(StoreError::Superseded.into());
            }
            service::changed(tx, id);
            tx.note(Leaf::of("channel.admit").on(ChannelId::PREFIX, id.bytes()));
            Ok(())
        }
    }
}

fn roll_back(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, why: Option<&Reason>) -> Result<Recorded<Turned>, Failure> {
    let to: Policy = typed(value)?;
    let channel = store::find(tx, to.channel_id)?.ok_or_else(not_found)?;
    service::is_agreed_to(tx, &channel)?;
    service::are_there(tx, &channel.email, &to.email)?;
    if let Some(asked) = service::gate(tx, keys, &Policy::of(&channel), to.clone(), false, why)? {
        return Ok(asked.map(|approval| Turned::Waits(approval.id)));
    }
    Ok(service::put(tx, keys, &to, why)?.map(|()| Turned::Done))
}

fn between(before: &Value, after: &Value) -> Result<Vec<Line>, Failure> {
    let (before, after): (Policy, Policy) = (typed(before.clone())?, typed(after.clone())?);
    Ok(lines::lines(&after.channel_id.to_string(), Some(&before), &after, |id| id.to_string()))
}
