//! Statements about notices.

use sealpost_store::{NewJob, NoticeId, StoreError, Tx, sql};
use serde_json::Value;

use super::JOB;
use super::model::{Notice, Raised};

/// Raises a notice, in the transaction of what it tells of. The leaf of that act is the caller's to record.
pub fn raise(tx: &mut Tx<'_>, notice: Notice) -> Result<NoticeId, StoreError> {
    let ctx = tx.ctx();
    let raised = Raised {
        id: NoticeId::new(&ctx.world),
        kind: notice.kind.name().to_owned(),
        data: Value::Object(notice.data),
        at: ctx.now(),
    };
    let id = raised.id;
    tx.put(
        sql!("insert into notice (org, env, id, kind, data, created_at) values ($1, $2, $3, $4, $5, $6)"),
        &[&id, &raised.kind, &raised.data.to_string(), &raised.at],
    )?;
    tx.enqueue(NewJob::now(JOB, id.bytes()).with(raised))?;
    Ok(id)
}

/// The notice of this id, if it is not told yet.
pub fn find(tx: &mut Tx<'_>, id: NoticeId) -> Result<Option<Raised>, StoreError> {
    tx.optional(
        sql!("select kind, data, created_at from notice where org = $1 and env = $2 and id = $3"),
        &[&id],
        |row| {
            let data: String = row.get("data")?;
            Ok(Raised {
                id,
                kind: row.get("kind")?,
                data: serde_json::from_str(&data).map_err(|_| StoreError::Column("data".into()))?,
                at: row.get("created_at")?,
            })
        },
    )
}

/// Removes a notice: it has become deliveries.
pub fn remove(tx: &mut Tx<'_>, id: NoticeId) -> Result<(), StoreError> {
    tx.put(sql!("delete from notice where org = $1 and env = $2 and id = $3"), &[&id])
}
