//! Queries about connections, domains and the policy.

use sealpost_store::{Row, Sql, SsoConnectionId, StoreError, Time, Tx, org_sql};

use super::model::{Connection, Domain, Kind};
use super::service::New;

// Primary key (org, id).
const ONE: Sql = org_sql!(
    "select id, kind, name, settings, enabled, newcomers, group_roles, version, refused_at, refused_why, created_at, updated_at
     from sso_connection where org = $1 and id = $2"
);
const ALL: Sql = org_sql!(
    "select id, kind, name, settings, enabled, newcomers, group_roles, version, refused_at, refused_why, created_at, updated_at
     from sso_connection where org = $1 order by id"
);

pub(super) fn insert(tx: &mut Tx<'_>, id: SsoConnectionId, new: &New) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    let newcomers = new.newcomers.map(|role| role.to_string());
    tx.put(
        org_sql!(
            "insert into sso_connection (org, id, kind, name, settings, enabled, newcomers, group_roles, version, created_at,
                                         updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)"
        ),
        &[&id, &new.kind.word(), &new.name, &new.settings, &true, &newcomers, &groups_text(&new.groups), &now],
    )
}

/// Puts a connection as it is to be, if it is still of the version before that; false if somebody was faster.
pub(super) fn update(tx: &mut Tx<'_>, connection: &Connection) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let newcomers = connection.newcomers.map(|role| role.to_string());
    let changed = tx.execute(
        org_sql!(
            "update sso_connection set name = $3, settings = $4, enabled = $5, newcomers = $6, group_roles = $7, version = $8,
                                       updated_at = $9
             where org = $1 and id = $2 and version = $8 - 1"
        ),
        &[
            &connection.id,
            &connection.name,
            &connection.settings,
            &connection.enabled,
            &newcomers,
            &groups_text(&connection.groups),
            &connection.version,
            &now,
        ],
    )?;
    Ok(changed == 1)
}

/// How long it takes until another use of a connection is noted.
const USED_EVERY_MS: i64 = 60_000;

/// The connection has another credential from now on.
pub(super) fn mark_credential(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(org_sql!("update sso_connection set credential_at = $3 where org = $1 and id = $2"), &[&id, &now])
}

/// Somebody came by the connection: to within a minute.
pub(super) fn mark_used(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "update sso_connection set used_at = $3 where org = $1 and id = $2 and (used_at is null or used_at < $4)"
        ),
        &[&id, &now, &now.plus_ms(-USED_EVERY_MS)],
    )
}

