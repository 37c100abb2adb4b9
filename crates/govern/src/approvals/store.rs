//! Queries about approvals. They belong to the organisation: which environment may see one stands beside it.

use sealpost_access::passkeys::Signature;
use sealpost_seal::Place;
use sealpost_store::{ApprovalId, MemberId, OrgId, OrgKeys, Row, Sql, StoreError, Time, Tx, org_sql};

use super::digest::Digest;
use super::model::{Approval, Content, Module, Policy, Said, Says, Scope, Standing, State, Vote};
use super::rules::{Pinned, Request};

/// The label of the organisation's key that seals what was asked for and what was said.
pub(super) const LABEL: &str = "approval";

// Primary key (org, id).
const FIND: Sql = org_sql!(
    "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at, expires_at,
            emergency, followed_up_at
     from approval where org = $1 and id = $2"
);
const HOLD: Sql = org_sql!(
    sqlite: "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at,
                    expires_at, emergency, followed_up_at
             from approval where org = $1 and id = $2",
    postgres: "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at,
                      expires_at, emergency, followed_up_at
               from approval where org = $1 and id = $2 for update"
);
const ALL: Sql = org_sql!(
    "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at, expires_at,
            emergency, followed_up_at
     from approval where org = $1 and env in ($2, 'both') and id < $3 order by id desc limit $4"
);
const WAITING: Sql = org_sql!(
    "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at, expires_at,
            emergency, followed_up_at
     from approval where org = $1 and env in ($2, 'both') and id < $3 and state = 'pending' and expires_at > $5 and asker <> $6
        and id not in (select approval from approval_vote where org = $1 and voter = $6 and says = 'approve')
        and id not in (select approval from approval_tied where org = $1 and member = $6)
     order by id desc limit $4"
);
const MINE: Sql = org_sql!(
    "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at, expires_at,
            emergency, followed_up_at
     from approval where org = $1 and env in ($2, 'both') and id < $3 and asker = $5 order by id desc limit $4"
);
const HISTORY: Sql = org_sql!(
    "select id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at, changed_at, expires_at,
            emergency, followed_up_at
     from approval where org = $1 and env in ($2, 'both') and id < $3
        and (state not in ('pending', 'approved') or expires_at <= $5)
     order by id desc limit $4"
);

/// The policy in force. Relies on the primary key.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    let found = tx.optional(
        org_sql!("select version, rules, created_at from approval_policy where org = $1 order by version desc limit 1"),
        &[],
        |row| Ok((row.get::<u32>("version")?, row.get::<String>("rules")?, row.get("created_at")?)),
    )?;
    let Some((version, rules, since)) = found else { return Ok(Standing::default()) };
    let policy: Policy = serde_json::from_str(&rules).map_err(|_| StoreError::Column("rules".into()))?;
    Ok(Standing { policy, version, since: Some(since) })
}

/// Puts a policy into force as this version; false if somebody has been faster.
pub(super) fn put_policy(tx: &mut Tx<'_>, version: u32, policy: &Policy) -> Result<bool, StoreError> {
    let rules = serde_json::to_string(policy).map_err(|_| StoreError::Column("rules".into()))?;
    let now = tx.ctx().now();
    let inserted = tx.execute(
        org_sql!("insert into approval_policy (org, version, rules, created_at) values ($1, $2, $3, $4) on conflict do nothing"),
        &[&version, &rules, &now],
    )?;
    Ok(inserted == 1)
}

/// A request as it is stored, and what it says still sealed.
pub(super) struct Stored {
    pub(super) id: ApprovalId,
    pub(super) module: Module,
    pub(super) scope: String,
    pub(super) target: Option<[u8; 16]>,
    pub(super) request: Request,
    pub(super) asked_at: Time,
    pub(super) emergency: bool,
    pub(super) followed_up_at: Option<Time>,
    content: Vec<u8>,
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    (id, module, scope, target): (ApprovalId, Module, Scope, Option<[u8; 16]>),
    request: &Request,
    content: &[u8],
) -> Result<(), StoreError> {
    let sealed = sealed_content(tx, keys, id, content);
    // At once: whoever asks is answered with it.
    tx.execute(
        org_sql!(
            "insert into approval (org, id, env, module, target, asker, content, digest, live_version, policy_version, state, created_at,
                                   changed_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)"
        ),
        &[
            &id,
            &scope.word(),
            &module.word(),
            &target.map(ApprovalId::from_bytes),
            &request.asker,
            &sealed,
            &request.pinned.digest.0,
            &request.pinned.live,
            &request.pinned.policy,
            &request.state.word(),
            &request.changed_at,
            &request.expires_at,
        ],
    )?;
    keep_tied(tx, id, request)
}

