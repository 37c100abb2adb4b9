//! The ledger inside the transaction: leaves are appended, in order, by the lane that commits them.

use std::collections::HashMap;
use std::sync::Arc;

use sealpost_ledger::leaf::{
    Action, Environment as LeafEnvironment, Leaf as LedgerLeaf, LeafError, LeafResult, Reason, Target, TargetKind,
};
use sealpost_ledger::tree::Frontier;
use sealpost_ledger::{Hash, commitment_content, content_hash, leaf_hash};

use crate::clock::Time;
use crate::ctx::{Ctx, Org};
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::lane::Session;
use crate::row::Row;
use crate::sql::{Sql, system_sql};
use crate::tx::Tx;
use crate::value::Value;
use crate::work::Op;
use crate::{Environment, org_sql};

/// What happened, to be recorded: who and when come from the [`Ctx`].
pub struct Leaf {
    action: &'static str,
    target: Option<(&'static str, [u8; 16])>,
    result: LeafResult,
    reason: Option<&'static str>,
    content: Vec<u8>,
    environment: Option<Environment>,
}

impl Leaf {
    /// `action` was done: `message.accept`, `key.revoke`.
    pub fn of(action: &'static str) -> Self {
        Self { action, target: None, result: LeafResult::Ok, reason: None, content: Vec::new(), environment: None }
    }

    /// To which object: its kind (an id prefix) and id.
    pub fn on(mut self, kind: &'static str, id: [u8; 16]) -> Self {
        self.target = Some((kind, id));
        self
    }

    /// It was refused, for the reason with this code.
    pub fn denied(mut self, code: &'static str) -> Self {
        self.result = LeafResult::Denied;
        self.reason = Some(code);
        self
    }

    /// It was tried and failed, for the reason with this code.
    pub fn failed(mut self, code: &'static str) -> Self {
        self.result = LeafResult::Failed;
        self.reason = Some(code);
        self
    }

    /// Why, as a code; free text belongs in the sealed content.
    pub fn because(mut self, code: &'static str) -> Self {
        self.reason = Some(code);
        self
    }

    /// It was done in this environment, if that isn't the one in which whoever did it acted.
    pub(crate) fn in_environment(mut self, environment: Environment) -> Self {
        self.environment.get_or_insert(environment);
        self
    }

    /// Details, sealed by [`OrgKeys::seal_audit`](crate::OrgKeys::seal_audit); the leaf holds only their hash.
    pub fn with(mut self, sealed: Vec<u8>) -> Self {
        self.content = sealed;
        self
    }

    /// A commitment in place of details: 32 bytes that tell nothing without what opens them.
    pub fn committing(mut self, commitment: &[u8; 32]) -> Self {
        self.content = commitment_content(commitment);
        self
    }
}

/// A leaf as it is stored.
pub struct LeafRow {
    /// Position in the organisation's log, from 0.
    pub seq: u64,
    /// Canonical CBOR; its hash is in the tree.
    pub leaf: Vec<u8>,
    /// Its hash, as it was when the leaf was written.
    pub hash: Hash,
    /// Sealed details; absent once pruned.
    pub content: Option<Vec<u8>>,
}

/// Where an organisation's log ends.
pub struct LedgerHead {
    /// The right edge of the tree.
    pub frontier: Frontier,
}

impl LedgerHead {
    /// Where the organisation's log ends, as this transaction sees it: what it records comes behind.
    pub fn of(tx: &mut Tx<'_>) -> Result<Option<Self>, StoreError> {
        Ok(standing(tx)?.map(|(head, _)| head))
    }
}

/// A signed checkpoint as it is stored.
#[derive(Clone, Debug)]
pub struct CheckpointRow {
    /// How many leaves it covers.
    pub size: u64,
    /// When it was signed.
    pub at: Time,
    /// The signed note.
    pub note: String,
}

const HEAD: Sql = org_sql!(
    sqlite: "select frontier from ledger_head where org = $1",
    postgres: "select frontier from ledger_head where org = $1 for update"
);
const OPEN: Sql =
    org_sql!("insert into ledger_head (org, frontier, size, signed) values ($1, $2, 0, 0) on conflict do nothing");
const ADVANCE: Sql = org_sql!("update ledger_head set frontier = $2, size = $3 where org = $1");
const APPEND: Sql = org_sql!("insert into ledger_leaf (org, seq, leaf, hash, content) values ($1, $2, $3, $4, $5)");
const NODE: Sql = org_sql!("insert into ledger_node (org, level, position, hash) values ($1, $2, $3, $4)");

/// Appends leaves to the logs of their organisations, at the end of a transaction.
pub(crate) struct Appender {
    /// Right edges, kept between transactions where nobody else can append.
    heads: Option<HashMap<OrgId, Frontier>>,
    #[cfg(feature = "testing")]
    broken: Arc<std::sync::atomic::AtomicBool>,
}

impl Appender {
    /// For the only writer of a database.
    pub(crate) fn exclusive() -> Self {
        let mut appender = Self::none();
        appender.heads = Some(HashMap::new());
        appender
    }

