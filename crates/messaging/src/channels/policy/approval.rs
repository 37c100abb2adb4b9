//! Channels as something that takes an approval in live: a new one, and a policy that leads elsewhere or protects less than before. What
//! others agree to is the whole policy.

use sealpost_access::secrets;
use sealpost_govern::Reason;
use sealpost_govern::approvals::{Apply, Approvable, Approval, Line, Module, Prepared};
use sealpost_govern::revisions::Revisable;
use sealpost_govern::security::{Turned, typed};
use sealpost_store::{ChannelId, Leaf, OrgKeys, Recorded, SecretId, StoreError, Tx};
use sealpost_web::{Failure, not_found};
use serde_json::Value;

use super::lines;
use super::model::Policy;
use super::service::{self, SETTING};
use crate::channels::store;
use crate::versions::{Act, Policed, Wanted, ask_whole};

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

impl Policed for Policy {
    const MARK: &'static str = "channel-policy";

    fn subject(&self) -> [u8; 16] {
        self.channel_id.bytes()
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
    let channel = store::find(tx, wanted.policy.channel_id)?.ok_or_else(not_found)?;
    let before = Policy::of(&channel);
    let names = names(tx, [&before, &wanted.policy])?;
    let called = |id: SecretId| {
        names.iter().find(|(one, _)| *one == id).map_or_else(|| id.to_string(), |(_, name)| name.clone())
    };
    wanted.prepared((&before, channel.version, channel.is_admitted), |before, after| {
        lines::lines(&channel.name, before, after, called)
    })
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
    let wanted: Wanted<Policy> = typed(value)?;
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
