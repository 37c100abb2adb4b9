//! Use cases of links.

use std::net::IpAddr;

use sealpost_seal::token::{Token, TokenKind};
use sealpost_seal::viewer::Viewer;
use sealpost_store::{
    Actor, ActorKind, CredentialKind, Ctx, Keys, Leaf, MemberId, Org, Recorded, RequestId, SignInLinkId, Store,
    StoreError, Time, Tx, directory,
};
use sealpost_web::{Failure, Refusal};

use super::model::{Followed, IssuedLink, Purpose, SignInLink};
use super::store;
use crate::members::{self, MemberState};
use crate::sessions::{self, Agent, Opening, network_name};
use crate::sign_in::codes::LINK_SPENT;

/// Makes a link for a member.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &Keys,
    member: MemberId,
    purpose: Purpose,
) -> Result<Recorded<IssuedLink>, StoreError> {
    let link = issue(tx, keys, member, purpose)?;
    let leaf = Leaf::of("sign_in_link.create").on(MemberId::PREFIX, member.bytes()).because(purpose.word());
    Ok(tx.record(leaf, link))
}

/// Makes a link as part of an act that has a leaf of its own.
pub(crate) fn issue(
    tx: &mut Tx<'_>,
    keys: &Keys,
    member: MemberId,
    purpose: Purpose,
) -> Result<IssuedLink, StoreError> {
    let ctx = tx.ctx();
    let (id, token) = (SignInLinkId::new(&ctx.world), Token::generate(TokenKind::LINK, ctx.rng()));
    let expires_at = ctx.now().plus_ms(i64::from(purpose.minutes()) * 60_000);
    let mac = token.mac(keys.pepper());
    store::insert(tx, id, &mac, member, purpose, expires_at)?;
    directory::enter(tx, CredentialKind::SignInLink, &mac, id.bytes())?;
    Ok(IssuedLink { id, token, expires_at })
}

/// Whatever links a member has lead nowhere any more.
pub(crate) fn spend_all_of(tx: &mut Tx<'_>, member: MemberId) -> Result<(), StoreError> {
    store::spend_all_of(tx, member)
}

/// Makes a link for the organisation's first owner, and the owner if there is none: the operator's way in.
pub async fn create_for_owner(house: &Store, ctx: &Ctx) -> Result<IssuedLink, StoreError> {
    let (member, keys) = (members::owner(house, ctx).await?, house.keys().clone());
    house.write(ctx, move |tx| create(tx, &keys, member, Purpose::Operator)).await
}

/// Whether a link for this was made for a member since then.
pub(crate) fn made_since(tx: &mut Tx<'_>, member: MemberId, purpose: Purpose, since: Time) -> Result<bool, StoreError> {
    store::made_since(tx, member, purpose, since)
}

/// Whether following this link would sign somebody in.
pub async fn is_good(house: &Store, text: &str) -> Result<bool, StoreError> {
    let now = house.world().clock.now();
    Ok(find(house, text).await?.is_some_and(|(_, link)| link.used_at.is_none() && link.expires_at > now))
}

/// Uses a link up and begins its member's session, both or neither.
pub async fn follow(
    house: &Store,
    text: &str,
    peer: IpAddr,
    agent: Agent,
    request: RequestId,
) -> Result<Followed, Failure> {
    let spent = || Failure::from(Refusal::of(&LINK_SPENT));
    let (org, link) = find(house, text).await?.ok_or_else(spent)?;
    let actor = Actor { kind: ActorKind::Member, id: link.member.bytes() };
    let ctx = Ctx { org, actor, viewer: Viewer::masked(), request, world: house.world().clone() };
    let network = network_name(&*house.keys().organisation(org.id).await?, link.member, peer);
    let opening =
        Opening { member: link.member, method: link.purpose.method(), agent, network, passkey: None, connection: None };
    let keys = house.keys().clone();
    house
        .write(&ctx, move |tx| {
            let state = members::find(tx, link.member)?.map(|member| member.state);
            let comes_in = link.purpose == Purpose::Invitation && state == Some(MemberState::Invited);
            if !(comes_in || state == Some(MemberState::Active)) || !store::use_up(tx, link.id)? {
                return Err(spent());
            }
            if comes_in {
                members::join(tx, link.member)?;
            }
            let opened = sessions::open(tx, &keys, &opening)?;
            Ok(opened.map(|session| Followed { member: link.member, method: opening.method, session }))
        })
        .await
}

async fn find(house: &Store, text: &str) -> Result<Option<(Org, SignInLink)>, StoreError> {
    let Ok(token) = Token::parse(TokenKind::LINK, text) else { return Ok(None) };
    let mac = token.mac(house.keys().pepper());
    let Some(credential) = house.credential(CredentialKind::SignInLink, mac).await? else { return Ok(None) };
    let (org, id) = (credential.org, SignInLinkId::from_bytes(credential.id));
    let ctx = Ctx::system(org, house.world().clone());
    let link = house.peek::<_, StoreError>(&ctx, move |tx| store::find(tx, id)).await?;
    Ok(link.map(|link| (org, link)))
}