/// Keeps who never votes on it where lists find it. At once: whoever asks is answered with it.
fn keep_tied(tx: &mut Tx<'_>, id: ApprovalId, request: &Request) -> Result<(), StoreError> {
    let insert =
        org_sql!("insert into approval_tied (org, member, approval) values ($1, $2, $3) on conflict do nothing");
    request.tied.iter().try_for_each(|tied| tx.execute(insert, &[&tied.member, &id]).map(drop))
}

/// Makes another of a request that is as it was; false if it isn't.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApprovalId,
    (from, to): (&Request, &Request),
    content: &[u8],
) -> Result<bool, StoreError> {
    let sealed = sealed_content(tx, keys, id, content);
    let changed = tx.execute(
        org_sql!(
            "update approval set content = $3, digest = $4, live_version = $5, policy_version = $6, state = $7, changed_at = $8,
                                 expires_at = $9, told_at = null, emergency = 0
             where org = $1 and id = $2 and state = $10 and digest = $11"
        ),
        &[
            &id,
            &sealed,
            &to.pinned.digest.0,
            &to.pinned.live,
            &to.pinned.policy,
            &to.state.word(),
            &to.changed_at,
            &to.expires_at,
            &from.state.word(),
            &from.pinned.digest.0,
        ],
    )?;
    // At once: who asked for it is answered with what is left.
    tx.execute(org_sql!("delete from approval_vote where org = $1 and approval = $2"), &[&id])?;
    tx.execute(org_sql!("delete from approval_tied where org = $1 and approval = $2"), &[&id])?;
    keep_tied(tx, id, to)?;
    Ok(changed == 1)
}

/// Moves a request on, if it stands where it stood and is of the digest it was of: the one statement by which anything goes live. False,
/// if it isn't.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: ApprovalId,
    from: &Request,
    to: State,
    emergency: bool,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        org_sql!(
            "update approval set state = $3, emergency = $4 where org = $1 and id = $2 and state = $5 and digest = $6"
        ),
        &[&id, &to.word(), &u32::from(emergency), &from.state.word(), &from.pinned.digest.0],
    )?;
    Ok(changed == 1)
}

/// Says that what was done in an emergency was looked at; false if it was before, or wasn't one.
pub(super) fn follow_up(tx: &mut Tx<'_>, id: ApprovalId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        org_sql!(
            "update approval set followed_up_at = $3 where org = $1 and id = $2 and emergency = 1 and state = 'live'
                and followed_up_at is null"
        ),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}

/// Emergencies from before this moment that nobody has looked at yet.
pub(super) fn unfollowed(tx: &mut Tx<'_>, before: Time) -> Result<Vec<ApprovalId>, StoreError> {
    tx.all(
        org_sql!(
            "select id from approval where org = $1 and state = 'live' and emergency = 1 and followed_up_at is null
                and id in (select approval from approval_vote where org = $1 and says = 'emergency' and created_at <= $2)
             order by id limit 10"
        ),
        &[&before],
        |row| row.get("id"),
    )
}