    /// For one writer of several: reads and locks the head each time.
    pub(crate) fn shared() -> Self {
        Self::none()
    }

    /// For lanes that never write.
    pub(crate) fn none() -> Self {
        Self {
            heads: None,
            #[cfg(feature = "testing")]
            broken: Arc::default(),
        }
    }

    /// The same, failing while `broken` says so.
    #[cfg(feature = "testing")]
    pub(crate) fn breakable(mut self, broken: Arc<std::sync::atomic::AtomicBool>) -> Self {
        self.broken = broken;
        self
    }

    /// Forgets what is known of the logs' ends, because a transaction was undone.
    pub(crate) fn forget(&mut self) {
        if let Some(heads) = &mut self.heads {
            heads.clear();
        }
    }

    pub(crate) fn append(&mut self, session: &mut impl Session, leaves: &[(Arc<Ctx>, Leaf)]) -> Result<(), StoreError> {
        #[cfg(feature = "testing")]
        if !leaves.is_empty() && self.broken.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(StoreError::Unrecorded);
        }
        // Organisations in a fixed order, so that two connections never wait for each other's heads.
        let mut orgs: Vec<OrgId> = leaves.iter().map(|(ctx, _)| ctx.org.id).collect();
        orgs.sort_unstable();
        orgs.dedup();
        for org in orgs {
            self.append_for(session, org, leaves.iter().filter(|(ctx, _)| ctx.org.id == org))?;
        }
        Ok(())
    }

    fn append_for<'l>(
        &mut self,
        session: &mut impl Session,
        org: OrgId,
        leaves: impl Iterator<Item = &'l (Arc<Ctx>, Leaf)>,
    ) -> Result<(), StoreError> {
        let mut leaves = leaves.peekable();
        let Some((ctx, _)) = leaves.peek() else {
            return Ok(());
        };
        let scope = ctx.org;
        session.scope(scope)?;
        let mut frontier = match self.heads.as_ref().and_then(|heads| heads.get(&org)) {
            Some(frontier) => frontier.clone(),
            None => head(session, org)?,
        };
        let id = Value::Id(org.bytes());
        let (mut bytes, mut ops) = (Vec::with_capacity(192), Vec::new());
        let mut put = |sql, params: &[Value<'_>]| ops.push(Op::new(scope, sql, params));
        for (ctx, leaf) in leaves {
            let seq = frontier.size();
            bytes.clear();
            leaf.place(ctx, seq).map_err(|_| StoreError::Unrecorded)?.encode_into(&mut bytes);
            let hash = leaf_hash(&bytes);
            let content = if leaf.content.is_empty() { Value::Null } else { Value::Bytes(&leaf.content) };
            put(APPEND, &[id, Value::Int(signed(seq)?), Value::Bytes(&bytes), Value::Bytes(hash.as_bytes()), content]);
            for node in frontier.push(hash) {
                put(
                    NODE,
                    &[
                        id,
                        Value::Int(i64::from(node.level)),
                        Value::Int(signed(node.index)?),
                        Value::Bytes(node.hash.as_bytes()),
                    ],
                );
            }
        }
        put(ADVANCE, &[id, Value::Bytes(&frontier.to_bytes()), Value::Int(signed(frontier.size())?)]);
        session.bulk(&ops)?;
        if let Some(heads) = &mut self.heads {
            heads.insert(org, frontier);
        }
        Ok(())
    }
}

fn signed(n: u64) -> Result<i64, StoreError> {
    n.try_into().map_err(|_| StoreError::Unrecorded)
}

fn head(session: &mut impl Session, org: OrgId) -> Result<Frontier, StoreError> {
    let id = Value::Id(org.bytes());
    if let Some(frontier) = find_head(session, id)? {
        return Ok(frontier);
    }
    session.execute(OPEN, &[id, Value::Bytes(&Frontier::new().to_bytes())])?;
    find_head(session, id)?.ok_or(StoreError::Unrecorded)
}

