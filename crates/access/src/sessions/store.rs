//! Queries about sessions.

use sealpost_store::{MemberId, Row, SessionId, StoreError, Time, Tx, org_sql};

use super::agent::Agent;
use super::model::{Ended, Method, Opening, SessionRow};
use crate::members::{self, MemberState};
use crate::roles::RoleRef;

pub(super) fn insert(tx: &mut Tx<'_>, id: SessionId, mac: &[u8; 32], opening: &Opening) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    let Opening { member, method, agent, network } = opening;
    tx.put(
        org_sql!(
            "insert into member_session (org, id, member, mac, method, agent, network, created_at, seen_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        ),
        &[&id, member, mac, &method.word(), &agent.to_text(), network, &now],
    )
}

/// A session with what decides whether it is good: its member's role and state.
pub(super) fn with_member(
    tx: &mut Tx<'_>,
    id: SessionId,
) -> Result<Option<(SessionRow, RoleRef, MemberState)>, StoreError> {
    tx.optional(
        org_sql!(
            "select s.id, s.member, s.method, s.agent, s.network, s.created_at, s.seen_at, s.proved_at, s.ended_at, s.ended_by,
                    m.role, m.state
             from member_session s join member m on m.org = s.org and m.id = s.member where s.org = $1 and s.id = $2"
        ),
        &[&id],
        |row| Ok((read(row)?, members::store::role(row)?, members::store::state(row)?)),
    )
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
