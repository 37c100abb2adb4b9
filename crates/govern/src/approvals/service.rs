//! Use cases of approvals. Each holds the request until its transaction ends: whoever comes second sees what the first has done.

use sealpost_access::api_keys::person;
use sealpost_access::members::{self, Holder};
use sealpost_access::notices::raise;
use sealpost_access::passkeys::JudgedSignature;
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_VOTE};
use sealpost_access::revisions;
use sealpost_seal::Purpose;
use sealpost_seal::rng::array;
use sealpost_store::{ActorKind, ApprovalId, Environment, Leaf, MemberId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::problem::{Place, QUERY_INVALID, Wrong};
use sealpost_web::{Failure, Fault, Refusal, not_found};
use serde::Serialize;
use serde_json::{Value, json};

use super::codes::*;
use super::digest::Digest;
use super::model::{Approval, Content, GoesLive, Module, Needed, Rule, Says, Scope, State, Tied, Vote};
use super::module::{Apply, Approvable, Approvables};
use super::rules::{Now, Pinned, Refused, Request};
use super::store::Which;
use super::{notices, store};
use crate::masking::codes::LIVE_KEY_REQUIRED;
use crate::reason::Reason;

/// How long after an emergency there may be others before somebody has looked at it.
const FOLLOW_UP_MS: i64 = 24 * 3_600_000;

/// Whether this takes an approval at present.
pub fn is_needed(tx: &mut Tx<'_>, module: Module) -> Result<bool, StoreError> {
    Ok(store::standing(tx)?.policy.rule(module).is_some())
}

/// What of this module waits about one object, newest first.
pub fn open_about(tx: &mut Tx<'_>, module: Module, target: [u8; 16]) -> Result<Vec<ApprovalId>, StoreError> {
    store::open_about(tx, module, target)
}

/// Where a request stands, if there is one of this id.
pub fn state_of(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Option<State>, StoreError> {
    let now = tx.ctx().now();
    Ok(store::find(tx, keys, id)?.map(|approval| approval.state(now)))
}

/// Asks for something that takes an approval: pins what is wanted, and tells who can agree.
pub fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    of: &Approvable,
    target: Option<[u8; 16]>,
    wanted: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Approval>, Failure> {
    let asker = somebody(tx)?;
    let ctx = tx.ctx();
    let (bytes, pinned, tied) = pin(tx, keys, of, target, wanted, reason)?;
    let request = Request::new(asker, pinned, tied, ctx.now());
    let scope = if of.wide { Scope::Both } else { Scope::In(ctx.org.environment) };
    let id = ApprovalId::new(&ctx.world);
    store::insert(tx, keys, (id, of.module, scope, target), &request, &bytes)?;
    let approval = store::find(tx, keys, id)?.ok_or_else(|| StoreError::Missing("approval"))?;
    raise(tx, notices::requested(&approval))?;
    let leaf = leaf(tx, keys, "approval.request", &approval, None);
    Ok(tx.record(leaf, approval))
}

/// Asks for something else in place of what was asked for. Whoever has agreed to the one has not agreed to the other.
pub(super) fn edit(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Approvables,
    id: ApprovalId,
    wanted: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Approval>, Failure> {
    let (approval, _) = held(tx, keys, id)?;
    may_decide(tx, &approval)?;
    let by = somebody(tx)?;
    let of = all.find(approval.module)?;
    let (bytes, pinned, tied) = pin(tx, keys, of, approval.target, wanted, reason)?;
    let to = approval.request.clone().edit(by, pinned, tied, tx.ctx().now()).map_err(refused)?;
    if !store::replace(tx, keys, id, (&approval.request, &to), &bytes)? {
        return Err(Refusal::of(&APPROVAL_RACED).into());
    }
    let approval = store::find(tx, keys, id)?.ok_or_else(not_found)?;
    raise(tx, notices::requested(&approval))?;
    let leaf = leaf(tx, keys, "approval.edit", &approval, None);
    Ok(tx.record(leaf, approval))
}

/// What somebody says about what they saw.
pub(super) struct Word<'a> {
    pub(super) id: ApprovalId,
    pub(super) digest: Digest,
    pub(super) comment: Option<&'a Reason>,
    /// What their passkey has signed of it.
    pub(super) signature: Option<&'a JudgedSignature>,
}

impl Word<'_> {
    /// What is signed of it has to be, where the rules want that; it is believed in the transaction in which it counts.
    fn sign(&self, tx: &mut Tx<'_>, rule: &Rule) -> Result<(), Failure> {
        match self.signature {
            Some(signature) => signature.believe(tx),
            None if rule.signed => Err(Refusal::of(&APPROVAL_UNSIGNED).into()),
            None => Ok(()),
        }
    }
}

/// Agrees. With the last vote it needs, what was asked for may go live in the same transaction.
pub(super) fn approve(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Approvables,
    word: &Word<'_>,
) -> Result<Recorded<Approval>, Failure> {
    let (approval, bytes) = held(tx, keys, word.id)?;
    let by = somebody(tx)?;
    may_decide(tx, &approval)?;
    let ground = Ground::of(tx, keys, all, &approval)?;
    // Whoever is alone proves with a passkey that it is them; a key can't.
    if by == approval.asker() && tx.ctx().actor.kind != ActorKind::Member {
        return Err(Refusal::of(&APPROVAL_OWN).into());
    }
    let to = approval.request.clone().approve(by, word.digest, &ground.now(tx)).map_err(refused)?;
    word.sign(tx, &ground.rule)?;
    voted(tx, keys, word, &approval, &to)?;
    let goes = to.state == State::Approved && ground.rule.goes_live == GoesLive::OnApproval;
    let state = if goes && matches!(ground.of.apply, Apply::Here(_)) {
        go_live(tx, keys, &approval, &to, (&bytes, &ground), false)?
    } else {
        moved(tx, &approval, to.state, false)?;
        to.state
    };
    ended(tx, keys, &approval, state, leaf(tx, keys, "approval.approve", &approval, word.comment))
}

/// Says no, and why.
pub(super) fn reject(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Approvables,
    word: &Word<'_>,
) -> Result<Recorded<Approval>, Failure> {
    let (approval, _) = held(tx, keys, word.id)?;
    let by = somebody(tx)?;
    may_decide(tx, &approval)?;
    let ground = Ground::of(tx, keys, all, &approval)?;
    let to = approval.request.clone().reject(by, word.digest, &ground.now(tx)).map_err(refused)?;
    voted(tx, keys, word, &approval, &to)?;
    moved(tx, &approval, to.state, false)?;
    ended(tx, keys, &approval, to.state, leaf(tx, keys, "approval.reject", &approval, word.comment))
}

/// Takes it back.
pub(super) fn cancel(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Recorded<Approval>, Failure> {
    let (approval, _) = held(tx, keys, id)?;
    let by = somebody(tx)?;
    let to = approval.request.clone().cancel(by, tx.ctx().now()).map_err(refused)?;
    moved(tx, &approval, to.state, false)?;
    ended(tx, keys, &approval, to.state, leaf(tx, keys, "approval.cancel", &approval, None))
}

/// Puts into force what was approved.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Approvables,
    id: ApprovalId,
) -> Result<Recorded<Approval>, Failure> {
    let (approval, bytes) = held(tx, keys, id)?;
    may_decide(tx, &approval)?;
    let ground = Ground::of(tx, keys, all, &approval)?;
    if matches!(ground.of.apply, Apply::ByAsker) {
        return Err(Refusal::of(&APPROVAL_BY_ASKER).into());
    }
    let state = go_live(tx, keys, &approval, &approval.request, (&bytes, &ground), approval.emergency)?;
    ended(tx, keys, &approval, state, leaf(tx, keys, "approval.apply", &approval, None))
}

/// Says that it can't wait for others. With the second person who does, it goes live.
pub(super) fn emergency(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Approvables,
    word: &Word<'_>,
) -> Result<Recorded<Approval>, Failure> {
    let (approval, bytes) = held(tx, keys, word.id)?;
    let by = somebody(tx)?;
    let due = tx.ctx().now().plus_ms(-FOLLOW_UP_MS);
    if !store::unfollowed(tx, due)?.is_empty() {
        return Err(Refusal::of(&APPROVAL_FOLLOW_UP_DUE).into());
    }
    let ground = Ground::of(tx, keys, all, &approval)?;
    let to = approval.request.clone().emergency(by, word.digest, &ground.now(tx)).map_err(refused)?;
    word.sign(tx, &ground.rule)?;
    voted(tx, keys, word, &approval, &to)?;
    let state = match (to.state, ground.of.apply) {
        (State::Approved, Apply::Here(_)) => go_live(tx, keys, &approval, &to, (&bytes, &ground), true)?,
        (state, _) => {
            moved(tx, &approval, state, state == State::Approved)?;
            state
        }
    };
    if matches!(state, State::Live | State::Approved) {
        tracing::warn!(approval = %approval.id, "approval.emergency");
        raise(tx, notices::emergency(&approval, tx.ctx().now()))?;
    }
    ended(tx, keys, &approval, state, leaf(tx, keys, "approval.emergency", &approval, word.comment))
}

/// Says what came of an emergency: somebody else than whoever asked looks at it afterwards.
pub(super) fn follow_up(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApprovalId,
    comment: &Reason,
) -> Result<Recorded<Approval>, Failure> {
    let (approval, _) = held(tx, keys, id)?;
    let by = somebody(tx)?;
    if by == approval.asker() {
        return Err(Refusal::of(&APPROVAL_OWN).into());
    }
    if !store::follow_up(tx, id)? {
        return Err(Refusal::of(&APPROVAL_NO_EMERGENCY).into());
    }
    let vote = Vote { voter: by, says: Says::FollowUp, digest: approval.digest() };
    store::add_vote(tx, keys, id, vote, (Some(comment.text().expose(Purpose::Seal)), None))?;
    let leaf = leaf(tx, keys, "approval.follow_up", &approval, Some(comment));
    let approval = store::find(tx, keys, id)?.ok_or_else(not_found)?;
    Ok(tx.record(leaf, approval))
}

/// Uses up what was granted to whoever acts: once, for this target and exactly this. The one way an act goes ahead that they do
/// themselves.
pub fn spend(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    of: &Approvable,
    id: ApprovalId,
    target: [u8; 16],
    wanted: &Value,
) -> Result<Recorded<()>, Failure> {
    let (approval, bytes) = held(tx, keys, id)?;
    let by = somebody(tx)?;
    if by != approval.asker() {
        return Err(Refusal::of(&APPROVAL_NOT_YOURS).into());
    }
    if approval.module != of.module || approval.target != Some(target) || approval.content.wanted != *wanted {
        return Err(Refusal::of(&APPROVAL_MISMATCH).into());
    }
    let ground = Ground::with(tx, keys, of, &approval)?;
    let to = promoted(tx, &approval.request, &bytes, &approval, &ground)?;
    moved(tx, &approval, to, approval.emergency)?;
    if to != State::Live {
        return Err(Refusal::of(&APPROVAL_MISMATCH).into());
    }
    raise(tx, notices::decided(&approval, to))?;
    let leaf = leaf(tx, keys, "approval.apply", &approval, None);
    Ok(tx.record(leaf, ()))
}

/// Tells what came of an act, and records it.
fn ended(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    before: &Approval,
    state: State,
    leaf: Leaf,
) -> Result<Recorded<Approval>, Failure> {
    if state != before.request.state {
        raise(tx, notices::decided(before, state))?;
    }
    let after = store::find(tx, keys, before.id)?.ok_or_else(not_found)?;
    let leaf = if state == State::Conflict { leaf.failed("conflict") } else { leaf };
    Ok(tx.record(leaf, after))
}

/// The ground a decision stands on.
struct Ground<'a> {
    of: &'a Approvable,
    rule: Rule,
    live: u64,
    policy: u64,
    voters: Vec<MemberId>,
    managers: Vec<MemberId>,
    tied: Vec<Tied>,
}

