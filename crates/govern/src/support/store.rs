//! Queries about support access. It belongs to the organisation: which environment it is for stands beside it.

use sealpost_access::permissions::PermissionNames;
use sealpost_seal::Place;
use sealpost_store::{Environment, MemberId, OrgId, OrgKeys, Row, Sql, StoreError, SupportGrantId, Time, Tx, org_sql};

use super::model::{Content, Ended, Grant, To, to_text};
use super::summary::Summary;
use crate::audit::TypedId;

/// The label of the organisation's key that seals to whom and why.
pub(super) const LABEL: &str = "support";

// Primary key (org, id).
const FIND: Sql = org_sql!(
    "select id, env, grantee, member, content, permissions, objects, last4, granted_by, created_at, until, link_mac, link_used_at,
            session_mac, ended_at, ended_by, summary
     from support_grant where org = $1 and id = $2"
);
// Index support_grant_open (org, ended_at).
const OPEN: Sql = org_sql!(
    "select id, env, grantee, member, content, permissions, objects, last4, granted_by, created_at, until, link_mac, link_used_at,
            session_mac, ended_at, ended_by, summary
     from support_grant where org = $1 and ended_at is null order by id"
);
const UNTOLD: Sql = org_sql!(
    "select id, env, grantee, member, content, permissions, objects, last4, granted_by, created_at, until, link_mac, link_used_at,
            session_mac, ended_at, ended_by, summary
     from support_grant where org = $1 and ended_at is not null and summary is null order by id limit $2"
);
const PAGE: Sql = org_sql!(
    "select id, env, grantee, member, content, permissions, objects, last4, granted_by, created_at, until, link_mac, link_used_at,
            session_mac, ended_at, ended_by, summary
     from support_grant where org = $1 and id < $2 order by id desc limit $3"
);

/// Support access, with what is sealed still sealed.
pub(super) type Stored = (Grant, Vec<u8>);

/// Puts in what was granted.
pub(super) fn insert(tx: &mut Tx<'_>, keys: &OrgKeys, grant: &Grant, content: &Content) -> Result<(), StoreError> {
    let clear = serde_json::to_vec(content).map_err(|_| StoreError::Column("content".into()))?;
    let ctx = tx.ctx();
    let sealed = keys.seal(LABEL, &place(ctx.org.id, &grant.id.bytes()), &clear, ctx.rng());
    let member = if let To::Member(member) = grant.to { Some(member) } else { None };
    let objects: Vec<_> = grant.objects.iter().map(ToString::to_string).collect();
    let (ended_at, ended_by) = (grant.ended.map(|(at, _)| at), grant.ended.map(|(_, by)| by.word()));
    tx.put(
        org_sql!(
            "insert into support_grant (org, id, env, grantee, member, content, permissions, objects, last4, granted_by, created_at,
                                        until, ended_at, ended_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        ),
        &[
            &grant.id,
            &grant.environment.as_str(),
            &grant.to.word(),
            &member,
            &sealed,
            &to_text(grant.permissions),
            &objects.join(" "),
            &u32::from(grant.last4),
            &grant.granted_by,
            &grant.created_at,
            &grant.until,
            &ended_at,
            &ended_by,
        ],
    )
}

/// The grant of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: SupportGrantId) -> Result<Option<Stored>, StoreError> {
    tx.optional(FIND, &[&id], read)
}

/// Those that nobody has written down the end of.
pub(super) fn open(tx: &mut Tx<'_>) -> Result<Vec<Stored>, StoreError> {
    tx.all(OPEN, &[], read)
}

/// Those that are over and of which nobody was told yet.
pub(super) fn untold(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Stored>, StoreError> {
    tx.all(UNTOLD, &[&limit], read)
}

/// Up to `limit` before this one, newest first.
pub(super) fn page(tx: &mut Tx<'_>, before: SupportGrantId, limit: u32) -> Result<Vec<Stored>, StoreError> {
    tx.all(PAGE, &[&before, &limit], read)
}

/// Ends it; false if it was over.
pub(super) fn end(tx: &mut Tx<'_>, id: SupportGrantId, at: Time, by: Ended) -> Result<bool, StoreError> {
    let changed = tx.execute(
        org_sql!(
            "update support_grant set ended_at = $3, ended_by = $4 where org = $1 and id = $2 and ended_at is null"
        ),
        &[&id, &at, &by.word()],
    )?;
    Ok(changed == 1)
}

/// Another link begins it, or, if it is to be the `first`, none did before; whoever came by one before is out. False if it is over, or had
/// one already.
pub(super) fn set_link(tx: &mut Tx<'_>, id: SupportGrantId, mac: &[u8; 32], first: bool) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        org_sql!(
            "update support_grant set link_mac = $3, link_used_at = null, session_mac = null
             where org = $1 and id = $2 and ended_at is null and until > $4 and (link_mac is null or $5 = 0)"
        ),
        &[&id, mac, &now, &u32::from(first)],
    )?;
    Ok(changed == 1)
}

