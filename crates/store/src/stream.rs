//! Streams of the ledger to somebody outside: how far each has come, and which node it is that streams.
//!
//! A stream has a name, a cursor for each organisation, and a lease: of several nodes on one database the one that holds it
//! streams. A cursor moves only under the lease and only once the receiver has confirmed; after a crash the next holder begins
//! where it stands, so leaves may come again, and none is left out.

use crate::directory::Id;
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::keys::INSTALLATION;
use crate::sql::system_sql;
use crate::tx::Tx;

/// An organisation with leaves that a stream has not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unstreamed {
    /// Whose ledger.
    pub org: OrgId,
    /// The first leaf that is not delivered.
    pub next: u64,
    /// How many leaves the ledger has.
    pub size: u64,
}

/// Takes the stream's lease, or keeps it, for `ms` milliseconds; false while another holds it.
pub(crate) fn hold(tx: &mut Tx<'_>, stream: &str, holder: [u8; 16], ms: i64) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(
        system_sql!(
            "insert into lease (org, name, holder, held_until) values ($1, $2, $3, $4)
             on conflict (org, name) do update set holder = excluded.holder, held_until = excluded.held_until
             where lease.holder = excluded.holder or lease.held_until <= $5"
        ),
        &[&INSTALLATION, &stream, &Id(holder), &now.plus_ms(ms), &now],
    )? == 1)
}

/// Ends every lease: on a database with one node, at its start, their holder is dead.
pub(crate) fn end_leases(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute(system_sql!("delete from lease"), &[])
}

/// Up to `limit` organisations after `after` with leaves that the stream has not delivered, in order of their ids.
pub(crate) fn behind(tx: &mut Tx<'_>, stream: &str, after: OrgId, limit: u32) -> Result<Vec<Unstreamed>, StoreError> {
    tx.all(
        system_sql!(
            "select h.org, coalesce(s.next, 0) as next, h.size from ledger_head h
             left join ledger_stream s on s.org = h.org and s.stream = $1
             where h.org > $2 and h.size > coalesce(s.next, 0) order by h.org limit $3"
        ),
        &[&stream, &after, &limit],
        |row| Ok(Unstreamed { org: row.get("org")?, next: row.get("next")?, size: row.get("size")? }),
    )
}

/// How many leaves of all organisations the stream has not delivered.
pub(crate) fn backlog(tx: &mut Tx<'_>, stream: &str) -> Result<u64, StoreError> {
    let sum = tx.optional(
        system_sql!(
            "select cast(coalesce(sum(h.size - coalesce(s.next, 0)), 0) as bigint) as leaves from ledger_head h
             left join ledger_stream s on s.org = h.org and s.stream = $1"
        ),
        &[&stream],
        |row| row.get("leaves"),
    )?;
    Ok(sum.unwrap_or(0))
}

/// Moves cursors forward: of each organisation named, everything before the number beside it is delivered.
pub(crate) fn advance(tx: &mut Tx<'_>, stream: &str, delivered: &[(OrgId, u64)]) -> Result<(), StoreError> {
    for (org, next) in delivered {
        tx.put(
            system_sql!(
                "insert into ledger_stream (org, stream, next) values ($1, $2, $3)
                 on conflict (org, stream) do update set next = excluded.next where ledger_stream.next < excluded.next"
            ),
            &[org, &stream, next],
        )?;
    }
    Ok(())
}