impl<'a> Ground<'a> {
    fn of(tx: &mut Tx<'_>, keys: &OrgKeys, all: &'a Approvables, approval: &Approval) -> Result<Self, Failure> {
        Self::with(tx, keys, all.find(approval.module)?, approval)
    }

    fn with(tx: &mut Tx<'_>, keys: &OrgKeys, of: &'a Approvable, approval: &Approval) -> Result<Self, Failure> {
        let standing = store::standing(tx)?;
        let policy = u64::from(standing.version);
        // Without a rule the policy has moved, and nothing that was asked for under it goes live; or it was asked for where nothing
        // takes an approval, and one other agrees.
        let rule = standing.policy.rule(approval.module).unwrap_or(NO_RULE);
        let voters = voters(&members::holders(tx, APPROVALS_VOTE)?, &rule);
        let managers = members::holders(tx, APPROVALS_MANAGE)?.iter().map(|holder| holder.id).collect();
        let (live, tied) = match (of.prepare)(tx, keys, approval.target, approval.content.wanted.clone()) {
            Ok(prepared) => (prepared.version, prepared.tied),
            // What could not even be asked for any more has moved.
            Err(Failure::Refused(_)) => (u64::MAX, Vec::new()),
            Err(fault) => return Err(fault),
        };
        Ok(Self { of, rule, live, policy, voters, managers, tied })
    }

