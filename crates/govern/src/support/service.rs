//! Use cases of support access.

use sealpost_access::api_keys::person;
use sealpost_access::members::Members;
use sealpost_access::notices::raise;
use sealpost_access::sign_in::codes::LINK_SPENT;
use sealpost_seal::Purpose;
use sealpost_seal::normal::Email;
use sealpost_seal::token::{Token, TokenKind};
use sealpost_seal::viewer::Viewer;
use sealpost_store::{
    Actor, ActorKind, CredentialKind, Ctx, Keys, Leaf, Org, OrgId, OrgKeys, Recorded, RequestId, Store, StoreError,
    SupportGrantId, Time, Tx, directory,
};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::approval::APPROVABLE;
use super::codes::{SUPPORT_IS_MEMBER, SUPPORT_NO_LINK, SUPPORT_OVER};
use super::model::{Content, Ended, Grant, To, to_text};
use super::rules::Wanted;
use super::session::SESSION;
use super::{notices, store};
use crate::approvals::{self, Approval};
use crate::reason::Reason;

/// Refuses to let a member in as somebody from outside, by their own address: of an address nobody knows whose it is, and they could agree
/// to it themselves.
pub(super) async fn expect_outsider(house: &Store, ctx: &Ctx, email: Option<&str>) -> Result<(), Failure> {
    let Some(email) = email.and_then(|email| Email::parse(email).ok()) else { return Ok(()) };
    match Members::new(house.clone()).by_email(ctx, &email).await? {
        Some(_) => Err(Refusal::of(&SUPPORT_IS_MEMBER).at("/email", "is_member").into()),
        None => Ok(()),
    }
}

/// Asks others to let somebody in.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    wanted: Wanted,
    reason: &Reason,
) -> Result<Recorded<Approval>, Failure> {
    let wanted = serde_json::to_value(wanted.checked()?).map_err(sealpost_web::Fault::new)?;
    approvals::ask(tx, keys, &APPROVABLE, None, wanted, Some(reason))
}

/// Lets somebody in, as part of the vote that was the last it took.
pub(super) fn begin(tx: &mut Tx<'_>, keys: &OrgKeys, wanted: &Wanted, reason: Option<&Reason>) -> Result<(), Failure> {
    let granted_by = person(tx)?;
    let ctx = tx.ctx();
    let (id, now) = (SupportGrantId::new(&ctx.world), ctx.now());
    let to = match wanted.member_id {
        Some(member) => To::Member(member),
        None if wanted.host => To::Host,
        None => To::Address,
    };
    let grant = Grant {
        id,
        environment: wanted.environment,
        to,
        permissions: wanted.permissions.0,
        objects: wanted.objects.clone(),
        last4: wanted.show_last4,
        granted_by,
        created_at: now,
        until: now.plus_ms(i64::from(wanted.minutes) * 60_000),
        link: None,
        session: None,
        ended: None,
        summary: None,
    };
    let content = Content {
        email: wanted.email.clone(),
        reason: reason.map(|reason| reason.text().expose(Purpose::Seal).clone()),
        ticket: wanted.ticket.clone(),
        command: None,
    };
    store::insert(tx, keys, &grant, &content)?;
    raise(tx, notices::granted(id, grant.until))?;
    let details = json!({
        "grantee": to.word(),
        "environment": grant.environment,
        "permissions": to_text(grant.permissions),
        "objects": grant.objects,
        "minutes": wanted.minutes,
        "show_last4": grant.last4,
    });
    let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
    tx.note(Leaf::of("support.grant").on(SupportGrantId::PREFIX, id.bytes()).because(to.word()).with(sealed));
    Ok(())
}

/// Ends it: the next request of its session is refused, on every node, and open streams end within a second.
pub(super) fn end(tx: &mut Tx<'_>, id: SupportGrantId, by: Ended) -> Result<Recorded<()>, Failure> {
    let (grant, _) = store::find(tx, id)?.ok_or_else(not_found)?;
    let now = tx.ctx().now();
    if !grant.is_active(now) || !store::end(tx, id, now, by)? {
        return Err(Refusal::of(&SUPPORT_OVER).into());
    }
    Ok(tx.record(over(id, by), ()))
}

/// The leaf of an end.
pub(super) fn over(id: SupportGrantId, by: Ended) -> Leaf {
    Leaf::of("support.end").on(SupportGrantId::PREFIX, id.bytes()).because(by.word())
}

