//! Queries about sessions.

use sealpost_store::{MemberId, PasskeyId, Row, SessionId, SsoConnectionId, StoreError, Time, Tx, org_sql};

use super::agent::Agent;
use super::model::{Ended, Method, Opening, SessionRow};
use crate::members::{self, MemberState};
use crate::roles::{RoleRef, Standard};

pub(super) fn insert(tx: &mut Tx<'_>, id: SessionId, mac: &[u8; 32], opening: &Opening) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    let Opening { member, method, agent, network, passkey, connection } = opening;
    let proved_at = method.is_proof().then_some(now);
    tx.put(
        org_sql!(
            "insert into member_session (org, id, member, mac, method, agent, network, created_at, seen_at, proved_at,
                                         passkey, connection)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)"
        ),
        &[&id, member, mac, &method.word(), &agent.to_text(), network, &now, &proved_at, passkey, connection],
    )
}

/// A session with what decides whether it is good: its member's role and state.
pub(super) type Standing = (SessionRow, RoleRef, MemberState);

/// The session with this id.
pub(super) fn with_member(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Standing>, StoreError> {
    tx.optional(
        org_sql!(
            "select s.id, s.member, s.method, s.agent, s.network, s.created_at, s.seen_at, s.proved_at, s.ended_at, s.ended_by,
                    m.role, m.state
             from member_session s join member m on m.org = s.org and m.id = s.member where s.org = $1 and s.id = $2"
        ),
        &[&id],
        standing,
    )
}

/// Sessions that nobody ended, one member's or everybody's, older than `before`, newest first.
pub(super) fn page(
    tx: &mut Tx<'_>,
    member: Option<MemberId>,
    before: SessionId,
    limit: u32,
) -> Result<Vec<Standing>, StoreError> {
    match member {
        // Index member_session_member (org, member).
        Some(member) => tx.all(
            org_sql!(
                "select s.id, s.member, s.method, s.agent, s.network, s.created_at, s.seen_at, s.proved_at, s.ended_at,
                        s.ended_by, m.role, m.state
                 from member_session s join member m on m.org = s.org and m.id = s.member
                 where s.org = $1 and s.member = $2 and s.id < $3 and s.ended_at is null order by s.id desc limit $4"
            ),
            &[&member, &before, &limit],
            standing,
        ),
        None => tx.all(
            org_sql!(
                "select s.id, s.member, s.method, s.agent, s.network, s.created_at, s.seen_at, s.proved_at, s.ended_at,
                        s.ended_by, m.role, m.state
                 from member_session s join member m on m.org = s.org and m.id = s.member
                 where s.org = $1 and s.id < $2 and s.ended_at is null order by s.id desc limit $3"
            ),
            &[&before, &limit],
            standing,
        ),
    }
}

/// A session's member has proved that it is them, with this passkey if it is a new one.
pub(super) fn prove(tx: &mut Tx<'_>, id: SessionId, passkey: Option<PasskeyId>) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!(
            "update member_session set proved_at = $3, passkey = coalesce(passkey, $4)
             where org = $1 and id = $2 and ended_at is null"
        ),
        &[&id, &now, &passkey],
    )
}

/// Ends the sessions of a member that a passkey began.
pub(super) fn end_all_by(tx: &mut Tx<'_>, member: MemberId, passkey: PasskeyId, by: Ended) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "update member_session set ended_at = $4, ended_by = $5
             where org = $1 and member = $2 and passkey = $3 and ended_at is null"
        ),
        &[&member, &passkey, &now, &by.word()],
    )
}

/// Whether this member has been signed in from this network, in this kind of browser, and whether they were anywhere at all.
pub(super) fn is_familiar(tx: &mut Tx<'_>, opening: &Opening) -> Result<Option<bool>, StoreError> {
    let all = tx.all(
        org_sql!("select agent, network from member_session where org = $1 and member = $2"),
        &[&opening.member],
        |row| Ok((row.get::<String>("agent")?, row.get::<Vec<u8>>("network")?)),
    )?;
    let same =
        |(agent, network): &(String, Vec<u8>)| *agent == opening.agent.to_text() && network[..] == opening.network;
    Ok((!all.is_empty()).then(|| all.iter().any(same)))
}

