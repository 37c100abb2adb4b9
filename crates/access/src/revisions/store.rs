//! Queries about revisions. Nothing changes one, but for the key it is sealed under.

use sealpost_seal::Place;
use sealpost_store::{
    Actor, ActorKind, ApprovalId, Environment, OrgId, OrgKeys, RevisionId, Row as Found, Sql, StoreError, Tx, org_sql,
};

use super::model::{Content, Revision, Subject, digest};

/// The label of the organisation's key that seals what settings said.
pub(super) const LABEL: &str = "revision";
/// Stands where a setting has no object: ids are never that.
const NOTHING: [u8; 16] = [0; 16];

// Primary key (org, id).
const FIND: Sql = org_sql!(
    "select id, module, target, number, content, digest, actor_kind, actor, approval, created_at,
            (select max(newer.number) from revision newer where newer.org = revision.org and newer.module = revision.module
                and newer.target = revision.target) as newest
     from revision where org = $1 and id = $2 and env in ($3, 'both')"
);
// Index revision_number (org, module, target, number).
const BELOW: Sql = org_sql!(
    "select id, module, target, number, content, digest, actor_kind, actor, approval, created_at,
            (select max(newer.number) from revision newer where newer.org = revision.org and newer.module = revision.module
                and newer.target = revision.target) as newest
     from revision where org = $1 and module = $2 and target = $3 and number < $4 order by number desc limit 1"
);
const ALL: Sql = org_sql!(
    "select id, module, target, number, content, digest, actor_kind, actor, approval, created_at,
            (select max(newer.number) from revision newer where newer.org = revision.org and newer.module = revision.module
                and newer.target = revision.target) as newest
     from revision where org = $1 and env in ($2, 'both') and id < $3 order by id desc limit $4"
);
const OF_SETTING: Sql = org_sql!(
    "select id, module, target, number, content, digest, actor_kind, actor, approval, created_at,
            (select max(newer.number) from revision newer where newer.org = revision.org and newer.module = revision.module
                and newer.target = revision.target) as newest
     from revision where org = $1 and env in ($2, 'both') and id < $3 and module = $5 order by id desc limit $4"
);

/// A revision as it is written.
pub(super) struct Row {
    pub(super) of: Subject,
    pub(super) id: RevisionId,
    pub(super) number: u32,
    pub(super) content: Vec<u8>,
    pub(super) digest: [u8; 32],
    pub(super) actor: Actor,
}

/// Writes a revision; false if this number of the setting is there.
pub(super) fn insert(tx: &mut Tx<'_>, keys: &OrgKeys, row: &Row) -> Result<bool, StoreError> {
    let (ctx, of) = (tx.ctx(), &row.of);
    let sealed = keys.seal(LABEL, &place(ctx.org.id, &row.id.bytes()), &row.content, ctx.rng());
    let inserted = tx.execute(
        org_sql!(
            "insert into revision (org, id, env, module, target, number, content, digest, actor_kind, actor, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing"
        ),
        &[
            &row.id,
            &of.environment.map_or("both", Environment::as_str),
            &of.setting.word(),
            &target(of.target),
            &row.number,
            &sealed,
            &row.digest,
            &u32::from(row.actor.kind as u8),
            // Any kind of id has this form.
            &RevisionId::from_bytes(row.actor.id),
            &ctx.now(),
        ],
    )?;
    Ok(inserted == 1)
}

/// The newest number of a setting, and its id. Index revision_number.
pub(super) fn newest(
    tx: &mut Tx<'_>,
    setting: &str,
    of: Option<[u8; 16]>,
) -> Result<Option<(u32, RevisionId)>, StoreError> {
    tx.optional(
        org_sql!(
            "select number, id from revision where org = $1 and module = $2 and target = $3 order by number desc limit 1"
        ),
        &[&setting, &target(of)],
        |row| Ok((row.get("number")?, row.get("id")?)),
    )
}