fn find_head(session: &mut impl Session, id: Value<'_>) -> Result<Option<Frontier>, StoreError> {
    let mut found = None;
    session.query(HEAD, &[id], &mut |row| {
        found = Some(frontier(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn hash(row: &Row<'_>) -> Result<Hash, StoreError> {
    let bytes: [u8; 32] = row.get("hash")?;
    Hash::from_slice(&bytes).ok_or_else(|| StoreError::Column("hash".into()))
}

fn frontier(row: &Row<'_>) -> Result<Frontier, StoreError> {
    let bytes: Vec<u8> = row.get("frontier")?;
    Frontier::from_bytes(&bytes).map_err(|_| StoreError::Column("frontier".into()))
}

impl Leaf {
    fn place(&self, ctx: &Ctx, seq: u64) -> Result<LedgerLeaf, LeafError> {
        Ok(LedgerLeaf {
            org: ctx.org.id.bytes(),
            seq,
            at_ms: ctx.now().unix_ms(),
            actor: sealpost_ledger::leaf::Actor { kind: ctx.actor.kind as u8, id: ctx.actor.id },
            action: Action::new(self.action)?,
            target: match self.target {
                Some((kind, id)) => Some(Target { kind: TargetKind::new(kind)?, id }),
                None => None,
            },
            result: self.result,
            reason: self.reason.map(Reason::new).transpose()?,
            request: ctx.request.bytes(),
            environment: match self.environment.unwrap_or(ctx.org.environment) {
                Environment::Test => LeafEnvironment::Test,
                Environment::Live => LeafEnvironment::Live,
            },
            content: content_hash(&self.content),
        })
    }
}

/// Where the organisation's log ends, and how many of its leaves a checkpoint covers.
pub(crate) fn standing(tx: &mut Tx<'_>) -> Result<Option<(LedgerHead, u64)>, StoreError> {
    tx.optional(org_sql!("select frontier, signed from ledger_head where org = $1"), &[], |row| {
        Ok((LedgerHead { frontier: frontier(row)? }, row.get("signed")?))
    })
}

/// Leaves `from..from + limit`, in order.
pub(crate) fn leaves(tx: &mut Tx<'_>, from: u64, limit: u32) -> Result<Vec<LeafRow>, StoreError> {
    tx.all(
        org_sql!("select seq, leaf, hash, content from ledger_leaf where org = $1 and seq >= $2 order by seq limit $3"),
        &[&from, &limit],
        |row| {
            Ok(LeafRow { seq: row.get("seq")?, leaf: row.get("leaf")?, hash: hash(row)?, content: row.get("content")? })
        },
    )
}

/// The stored root of a complete subtree.
pub(crate) fn node(tx: &mut Tx<'_>, level: u8, position: u64) -> Result<Option<Hash>, StoreError> {
    tx.optional(
        org_sql!("select hash from ledger_node where org = $1 and level = $2 and position = $3"),
        &[&u32::from(level), &position],
        hash,
    )
}

/// Stores a signed checkpoint.
pub(crate) fn keep_checkpoint(tx: &mut Tx<'_>, checkpoint: &CheckpointRow) -> Result<(), StoreError> {
    tx.put(
        org_sql!(
            "insert into ledger_checkpoint (org, size, signed_at, note) values ($1, $2, $3, $4) on conflict do nothing"
        ),
        &[&checkpoint.size, &checkpoint.at, &checkpoint.note],
    )?;
    tx.put(org_sql!("update ledger_head set signed = $2 where org = $1 and signed < $2"), &[&checkpoint.size])
}

/// The checkpoints that cover at least `from` leaves, smallest first.
pub(crate) fn checkpoints(tx: &mut Tx<'_>, from: u64, limit: u32) -> Result<Vec<CheckpointRow>, StoreError> {
    tx.all(
        org_sql!(
            "select size, signed_at, note from ledger_checkpoint where org = $1 and size >= $2 order by size limit $3"
        ),
        &[&from, &limit],
        |row| Ok(CheckpointRow { size: row.get("size")?, at: row.get("signed_at")?, note: row.get("note")? }),
    )
}

/// The newest checkpoint.
pub(crate) fn latest_checkpoint(tx: &mut Tx<'_>) -> Result<Option<CheckpointRow>, StoreError> {
    tx.optional(
        org_sql!("select size, signed_at, note from ledger_checkpoint where org = $1 order by size desc limit 1"),
        &[],
        |row| Ok(CheckpointRow { size: row.get("size")?, at: row.get("signed_at")?, note: row.get("note")? }),
    )
}

/// Organisations with leaves that no checkpoint covers yet.
pub(crate) fn unsigned(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Org>, StoreError> {
    tx.all(system_sql!("select org from ledger_head where signed < size limit $1"), &[&limit], |row| {
        Ok(Org { id: row.get("org")?, environment: Environment::Live })
    })
}