/// Uses its link up for this session; false if somebody was faster, or it is over, or there is another link by now.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    id: SupportGrantId,
    link: &[u8; 32],
    session: &[u8; 32],
) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        org_sql!(
            "update support_grant set link_used_at = $5, session_mac = $4
             where org = $1 and id = $2 and link_mac = $3 and link_used_at is null and ended_at is null and until > $5"
        ),
        &[&id, link, session, &now],
    )?;
    Ok(changed == 1)
}

/// Keeps what came of it.
pub(super) fn set_summary(tx: &mut Tx<'_>, id: SupportGrantId, summary: &Summary) -> Result<bool, StoreError> {
    let text = serde_json::to_string(summary).map_err(|_| StoreError::Column("summary".into()))?;
    let changed = tx.execute(
        org_sql!("update support_grant set summary = $3 where org = $1 and id = $2 and summary is null"),
        &[&id, &text],
    )?;
    Ok(changed == 1)
}

/// Whether anybody has ever come into this organisation: until then there is nobody whose data it would be.
pub(super) fn has_anybody_come(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let session = org_sql!("select member from member_session where org = $1 limit 1");
    let passkey = org_sql!("select member from passkey where org = $1 limit 1");
    let member = |row: &Row<'_>| row.get::<MemberId>("member");
    Ok(tx.optional(session, &[], member)?.is_some() || tx.optional(passkey, &[], member)?.is_some())
}

/// What is sealed, in clear.
pub(super) fn content(keys: &OrgKeys, org: OrgId, (grant, sealed): &Stored) -> Result<Content, StoreError> {
    let clear = keys.open(LABEL, &place(org, &grant.id.bytes()), sealed)?;
    serde_json::from_slice(&clear).map_err(|_| StoreError::Column("content".into()))
}

/// Where to whom and why stands.
pub(super) fn place(org: OrgId, row: &[u8; 16]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "support_grant", column: "content", row, owner: None }
}

fn read(row: &Row<'_>) -> Result<Stored, StoreError> {
    let wrong = |name: &'static str| StoreError::Column(name.into());
    let (env, grantee): (String, String) = (row.get("env")?, row.get("grantee")?);
    let member = row.get::<Option<MemberId>>("member")?;
    let to = match (&*grantee, member) {
        ("address", _) => To::Address,
        ("member", Some(member)) => To::Member(member),
        ("host", _) => To::Host,
        _ => return Err(wrong("grantee")),
    };
    let permissions: String = row.get("permissions")?;
    let permissions: PermissionNames = serde_json::from_str(&permissions).map_err(|_| wrong("permissions"))?;
    let objects: String = row.get("objects")?;
    let objects = objects.split_whitespace().map(str::parse::<TypedId>).collect::<Result<_, _>>();
    let mac = |name: &'static str| -> Result<Option<[u8; 32]>, StoreError> {
        let bytes = row.get::<Option<Vec<u8>>>(name)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| wrong(name))).transpose()
    };
    let ended_by = row.get::<Option<String>>("ended_by")?;
    let ended_by = ended_by.map(|word| Ended::of(&word).ok_or_else(|| wrong("ended_by"))).transpose()?;
    let summary = row.get::<Option<String>>("summary")?;
    let grant = Grant {
        id: row.get("id")?,
        environment: env.parse::<Environment>().map_err(|_| wrong("env"))?,
        to,
        permissions: permissions.0,
        objects: objects.map_err(|_| wrong("objects"))?,
        last4: row.get::<u32>("last4")? != 0,
        granted_by: row.get("granted_by")?,
        created_at: row.get("created_at")?,
        until: row.get("until")?,
        link: mac("link_mac")?.map(|link| Ok::<_, StoreError>((link, row.get("link_used_at")?))).transpose()?,
        session: mac("session_mac")?,
        ended: row.get::<Option<Time>>("ended_at")?.zip(ended_by),
        summary: summary.map(|text| serde_json::from_str(&text).map_err(|_| wrong("summary"))).transpose()?,
    };
    Ok((grant, row.get("content")?))
}
