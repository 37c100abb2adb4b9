//! What goes on beside requests: links go out, ends are written down, and owners are told what came of it.

use std::time::Duration;

use sealpost_access::mail::Post;
use sealpost_access::members::Members;
use sealpost_access::notices::raise;
use sealpost_seal::Personal;
use sealpost_store::{CredentialKind, Ctx, Environment, Org, Store, StoreError, Tx, directory};
use sealpost_web::{Failure, Fault};

use super::model::{Ended, Grant, To};
use super::store::Stored;
use super::{letters, notices, service, store, summary};

/// Told in one round.
const AT_ONCE: u32 = 20;
/// Counted of one organisation at most.
const MOST_UNTOLD: u32 = 1_000;

/// Looks after the support access of every organisation, once, and answers the first failure. It may be done at any time and by several
/// nodes at the same time.
pub async fn look_after(house: &Store, post: &Post, members: &Members) -> Result<(), Failure> {
    let mut outcome = Ok(());
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        // What is wrong with one organisation's must not keep those of others.
        outcome = outcome.and(one(house, &ctx, post, members).await);
    }
    outcome
}

/// Looks after all of it at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, post: Post, members: Members, every: Duration) {
    loop {
        if let Err(failure) = look_after(&house, &post, &members).await {
            tracing::error!(error = %Fault::new(format!("{failure:?}")), "support.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

/// How often the glass was broken and owners are yet to be written to: what is in the store waits there until a server runs.
pub async fn untold_glasses(house: &Store) -> Result<usize, StoreError> {
    let mut count = 0;
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        let untold = house.peek::<_, StoreError>(&ctx, |tx| store::untold(tx, MOST_UNTOLD)).await?;
        let is_glass = |(grant, _): &&Stored| matches!(grant.ended, Some((_, Ended::BrokenGlass)));
        count += untold.iter().filter(is_glass).count();
    }
    Ok(count)
}

async fn one(house: &Store, ctx: &Ctx, post: &Post, members: &Members) -> Result<(), Failure> {
    let look = |tx: &mut Tx<'_>| Ok::<_, StoreError>((store::open(tx)?, store::untold(tx, AT_ONCE)?));
    let (open, untold) = house.read(ctx, look).await?;
    for stored in open {
        let grant = &stored.0;
        if !grant.is_active(ctx.now()) {
            expire(house, ctx, grant).await?;
        } else if grant.link.is_none() && grant.to != To::Host && post.delivers() {
            send(house, ctx, post, members, &stored).await?;
        }
    }
    for (grant, _) in untold {
        close(house, ctx, post, grant).await?;
    }
    Ok(())
}

/// Writes down that its time was over.
async fn expire(house: &Store, ctx: &Ctx, grant: &Grant) -> Result<(), StoreError> {
    let (id, until) = (grant.id, grant.until);
    let end = move |tx: &mut Tx<'_>| {
        if store::end(tx, id, until, Ended::Expired)? {
            tx.note(service::over(id, Ended::Expired));
        }
        Ok(())
    };
    house.maintain(ctx, end).await
}

/// Sends its first link to whoever is let in.
async fn send(house: &Store, ctx: &Ctx, post: &Post, members: &Members, stored: &Stored) -> Result<(), Failure> {
    let to = address(house, ctx, members, stored).await?;
    let (keys, id) = (house.keys().clone(), stored.0.id);
    let issued = match house.write(ctx, move |tx| service::issue(tx, &keys, id, true)).await {
        Ok(issued) => issued,
        // Somebody was faster, or it has just ended.
        Err(Failure::Refused(_)) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    if let Some(to) = to {
        post.send(ctx, to, letters::link(&issued.url(post.public_url()), issued.until));
    }
    Ok(())
}

/// Where whoever is let in gets their mail.
async fn address(
    house: &Store,
    ctx: &Ctx,
    members: &Members,
    stored: &Stored,
) -> Result<Option<Personal<String>>, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    Ok(match stored.0.to {
        To::Address => store::content(&keys, ctx.org.id, stored)?.email.map(Personal::new),
        To::Member(member) => members.find(ctx, member).await?.and_then(|member| member.email),
        To::Host => None,
    })
}

/// Counts what came of it, forgets its link and its session, and tells owners.
async fn close(house: &Store, ctx: &Ctx, post: &Post, mut grant: Grant) -> Result<(), Failure> {
    let Some((_, by)) = grant.ended else { return Ok(()) };
    let summary = summary::of(house, ctx.org, grant.id, grant.created_at).await?;
    let (id, kept) = (grant.id, summary.clone());
    // Endpoints hear of it where it was.
    let there = Ctx { org: Org { environment: grant.environment, ..ctx.org }, ..ctx.clone() };
    let told = house.maintain::<_, StoreError>(&there, move |tx| {
        let first = store::set_summary(tx, id, &kept)?;
        if first && by != Ended::BrokenGlass {
            raise(tx, notices::ended(id, by))?;
        }
        Ok(first)
    });
    if !told.await? {
        return Ok(());
    }
    let (link, session) = (grant.link.map(|(link, _)| link), grant.session);
    // They were entered where whoever asked for them was.
    for environment in [Environment::Test, Environment::Live] {
        let there = Ctx { org: Org { environment, ..ctx.org }, ..ctx.clone() };
        let forget = move |tx: &mut Tx<'_>| {
            link.map_or(Ok(()), |mac| directory::remove(tx, CredentialKind::SupportLink, &mac))?;
            session.map_or(Ok(()), |mac| directory::remove(tx, CredentialKind::SupportSession, &mac))
        };
        house.maintain::<_, StoreError>(&there, forget).await?;
    }
    grant.summary = Some(summary);
    post.tell_owners(house, ctx, letters::ended(&grant, by, post.public_url()));
    Ok(())
}