/// Says by which approval the newest of a setting went live. Index revision_number.
pub(super) fn mark_approved(
    tx: &mut Tx<'_>,
    setting: &str,
    of: Option<[u8; 16]>,
    by: ApprovalId,
) -> Result<(), StoreError> {
    let Some((number, _)) = newest(tx, setting, of)? else { return Ok(()) };
    tx.put(
        org_sql!(
            "update revision set approval = $5 where org = $1 and module = $2 and target = $3 and number = $4 and approval is null"
        ),
        &[&setting, &target(of), &number, &by],
    )
}

/// The revision of this id that the context's environment sees.
pub(super) fn find(tx: &mut Tx<'_>, keys: &OrgKeys, id: RevisionId) -> Result<Option<Revision>, StoreError> {
    let environment = tx.ctx().org.environment.as_str();
    let found = tx.optional(FIND, &[&id, &environment], read)?;
    found.map(|stored| opened(tx, keys, stored)).transpose()
}

/// The newest of a setting below this number.
pub(super) fn below(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    (setting, of): (&str, Option<[u8; 16]>),
    number: u32,
) -> Result<Option<Revision>, StoreError> {
    let found = tx.optional(BELOW, &[&setting, &target(of), &number], read)?;
    found.map(|stored| opened(tx, keys, stored)).transpose()
}

/// Up to `limit` revisions of one setting, or of all, older than `before`, newest first.
pub fn page(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    setting: Option<&str>,
    before: RevisionId,
    limit: u32,
) -> Result<Vec<Revision>, StoreError> {
    let environment = tx.ctx().org.environment.as_str();
    let found = match setting {
        Some(setting) => tx.all(OF_SETTING, &[&environment, &before, &limit, &setting], read)?,
        None => tx.all(ALL, &[&environment, &before, &limit], read)?,
    };
    found.into_iter().map(|stored| opened(tx, keys, stored)).collect()
}

/// A revision as it is stored, and what it says still sealed.
struct Stored {
    revision: Revision,
    sealed: Vec<u8>,
}

fn read(row: &Found<'_>) -> Result<Stored, StoreError> {
    let of: RevisionId = row.get("target")?;
    let revision = Revision {
        id: row.get("id")?,
        setting: row.get("module")?,
        target: (of.bytes() != NOTHING).then_some(of.bytes()),
        number: row.get("number")?,
        says: serde_json::Value::Null,
        why: None,
        digest: row.get("digest")?,
        actor: Actor { kind: actor_kind(row.get("actor_kind")?), id: row.get::<RevisionId>("actor")?.bytes() },
        approval: row.get("approval")?,
        at: row.get("created_at")?,
        newest: row.get("newest")?,
    };
    Ok(Stored { revision, sealed: row.get("content")? })
}

/// Opens what a revision says, and believes it only if it is what the digest is of.
fn opened(tx: &Tx<'_>, keys: &OrgKeys, stored: Stored) -> Result<Revision, StoreError> {
    let Stored { revision, sealed } = stored;
    let clear = keys.open(LABEL, &place(tx.ctx().org.id, &revision.id.bytes()), &sealed)?;
    if digest(&revision.setting, revision.target, revision.number, &clear) != revision.digest {
        return Err(StoreError::Unopenable);
    }
    let content: Content = serde_json::from_slice(&clear).map_err(|_| StoreError::Column("content".into()))?;
    Ok(Revision { says: content.says, why: content.why, ..revision })
}

/// Whoever acts by a kind that this version doesn't know is nobody known.
fn actor_kind(number: u32) -> ActorKind {
    use ActorKind::{Anonymous, Directory, Key, Member, Operator, System};
    let known = [Key, System, Member, Operator, Directory];
    known.into_iter().find(|kind| u32::from(*kind as u8) == number).unwrap_or(Anonymous)
}

fn target(of: Option<[u8; 16]>) -> RevisionId {
    RevisionId::from_bytes(of.unwrap_or(NOTHING))
}

/// Where what a setting said stands.
pub(super) fn place(org: OrgId, row: &[u8; 16]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "revision", column: "content", row, owner: None }
}