/// Since when the connection has its credential, and when it was used last, as far as that is known.
pub(super) fn credential(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(Option<Time>, Option<Time>), StoreError> {
    let found = tx.optional(
        org_sql!("select credential_at, used_at from sso_connection where org = $1 and id = $2"),
        &[&id],
        |row| Ok((row.get("credential_at")?, row.get("used_at")?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// Keeps why somebody was refused who came by it.
pub(super) fn note_refusal(tx: &mut Tx<'_>, id: SsoConnectionId, why: &str) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!("update sso_connection set refused_at = $3, refused_why = $4 where org = $1 and id = $2"),
        &[&id, &now, &why],
    )
}

pub(super) fn delete(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from sso_connection where org = $1 and id = $2"), &[&id])
}

pub(super) fn find(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<Option<Connection>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// All of them, oldest first.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<Connection>, StoreError> {
    tx.all(ALL, &[], read)
}

/// Claims a domain; false if it was claimed before.
pub(super) fn insert_domain(tx: &mut Tx<'_>, domain: &Domain) -> Result<bool, StoreError> {
    let inserted = tx.execute(
        org_sql!(
            "insert into sso_domain (org, domain, connection, proof, verified_at, created_at) values ($1, $2, $3, $4, null, $5)
             on conflict do nothing"
        ),
        &[&domain.name, &domain.connection, &domain.proof, &domain.created_at],
    )?;
    Ok(inserted == 1)
}

/// A domain is proved now.
pub(super) fn verify_domain(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(org_sql!("update sso_domain set verified_at = $3 where org = $1 and domain = $2"), &[&name, &now])
}

pub(super) fn delete_domain(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from sso_domain where org = $1 and domain = $2"), &[&name])
}

/// The domain of this name.
pub(super) fn domain(tx: &mut Tx<'_>, name: &str) -> Result<Option<Domain>, StoreError> {
    tx.optional(
        org_sql!(
            "select domain, connection, proof, verified_at, created_at from sso_domain where org = $1 and domain = $2"
        ),
        &[&name],
        read_domain,
    )
}

/// All domains, by name.
pub(super) fn domains(tx: &mut Tx<'_>) -> Result<Vec<Domain>, StoreError> {
    tx.all(
        org_sql!(
            "select domain, connection, proof, verified_at, created_at from sso_domain where org = $1 order by domain"
        ),
        &[],
        read_domain,
    )
}

/// Whether members have to sign in by a connection.
pub(super) fn is_required(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let required = tx
        .optional(org_sql!("select required from sso_policy where org = $1"), &[], |row| row.get::<bool>("required"))?;
    Ok(required.unwrap_or_default())
}

pub(super) fn set_required(tx: &mut Tx<'_>, required: bool) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "insert into sso_policy (org, required, updated_at) values ($1, $2, $3)
             on conflict (org) do update set required = excluded.required, updated_at = excluded.updated_at"
        ),
        &[&required, &now],
    )
}

/// Whether anybody is known by this connection: somebody has come by it. Primary key (org, connection, subject).
pub(super) fn has_identities(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<bool, StoreError> {
    let found = tx.optional(
        org_sql!("select member from member_identity where org = $1 and connection = $2 limit 1"),
        &[&id.bytes()],
        |row| row.get::<sealpost_store::MemberId>("member"),
    )?;
    Ok(found.is_some())
}

/// Nobody is known by this connection any more.
pub(super) fn forget_identities(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from member_identity where org = $1 and connection = $2"), &[&id.bytes()])
}

/// Spends what a service vouched with; false if it was spent before.
pub(super) fn spend(tx: &mut Tx<'_>, what: &[u8; 32], until: Time) -> Result<bool, StoreError> {
    let inserted = tx.execute(
        org_sql!("insert into sso_spent (org, what, until) values ($1, $2, $3) on conflict do nothing"),
        &[what, &until],
    )?;
    Ok(inserted == 1)
}

/// Forgets up to `limit` of what is too old to be believed anyway. Index sso_spent_until (until, org).
pub(super) fn forget_spent(tx: &mut Tx<'_>, limit: u32) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    tx.execute(
        org_sql!(
            "delete from sso_spent where org = $1 and what in
             (select what from sso_spent where org = $1 and until < $2 order by until limit $3)"
        ),
        &[&now, &limit],
    )
}

fn groups_text(groups: &[super::model::GroupRole]) -> String {
    // A list of texts: it always has a JSON form.
    serde_json::to_string(groups).unwrap_or_else(|_| "[]".to_owned())
}

fn read(row: &Row<'_>) -> Result<Connection, StoreError> {
    let unreadable = |column: &'static str| StoreError::Column(column.into());
    let newcomers = row.get::<Option<String>>("newcomers")?;
    let refused = row.get::<Option<Time>>("refused_at")?.zip(row.get::<Option<String>>("refused_why")?);
    Ok(Connection {
        id: row.get("id")?,
        kind: Kind::of(&row.get::<String>("kind")?).ok_or_else(|| unreadable("kind"))?,
        name: row.get("name")?,
        settings: row.get("settings")?,
        enabled: row.get("enabled")?,
        newcomers: newcomers.map(|role| role.parse()).transpose().map_err(|_| unreadable("newcomers"))?,
        groups: serde_json::from_str(&row.get::<String>("group_roles")?).map_err(|_| unreadable("group_roles"))?,
        version: row.get("version")?,
        refused,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_domain(row: &Row<'_>) -> Result<Domain, StoreError> {
    Ok(Domain {
        name: row.get("domain")?,
        connection: row.get("connection")?,
        proof: row.get("proof")?,
        verified_at: row.get("verified_at")?,
        created_at: row.get("created_at")?,
    })
}
