//! Use cases of policies.

use sealpost_access::revisions::{self, Change, Revision, Setting, Subject};
use sealpost_access::secrets::{self, Kept, SecretRef};
use sealpost_govern::Reason;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::approvals::{self, Approval, Module};
use sealpost_seal::Purpose;
use sealpost_store::{Change as Told, ChannelId, Environment, Leaf, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Code, Failure, Fault, Refusal, Reply, not_found};
use serde_json::json;

use super::approval;
use super::model::Policy;
use super::rules;
use crate::channels::codes::{CHANNEL_APART, CHANNEL_SECRET_GONE, CHANNEL_UNAPPROVED};
use crate::channels::model::{Channel, EmailSettings};
use crate::channels::{CHANGED, rules as settings, store};
use crate::versions::codes::VERSION_MOVED;
use crate::versions::{Act, Expected, Promoted, Standing, VersionRefusal};

/// Its name among the settings that leave revisions.
pub(super) const SETTING: Setting = Setting::new("channel");

/// Of which channel's policy something is.
fn subject(tx: &Tx<'_>, id: ChannelId) -> Subject {
    Subject { setting: SETTING, target: Some(id.bytes()), environment: Some(tx.ctx().org.environment) }
}

/// Whether channels take an approval here.
fn is_guarded(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.ctx().org.environment == Environment::Live && approvals::is_needed(tx, Module::Channel)?)
}

/// Whether others have yet to agree to a channel at all: it sends nothing until they have.
pub(in crate::channels) fn is_held(tx: &mut Tx<'_>, channel: &Channel) -> Result<bool, StoreError> {
    Ok(!channel.is_admitted && is_guarded(tx)?)
}

/// Asks others first, where what is wanted protects less than what is there and that takes an approval. `carries` is whether the change
/// brings a password or key along, which is no part of a policy: what others agree to is all that happens then.
pub(in crate::channels) fn gate(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    before: &Policy,
    after: Policy,
    carries: bool,
    why: Option<&Reason>,
) -> Result<Option<Recorded<Approval>>, Failure> {
    if !is_guarded(tx)? || !rules::is_looser(&before.email, &after.email) {
        return Ok(None);
    }
    if carries {
        return Err(Refusal::of(&CHANNEL_APART).into());
    }
    approval::ask(tx, keys, Act::Change, after, why).map(Some)
}

/// Keeps the policy of a new channel, and asks others before it sends, where that takes an approval.
pub(in crate::channels) fn begin(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    channel: &mut Channel,
) -> Result<(Option<Recorded<Approval>>, Leaf), Failure> {
    let after = Policy::of(channel);
    let whole = serde_json::to_value(&after).map_err(Fault::new)?;
    let of = subject(tx, channel.id);
    let digest = revisions::keep(tx, keys, Change { of, number: Some(1), before: None, after: whole, why: None })?;
    let leaf = marked(tx, keys, Leaf::of("channel.create"), channel.id, (1, digest));
    if !is_guarded(tx)? {
        return Ok((None, leaf));
    }
    channel.is_admitted = false;
    store::admit(tx, channel.id, false)?;
    Ok((Some(approval::ask(tx, keys, Act::Admit, after, None)?), leaf))
}

/// Asks anew for a channel that waits and was changed meanwhile: what was asked for before is about what is there no more.
pub(in crate::channels) fn ask_again(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    channel: &Channel,
) -> Result<Recorded<Approval>, Failure> {
    approval::ask(tx, keys, Act::Admit, Policy::of(channel), None)
}