/// Ends all sessions of a member that have not been ended.
pub(super) fn end_all_of(tx: &mut Tx<'_>, member: MemberId, by: Ended) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "update member_session set ended_at = $3, ended_by = $4 where org = $1 and member = $2 and ended_at is null"
        ),
        &[&member, &now, &by.word()],
    )
}

/// Ends the sessions that began by a connection.
pub(super) fn end_all_of_connection(tx: &mut Tx<'_>, id: SsoConnectionId, by: Ended) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "update member_session set ended_at = $3, ended_by = $4
             where org = $1 and connection = $2 and ended_at is null"
        ),
        &[&id, &now, &by.word()],
    )
}

/// Ends the sessions that began by no connection, but those of owners.
pub(super) fn end_all_without_sso(tx: &mut Tx<'_>, by: Ended) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "update member_session set ended_at = $2, ended_by = $3
             where org = $1 and connection is null and ended_at is null
               and member not in (select id from member where org = $1 and role = $4)"
        ),
        &[&now, &by.word(), &Standard::Owner.word()],
    )
}

/// Removes up to `limit` sessions that began before this moment; answers the hashes by which they were found.
pub(super) fn forget_before(tx: &mut Tx<'_>, before: Time, limit: u32) -> Result<Vec<[u8; 32]>, StoreError> {
    let rows: Vec<(SessionId, Vec<u8>)> = tx.all(
        org_sql!("select id, mac from member_session where org = $1 and created_at < $2 order by id limit $3"),
        &[&before, &limit],
        |row| Ok((row.get("id")?, row.get("mac")?)),
    )?;
    let mut macs = Vec::with_capacity(rows.len());
    for (id, mac) in rows {
        tx.put(org_sql!("delete from member_session where org = $1 and id = $2"), &[&id])?;
        macs.push(mac.try_into().map_err(|_| StoreError::Column("mac".into()))?);
    }
    Ok(macs)
}

/// Takes down that a session was used at this moment.
pub(super) fn see(tx: &mut Tx<'_>, id: SessionId, at: Time) -> Result<(), StoreError> {
    tx.put(org_sql!("update member_session set seen_at = $3 where org = $1 and id = $2 and seen_at < $3"), &[&id, &at])
}

/// Ends a session that has not been ended; false if it has, or isn't there.
pub(super) fn end(tx: &mut Tx<'_>, id: SessionId, by: Ended) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        org_sql!(
            "update member_session set ended_at = $3, ended_by = $4 where org = $1 and id = $2 and ended_at is null"
        ),
        &[&id, &now, &by.word()],
    )?;
    Ok(changed == 1)
}

fn standing(row: &Row<'_>) -> Result<Standing, StoreError> {
    Ok((read(row)?, members::role(row)?, members::state(row)?))
}

fn read(row: &Row<'_>) -> Result<SessionRow, StoreError> {
    let unknown = |column: &str| StoreError::Column(column.into());
    let method = Method::of(&row.get::<String>("method")?).ok_or_else(|| unknown("method"))?;
    let ended_at: Option<Time> = row.get("ended_at")?;
    let ended_by: Option<String> = row.get("ended_by")?;
    let ended = match (ended_at, ended_by.as_deref().map(Ended::of)) {
        (None, None) => None,
        (Some(at), Some(Some(by))) => Some((at, by)),
        _ => return Err(unknown("ended_by")),
    };
    let network: Vec<u8> = row.get("network")?;
    Ok(SessionRow {
        id: row.get("id")?,
        member: row.get::<MemberId>("member")?,
        method,
        agent: Agent::from_text(&row.get::<String>("agent")?),
        network: network.try_into().map_err(|_| unknown("network"))?,
        created_at: row.get("created_at")?,
        seen_at: row.get("seen_at")?,
        proved_at: row.get("proved_at")?,
        ended,
    })
}