pub(super) fn add_vote(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApprovalId,
    vote: Vote,
    (comment, signature): (Option<&str>, Option<&Signature>),
) -> Result<(), StoreError> {
    let signature = signature.map(serde_json::to_string).transpose();
    let signature = signature.map_err(|_| StoreError::Column("signature".into()))?;
    let ctx = tx.ctx();
    let row = vote_row(id, vote.voter, vote.says);
    let sealed = comment.map(|text| keys.seal(LABEL, &comment_place(ctx.org.id, &row), text.as_bytes(), ctx.rng()));
    tx.execute(
        org_sql!(
            "insert into approval_vote (org, approval, voter, says, digest, comment, created_at, signature)
             values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &[&id, &vote.voter, &vote.says.word(), &vote.digest.0, &sealed, &ctx.now(), &signature],
    )
    .map(drop)
}

/// The request of this id.
pub(super) fn find(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
    Ok(exactly(tx, keys, id)?.map(|(approval, _)| approval))
}

/// The same with the exact bytes of what was asked for.
pub(super) fn exactly(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApprovalId,
) -> Result<Option<(Approval, Vec<u8>)>, StoreError> {
    let stored = tx.optional(FIND, &[&id], read)?;
    stored.map(|stored| opened(tx, keys, stored)).transpose()
}

/// The same with the exact bytes of what was asked for. Whoever else holds it waits until the transaction has ended.
pub(super) fn hold(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Option<(Approval, Vec<u8>)>, StoreError> {
    let stored = tx.optional(HOLD, &[&id], read)?;
    stored.map(|stored| opened(tx, keys, stored)).transpose()
}

/// Which requests.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    All,
    /// That wait for this member's vote.
    WaitingFor(MemberId),
    /// That this member asked for.
    Of(MemberId),
    /// That have come to their end.
    History,
}

/// Requests that the context's environment sees, older than `before`, newest first.
pub(super) fn page(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    which: Which,
    before: ApprovalId,
    limit: u32,
) -> Result<Vec<Approval>, StoreError> {
    let (environment, now) = (tx.ctx().org.environment.as_str(), tx.ctx().now());
    let found = match which {
        Which::All => tx.all(ALL, &[&environment, &before, &limit], read),
        Which::WaitingFor(member) => tx.all(WAITING, &[&environment, &before, &limit, &now, &member], read),
        Which::Of(member) => tx.all(MINE, &[&environment, &before, &limit, &member], read),
        Which::History => tx.all(HISTORY, &[&environment, &before, &limit, &now], read),
    };
    found?.into_iter().map(|stored| opened(tx, keys, stored).map(|(approval, _)| approval)).collect()
}

/// Requests about one object that may still go live, newest first: a handful. Index approval_state.
pub(super) fn open_about(tx: &mut Tx<'_>, module: Module, target: [u8; 16]) -> Result<Vec<ApprovalId>, StoreError> {
    let (environment, now) = (tx.ctx().org.environment.as_str(), tx.ctx().now());
    tx.all(
        org_sql!(
            "select id from approval where org = $1 and env in ($2, 'both') and module = $3 and target = $4
                and state in ('pending', 'approved') and expires_at > $5 order by id desc limit 10"
        ),
        &[&environment, &module.word(), &ApprovalId::from_bytes(target), &now],
        |row| row.get("id"),
    )
}

/// Requests whose time is over by `now` and that still say they wait.
pub(super) fn overdue(tx: &mut Tx<'_>, now: Time, limit: u32) -> Result<Vec<ApprovalId>, StoreError> {
    tx.all(
        org_sql!(
            "select id from approval where org = $1 and state in ('pending', 'approved') and expires_at <= $2 order by id limit $3"
        ),
        &[&now, &limit],
        |row| row.get("id"),
    )
}

/// Requests nobody was written about yet.
pub(super) fn untold(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<ApprovalId>, StoreError> {
    tx.all(
        org_sql!(
            "select id from approval where org = $1 and state = 'pending' and told_at is null order by id limit $2"
        ),
        &[&limit],
        |row| row.get("id"),
    )
}

/// Takes down that people are written about it; false if another node has.
pub(super) fn mark_told(tx: &mut Tx<'_>, id: ApprovalId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let marked = tx.execute(
        org_sql!("update approval set told_at = $3 where org = $1 and id = $2 and told_at is null"),
        &[&id, &now],
    )?;
    Ok(marked == 1)
}

fn read(row: &Row<'_>) -> Result<Stored, StoreError> {
    let module: String = row.get("module")?;
    let state: String = row.get("state")?;
    Ok(Stored {
        id: row.get("id")?,
        module: Module::of(&module).ok_or_else(|| StoreError::Column("module".into()))?,
        scope: row.get("env")?,
        target: row.get::<Option<ApprovalId>>("target")?.map(ApprovalId::bytes),
        request: Request {
            asker: row.get("asker")?,
            pinned: Pinned {
                digest: Digest(row.get("digest")?),
                live: row.get("live_version")?,
                policy: row.get("policy_version")?,
            },
            state: State::of(&state).ok_or_else(|| StoreError::Column("state".into()))?,
            changed_at: row.get("changed_at")?,
            expires_at: row.get("expires_at")?,
            votes: Vec::new(),
            tied: Vec::new(),
        },
        asked_at: row.get("created_at")?,
        emergency: row.get::<u32>("emergency")? != 0,
        followed_up_at: row.get("followed_up_at")?,
        content: row.get("content")?,
    })
}

fn opened(tx: &mut Tx<'_>, keys: &OrgKeys, stored: Stored) -> Result<(Approval, Vec<u8>), StoreError> {
    let Stored { id, module, scope, target, mut request, asked_at, emergency, followed_up_at, content } = stored;
    let org = tx.ctx().org.id;
    let bytes = keys.open(LABEL, &content_place(org, &id.bytes()), &content)?.to_vec();
    let content: Content = serde_json::from_slice(&bytes).map_err(|_| StoreError::Column("content".into()))?;
    let said = votes(tx, keys, id)?;
    request.votes = said.iter().map(|said| said.vote).collect();
    request.tied.clone_from(&content.tied);
    let scope = match &*scope {
        "both" => Scope::Both,
        "live" => Scope::In(sealpost_store::Environment::Live),
        "test" => Scope::In(sealpost_store::Environment::Test),
        _ => return Err(StoreError::Column("env".into())),
    };
    Ok((Approval { id, module, scope, target, request, asked_at, emergency, followed_up_at, content, said }, bytes))
}

fn votes(tx: &mut Tx<'_>, keys: &OrgKeys, id: ApprovalId) -> Result<Vec<Said>, StoreError> {
    let org = tx.ctx().org.id;
    let found = tx.all(
        org_sql!(
            "select voter, says, digest, comment, created_at, signature from approval_vote where org = $1 and approval = $2
             order by created_at, voter, says"
        ),
        &[&id],
        |row| {
            let says: String = row.get("says")?;
            let vote = Vote {
                voter: row.get("voter")?,
                says: Says::of(&says).ok_or_else(|| StoreError::Column("says".into()))?,
                digest: Digest(row.get("digest")?),
            };
            let signature: Option<String> = row.get("signature")?;
            Ok((vote, row.get::<Option<Vec<u8>>>("comment")?, row.get::<Time>("created_at")?, signature))
        },
    )?;
    let open = |(vote, sealed, at, signature): (Vote, Option<Vec<u8>>, Time, Option<String>)| {
        let row = vote_row(id, vote.voter, vote.says);
        let text = |sealed: Vec<u8>| {
            let clear = keys.open(LABEL, &comment_place(org, &row), &sealed)?;
            String::from_utf8(clear.to_vec()).map_err(|_| StoreError::Column("comment".into()))
        };
        let signature = signature.map(|json| serde_json::from_str(&json)).transpose();
        let signature = signature.map_err(|_| StoreError::Column("signature".into()))?;
        Ok(Said { vote, comment: sealed.map(text).transpose()?, signature, at })
    };
    found.into_iter().map(open).collect()
}

fn sealed_content(tx: &Tx<'_>, keys: &OrgKeys, id: ApprovalId, content: &[u8]) -> Vec<u8> {
    let ctx = tx.ctx();
    keys.seal(LABEL, &content_place(ctx.org.id, &id.bytes()), content, ctx.rng())
}

/// Where what was asked for stands.
pub(super) fn content_place(org: OrgId, row: &[u8; 16]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "approval", column: "content", row, owner: None }
}

/// Where what was said stands.
pub(super) fn comment_place(org: OrgId, row: &[u8]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "approval_vote", column: "comment", row, owner: None }
}

pub(super) fn vote_row(id: ApprovalId, voter: MemberId, says: Says) -> Vec<u8> {
    [&id.bytes()[..], &voter.bytes(), says.word().as_bytes()].concat()
}
