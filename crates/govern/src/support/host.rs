//! A person with a shell on the host who reads what an organisation holds: by support access for the host, or by breaking the glass.
//!
//! Whoever has the host could read the database anyway. What this does is that nobody does so in passing, and that the organisation learns
//! of it before the first byte is read: the leaf, the notice to its endpoints and the letter to its owners are one commit.

use sealpost_access::notices::raise;
use sealpost_seal::Purpose;
use sealpost_store::{Ctx, Leaf, Store, SupportGrantId, Tx};
use sealpost_web::{Failure, PermissionSet};
use serde_json::json;

use super::model::{Content, Ended, Grant, To};
use super::{notices, store};
use crate::reason::Reason;

/// By what right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Nobody has ever come in: whoever sets it up reads nobody's.
    BeforeAnybody,
    /// They were let in.
    Granted(SupportGrantId),
    /// They broke the glass.
    BrokenGlass(SupportGrantId),
}

/// Opens what an organisation holds to this command; nothing, if nobody let the host in and it breaks no glass.
pub async fn open_for_host(
    house: &Store,
    ctx: &Ctx,
    command: &'static str,
    glass: Option<Reason>,
) -> Result<Option<Right>, Failure> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let (anybody, granted) = house
        .read::<_, Failure>(ctx, |tx| {
            let now = tx.ctx().now();
            let host = store::open(tx)?.into_iter().find(|(grant, _)| grant.to == To::Host && grant.is_active(now));
            Ok((store::has_anybody_come(tx)?, host.map(|(grant, _)| grant.id)))
        })
        .await?;
    if let Some(id) = granted {
        let used = move |tx: &mut Tx<'_>| {
            let sealed = keys.seal_audit(tx.ctx(), json!({ "command": command }).to_string().as_bytes());
            let leaf = Leaf::of("support.host").on(SupportGrantId::PREFIX, id.bytes()).with(sealed);
            Ok::<_, Failure>(tx.record(leaf, ()))
        };
        house.write(ctx, used).await?;
        return Ok(Some(Right::Granted(id)));
    }
    if !anybody {
        return Ok(Some(Right::BeforeAnybody));
    }
    let Some(reason) = glass else { return Ok(None) };
    let id = SupportGrantId::new(&ctx.world);
    let broken = move |tx: &mut Tx<'_>| {
        let (now, environment) = (tx.ctx().now(), tx.ctx().org.environment);
        let reason = reason.text().expose(Purpose::Seal).clone();
        let details = json!({ "command": command, "reason": reason });
        let grant = Grant {
            id,
            environment,
            to: To::Host,
            permissions: PermissionSet::EMPTY,
            objects: Vec::new(),
            last4: false,
            granted_by: None,
            created_at: now,
            until: now,
            link: None,
            session: None,
            ended: Some((now, Ended::BrokenGlass)),
            summary: None,
        };
        let content = Content { email: None, reason: Some(reason), ticket: None, command: Some(command.to_owned()) };
        // Without a summary it is what owners are yet to be written about.
        store::insert(tx, &keys, &grant, &content)?;
        raise(tx, notices::glass_broken(id, command))?;
        let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
        let leaf = Leaf::of("support.break_glass").on(SupportGrantId::PREFIX, id.bytes()).with(sealed);
        Ok::<_, Failure>(tx.record(leaf, ()))
    };
    house.write(ctx, broken).await?;
    Ok(Some(Right::BrokenGlass(id)))
}