    fn now(&self, tx: &Tx<'_>) -> Now<'_> {
        Now {
            at: tx.ctx().now(),
            live: self.live,
            policy: self.policy,
            needed: self.rule.approvals.count(),
            voters: &self.voters,
            managers: &self.managers,
            tied: &self.tied,
        }
    }
}

/// Stands where nothing takes an approval.
const NO_RULE: Rule =
    Rule { approvals: Needed::ONE, roles: Vec::new(), members: Vec::new(), goes_live: GoesLive::Manual, signed: false };

/// Whose votes count under a rule.
pub(super) fn voters(holders: &[Holder], rule: &Rule) -> Vec<MemberId> {
    let anybody = rule.roles.is_empty() && rule.members.is_empty();
    let counts = |holder: &&Holder| {
        anybody || rule.roles.iter().any(|role| role.0 == holder.role) || rule.members.contains(&holder.id)
    };
    holders.iter().filter(counts).map(|holder| holder.id).collect()
}

/// Puts it into force: the bytes whose digest was approved, and no others. The row moves on only from where it stood, so that of many who
/// try one does.
fn go_live(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    approval: &Approval,
    request: &Request,
    (bytes, ground): (&[u8], &Ground<'_>),
    emergency: bool,
) -> Result<State, Failure> {
    if approval.module.is_for_members() && tx.ctx().actor.kind != ActorKind::Member {
        return Err(Refusal::of(&APPROVAL_BY_MEMBERS).into());
    }
    let state = promoted(tx, request, bytes, approval, ground)?;
    moved(tx, approval, state, emergency)?;
    if let (State::Live, Apply::Here(put)) = (state, ground.of.apply) {
        let content: Content = serde_json::from_slice(bytes).map_err(Fault::new)?;
        let reason = content.reason.map(Reason::parse).transpose().map_err(Fault::new)?;
        put(tx, keys, content.wanted, reason.as_ref())?;
        revisions::mark_approved(tx, approval.module.word(), approval.target, approval.id)?;
    }
    Ok(state)
}

/// What becomes of a request that is to go live.
fn promoted(
    tx: &Tx<'_>,
    request: &Request,
    bytes: &[u8],
    approval: &Approval,
    ground: &Ground<'_>,
) -> Result<State, Failure> {
    let Pinned { digest, live, policy } = request.pinned;
    if Digest::of(approval.module, approval.target, bytes, live, policy) != digest {
        return Err(StoreError::Unopenable.into());
    }
    Ok(request.clone().promote(&ground.now(tx)).map_err(refused)?.state)
}

/// Moves it on from where it stood.
fn moved(tx: &mut Tx<'_>, approval: &Approval, to: State, emergency: bool) -> Result<(), Failure> {
    if store::advance(tx, approval.id, &approval.request, to, emergency)? {
        Ok(())
    } else {
        Err(Refusal::of(&APPROVAL_RACED).into())
    }
}

/// Keeps what was said, if anything was.
fn voted(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    word: &Word<'_>,
    before: &Approval,
    after: &Request,
) -> Result<(), StoreError> {
    let said = after.votes.get(before.request.votes.len()..).unwrap_or_default();
    let comment = word.comment.map(|comment| comment.text().expose(Purpose::Seal).as_str());
    let signature = word.signature.map(|judged| &judged.signature);
    said.iter().try_for_each(|vote| store::add_vote(tx, keys, word.id, *vote, (comment, signature)))
}

/// The request of this id, held; nothing of another environment's.
fn held(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<(Approval, Vec<u8>), Failure> {
    let found = store::hold(tx, keys, id)?.filter(|(approval, _)| is_seen(tx, approval));
    Ok(found.ok_or_else(not_found)?)
}

/// Which of the requests on a page are wanted.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Narrowed {
    /// Of this module.
    pub(super) module: Option<Module>,
    /// In which these words stand, in lower case: what a request says is sealed, so each is opened and looked at.
    pub(super) words: Option<String>,
}

impl Narrowed {
    /// By what somebody typed.
    pub(super) fn by(module: Option<Module>, words: Option<&str>) -> Result<Self, Refusal> {
        let words = words.map(|words| words.trim().to_lowercase()).filter(|words| !words.is_empty());
        if words.as_ref().is_some_and(|words| words.len() > LONGEST_WORDS) {
            let wrong = Wrong { place: Place::Parameter("q".into()), code: "too_long".into() };
            return Err(Refusal::of(&QUERY_INVALID).wrong(wrong));
        }
        Ok(Self { module, words })
    }

    fn takes(&self, approval: &Approval) -> bool {
        self.module.is_none_or(|module| module == approval.module)
            && self.words.as_ref().is_none_or(|words| approval.says(words))
    }
}

/// What somebody looks for is a few words, in bytes.
const LONGEST_WORDS: usize = 100;
/// How many requests are looked through for those that are wanted.
const LOOKED_THROUGH: usize = 1_000;

/// Requests of a tab, older than `before`, newest first: those of the newest thousand that are wanted.
pub(super) fn list(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    which: Which,
    narrowed: &Narrowed,
    (mut before, limit): (ApprovalId, u32),
) -> Result<Vec<Approval>, StoreError> {
    let (mut found, mut seen) = (Vec::new(), 0);
    while seen < LOOKED_THROUGH {
        let some = store::page(tx, keys, which, before, limit)?;
        let (Some(last), count) = (some.last(), some.len()) else { break };
        (before, seen) = (last.id, seen + count);
        found.extend(some.into_iter().filter(|one| narrowed.takes(one)));
        if found.len() >= limit as usize || count < limit as usize {
            break;
        }
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// The request of this id, if the context's environment sees it.
pub(crate) fn show(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Approval, Failure> {
    let found = store::find(tx, keys, id)?.filter(|approval| is_seen(tx, approval));
    Ok(found.ok_or_else(not_found)?)
}

/// The same with the exact bytes of what was asked for.
pub(super) fn exactly(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Option<(Approval, Vec<u8>)>, Failure> {
    Ok(store::exactly(tx, keys, id)?.filter(|(approval, _)| is_seen(tx, approval)))
}

fn is_seen(tx: &Tx<'_>, approval: &Approval) -> bool {
    match approval.scope {
        Scope::Both => true,
        Scope::In(environment) => environment == tx.ctx().org.environment,
    }
}

/// Keys of the test environment are handed out with a lighter hand than what they would decide about here.
fn may_decide(tx: &Tx<'_>, approval: &Approval) -> Result<(), Failure> {
    let ctx = tx.ctx();
    let lightly = ctx.actor.kind == ActorKind::Key && ctx.org.environment == Environment::Test;
    if lightly && approval.scope == Scope::Both { Err(Refusal::of(&LIVE_KEY_REQUIRED).into()) } else { Ok(()) }
}

fn somebody(tx: &mut Tx<'_>) -> Result<MemberId, Failure> {
    Ok(person(tx)?.ok_or_else(|| Refusal::of(&APPROVAL_PERSON_UNKNOWN))?)
}

/// The exact bytes of what is wanted, and what pins them.
fn pin(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    of: &Approvable,
    target: Option<[u8; 16]>,
    wanted: Value,
    reason: Option<&Reason>,
) -> Result<(Vec<u8>, Pinned, Vec<Tied>), Failure> {
    let prepared = (of.prepare)(tx, keys, target, wanted)?;
    let policy = u64::from(store::standing(tx)?.version);
    let salt = array::<16>(tx.ctx().rng()).iter().map(|byte| format!("{byte:02x}")).collect();
    let reason = reason.map(|reason| reason.text().expose(Purpose::Seal).clone());
    let mut tied = prepared.tied;
    tied.sort_unstable();
    tied.dedup();
    let content = Content { salt, wanted: prepared.wanted, lines: prepared.lines, reason, tied };
    let bytes = serde_json::to_vec(&content).map_err(Fault::new)?;
    let digest = Digest::of(of.module, target, &bytes, prepared.version, policy);
    Ok((bytes, Pinned { digest, live: prepared.version, policy }, content.tied))
}

fn leaf(tx: &Tx<'_>, keys: &OrgKeys, action: &'static str, approval: &Approval, comment: Option<&Reason>) -> Leaf {
    let details = json!({
        "module": approval.module,
        "digest": approval.digest(),
        "reason": comment.map(|comment| comment.text().expose(Purpose::Seal)),
    });
    let ctx = tx.ctx();
    Leaf::of(action)
        .on(ApprovalId::PREFIX, approval.id.bytes())
        .because(approval.module.word())
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()))
}

fn refused(refused: Refused) -> Failure {
    let refusal = match refused {
        Refused::Over(state) => Refusal::of(&APPROVAL_OVER).member("state", state.word()),
        Refused::Changed => Refusal::of(&APPROVAL_CHANGED),
        Refused::Own => Refusal::of(&APPROVAL_OWN),
        Refused::Tied => Refusal::of(&APPROVAL_TIED),
        Refused::TooEarly(from) => Refusal::of(&APPROVAL_TOO_EARLY).member("from", from.to_string()),
        Refused::NotAsked => Refusal::of(&APPROVAL_NOT_ASKED),
        Refused::Voted => Refusal::of(&APPROVAL_VOTED),
        Refused::NotYours => Refusal::of(&APPROVAL_NOT_YOURS),
        Refused::TooFew => Refusal::of(&APPROVAL_TOO_FEW),
    };
    refusal.into()
}