/// Keeps what the policy says after a change that was just stored, if it says something else than before, and answers the change's leaf.
/// The channel's version goes up from where it stood: of many who change it at once one does.
pub(in crate::channels) fn keep(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    channel: &mut Channel,
    before: &Policy,
    why: Option<&Reason>,
) -> Result<Leaf, Failure> {
    let (after, leaf) = (Policy::of(channel), Leaf::of("channel.update"));
    if after == *before {
        return Ok(leaf.on(ChannelId::PREFIX, channel.id.bytes()));
    }
    if !store::advance(tx, channel.id, channel.version)? {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    channel.version = channel.version.saturating_add(1);
    let change = Change {
        of: subject(tx, channel.id),
        number: Some(channel.version),
        before: Some(serde_json::to_value(before).map_err(Fault::new)?),
        after: serde_json::to_value(&after).map_err(Fault::new)?,
        why: why.map(|why| why.text().expose(Purpose::Seal).as_str()),
    };
    let digest = revisions::keep(tx, keys, change)?;
    Ok(marked(tx, keys, leaf, channel.id, (channel.version, digest)))
}

/// The leaf of a change, with which revision it made.
fn marked(tx: &Tx<'_>, keys: &OrgKeys, leaf: Leaf, id: ChannelId, (version, digest): (u32, [u8; 32])) -> Leaf {
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let details = json!({ "version": version, "digest": digest });
    leaf.on(ChannelId::PREFIX, id.bytes()).with(keys.seal_audit(tx.ctx(), details.to_string().as_bytes()))
}

/// Puts a policy into force as it was written down: what was agreed to, or what was there before. The credentials it names must be there
/// still; those that it has no use for go.
pub(super) fn put(tx: &mut Tx<'_>, keys: &OrgKeys, to: &Policy, why: Option<&Reason>) -> Result<Recorded<()>, Failure> {
    let mut channel = store::find(tx, to.channel_id)?.ok_or_else(not_found)?;
    let before = Policy::of(&channel);
    settings::check(&to.email, to.email.password.is_some())?;
    are_there(tx, &before.email, &to.email)?;
    let_go(tx, &before.email, &to.email)?;
    channel.email = to.email.clone();
    channel.updated_at = tx.ctx().now();
    store::update(tx, &channel)?;
    changed(tx, channel.id);
    let leaf = keep(tx, keys, &mut channel, &before, why)?;
    Ok(tx.record(leaf, ()))
}

/// Refuses settings whose credentials are gone: one of a channel's own goes as soon as it is exchanged, and is in no revision.
pub(super) fn are_there(tx: &mut Tx<'_>, standing: &EmailSettings, wanted: &EmailSettings) -> Result<(), Failure> {
    let gone = |place: &str| Refusal::of(&CHANNEL_SECRET_GONE).at(place, "secret_unknown").into();
    match wanted.password {
        Some(Kept::Own(_)) if wanted.password != standing.password => return Err(gone("/email/password")),
        Some(Kept::Stored { stored }) if secrets::refer(tx, &SecretRef::Id(stored))?.is_none() => {
            return Err(gone("/email/password"));
        }
        _ => {}
    }
    let standing = standing.dkim.as_ref().map(|dkim| dkim.key);
    match &wanted.dkim {
        Some(dkim) if Some(dkim.key) != standing => Err(gone("/email/dkim")),
        _ => Ok(()),
    }
}

/// Lets go of what a channel doesn't use any more.
fn let_go(tx: &mut Tx<'_>, before: &EmailSettings, after: &EmailSettings) -> Result<(), StoreError> {
    if let Some(kept) = before.password.filter(|kept| after.password != Some(*kept)) {
        kept.let_go(tx)?;
    }
    match &before.dkim {
        Some(dkim) if after.dkim.is_none() => secrets::remove(tx, dkim.key).map(drop),
        _ => Ok(()),
    }
}

pub(super) fn changed(tx: &mut Tx<'_>, id: ChannelId) {
    tx.publish(Told::new(CHANGED, tx.ctx().org, id.bytes()));
}

/// Refuses to go back for a channel that others have yet to agree to.
pub(super) fn is_agreed_to(tx: &mut Tx<'_>, channel: &Channel) -> Result<(), Failure> {
    if is_held(tx, channel)? { Err(Refusal::of(&CHANNEL_UNAPPROVED).into()) } else { Ok(()) }
}

/// What a channel's policy said last, newest first.
pub(in crate::channels) fn history(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ChannelId,
    limit: usize,
) -> Result<Vec<Revision>, StoreError> {
    let of = subject(tx, id);
    revisions::of_subject(tx, keys, &of, limit)
}

/// Why a policy isn't changed.
pub(in crate::channels) const POLICY_REFUSES: [&Code; 4] =
    [&VERSION_MOVED, &CHANNEL_APART, &APPROVAL_PERSON_UNKNOWN, &CHANGED_MEANWHILE];

/// Leads to what was done, or to what waits.
pub(in crate::channels) fn settled<T>(became: &Promoted<T>, done: Reply, approvals: &str) -> Reply {
    match became {
        Promoted::InForce(_) => done,
        Promoted::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
    }
}

/// How a channel's policy stands.
const fn standing(channel: &Channel) -> Standing {
    Standing { newest: channel.version, in_force: Some(channel.version), promotions: channel.version }
}

/// The entity tag of a channel: another as soon as its policy is.
pub(in crate::channels) fn tag(channel: &Channel) -> String {
    standing(channel).tag()
}

/// Refuses a change of whoever believes that another policy is in force.
pub(in crate::channels) fn expect(channel: &Channel, expected: &Expected) -> Result<(), Failure> {
    if expected.holds(&standing(channel)) { Ok(()) } else { Err(VersionRefusal::Moved.into()) }
}

/// What the caller believes.
pub(in crate::channels) fn expected<B, Q>(call: &Call<B, Q>, version: Option<u32>) -> Expected {
    Expected { tags: call.header("if-match").map(str::to_owned), in_force: version }
}
