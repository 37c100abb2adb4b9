//! What was asked for and said, sealed anew under the organisation's key that is used now.

use std::sync::Arc;

use sealpost_store::{ApprovalId, Ctx, Environment, MemberId, OrgKeys, Store, StoreError, Tx, org_sql};
use sealpost_web::BoxFuture;

use super::model::Says;
use super::store::{LABEL, comment_place, content_place, vote_row};

/// Sealed anew in one transaction.
const AT_ONCE: u32 = 100;

/// Seals requests and votes anew: they are the organisation's, and stand in no environment.
pub fn reseal<'a>(house: &'a Store, ctx: &'a Ctx, keys: &'a Arc<OrgKeys>) -> BoxFuture<'a, Result<(), StoreError>> {
    Box::pin(async move {
        if ctx.org.environment != Environment::Live {
            return Ok(());
        }
        while contents(house, ctx, keys).await? {}
        while comments(house, ctx, keys).await? {}
        Ok(())
    })
}

/// Seals some contents anew; false if there were none.
async fn contents(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<bool, StoreError> {
    let (current, org) = (keys.key_id(), ctx.org.id);
    let outdated = org_sql!(
        "select id, content from approval where org = $1 and substr(content, 3, 8) <> $2 order by id limit $3"
    );
    let outdated = move |tx: &mut Tx<'_>| {
        tx.all(outdated, &[&current.0, &AT_ONCE], |row| {
            Ok((row.get::<ApprovalId>("id")?, row.get::<Vec<u8>>("content")?))
        })
    };
    let outdated = house.read::<_, StoreError>(ctx, outdated).await?;
    let mut anew = Vec::with_capacity(outdated.len());
    for (id, sealed) in outdated {
        let row = id.bytes();
        let clear = keys.open(LABEL, &content_place(org, &row), &sealed)?;
        anew.push((id, keys.seal(LABEL, &content_place(org, &row), &clear, ctx.rng()), sealed));
    }
    let some = !anew.is_empty();
    let put = move |tx: &mut Tx<'_>| {
        let update = org_sql!("update approval set content = $3 where org = $1 and id = $2 and content = $4");
        anew.iter().try_for_each(|(id, fresh, sealed)| tx.put(update, &[id, fresh, sealed]))
    };
    house.maintain::<_, StoreError>(ctx, put).await?;
    Ok(some)
}

/// Seals some comments anew; false if there were none.
async fn comments(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<bool, StoreError> {
    let (current, org) = (keys.key_id(), ctx.org.id);
    let outdated = org_sql!(
        "select approval, voter, says, comment from approval_vote
         where org = $1 and comment is not null and substr(comment, 3, 8) <> $2 order by approval, voter, says limit $3"
    );
    let outdated = move |tx: &mut Tx<'_>| {
        tx.all(outdated, &[&current.0, &AT_ONCE], |row| {
            let says: String = row.get("says")?;
            Ok((
                row.get::<ApprovalId>("approval")?,
                row.get::<MemberId>("voter")?,
                Says::of(&says).ok_or_else(|| StoreError::Column("says".into()))?,
                row.get::<Vec<u8>>("comment")?,
            ))
        })
    };
    let outdated = house.read::<_, StoreError>(ctx, outdated).await?;
    let mut anew = Vec::with_capacity(outdated.len());
    for (id, voter, says, sealed) in outdated {
        let row = vote_row(id, voter, says);
        let clear = keys.open(LABEL, &comment_place(org, &row), &sealed)?;
        anew.push((id, voter, says, keys.seal(LABEL, &comment_place(org, &row), &clear, ctx.rng()), sealed));
    }
    let some = !anew.is_empty();
    let put = move |tx: &mut Tx<'_>| {
        let update = org_sql!(
            "update approval_vote set comment = $5 where org = $1 and approval = $2 and voter = $3 and says = $4 and comment = $6"
        );
        anew.iter()
            .try_for_each(|(id, voter, says, fresh, sealed)| tx.put(update, &[id, voter, &says.word(), fresh, sealed]))
    };
    house.maintain::<_, StoreError>(ctx, put).await?;
    Ok(some)
}