/// A link that begins it, and until when it is good.
pub(super) struct Issued {
    pub(super) token: Token,
    pub(super) until: Time,
}

impl Issued {
    /// Where it leads, on the server that the outside knows as `public_url`.
    pub(super) fn url(&self, public_url: &str) -> String {
        format!("{public_url}/support/{}", self.token.expose())
    }
}

/// Makes a link that begins it. Whoever came by one before is out; if it is to be the `first`, there must not have been one.
pub(super) fn issue(
    tx: &mut Tx<'_>,
    keys: &Keys,
    id: SupportGrantId,
    first: bool,
) -> Result<Recorded<Issued>, Failure> {
    let (grant, _) = store::find(tx, id)?.ok_or_else(not_found)?;
    if grant.to == To::Host {
        return Err(Refusal::of(&SUPPORT_NO_LINK).into());
    }
    let token = Token::generate(TokenKind::LINK, tx.ctx().rng());
    let mac = token.mac(keys.pepper());
    if !store::set_link(tx, id, &mac, first)? {
        return Err(Refusal::of(&SUPPORT_OVER).into());
    }
    directory::enter(tx, CredentialKind::SupportLink, &mac, id.bytes())?;
    let leaf = Leaf::of("support_link.create").on(SupportGrantId::PREFIX, id.bytes());
    Ok(tx.record(leaf, Issued { token, until: grant.until }))
}

/// Whether following this link would let somebody in.
pub(super) async fn is_good(house: &Store, text: &str) -> Result<bool, StoreError> {
    let Some((org, id, mac)) = find_link(house, text).await? else { return Ok(false) };
    let ctx = Ctx::system(org, house.world().clone());
    let found = house.peek::<_, StoreError>(&ctx, move |tx| store::find(tx, id)).await?;
    Ok(found.is_some_and(|(grant, _)| grant.is_active(ctx.now()) && grant.link == Some((mac, None))))
}

/// Uses a link up and begins the session of its grant, both or neither. Whoever has become a member since it was asked for, or was named by
/// whoever changed the request, is not let in by it.
pub(super) async fn follow(house: &Store, text: &str, request: RequestId) -> Result<Token, Failure> {
    let spent = || Failure::from(Refusal::of(&LINK_SPENT));
    let (org, id, link) = find_link(house, text).await?.ok_or_else(spent)?;
    let ctx = Ctx { org, actor: actor(id), viewer: Viewer::masked(), request, world: house.world().clone() };
    let keys = house.keys().organisation(org.id).await?;
    let (grant, content) = house.read(&ctx, move |tx| show(tx, &keys, org.id, id)).await?;
    if grant.to == To::Address {
        expect_outsider(house, &ctx, content.email.as_deref()).await?;
    }
    let token = Token::generate(SESSION, ctx.rng());
    let mac = token.mac(house.keys().pepper());
    let enter = move |tx: &mut Tx<'_>| {
        if !store::enter(tx, id, &link, &mac)? {
            return Err(spent());
        }
        directory::enter(tx, CredentialKind::SupportSession, &mac, id.bytes())?;
        Ok(tx.record(Leaf::of("support.enter").on(SupportGrantId::PREFIX, id.bytes()), ()))
    };
    house.write(&ctx, enter).await?;
    Ok(token)
}

/// Whoever was let in by this grant, as the ledger names them.
pub(super) fn actor(id: SupportGrantId) -> Actor {
    Actor { kind: ActorKind::Support, id: id.bytes() }
}

/// The grant of this id with what is sealed of it.
pub(super) fn show(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    org: OrgId,
    id: SupportGrantId,
) -> Result<(Grant, Content), Failure> {
    let found = store::find(tx, id)?.ok_or_else(not_found)?;
    let content = store::content(keys, org, &found)?;
    Ok((found.0, content))
}

async fn find_link(house: &Store, text: &str) -> Result<Option<(Org, SupportGrantId, [u8; 32])>, StoreError> {
    let Ok(token) = Token::parse(TokenKind::LINK, text) else { return Ok(None) };
    let mac = token.mac(house.keys().pepper());
    let found = house.credential(CredentialKind::SupportLink, mac).await?;
    Ok(found.map(|credential| (credential.org, SupportGrantId::from_bytes(credential.id), mac)))
}
