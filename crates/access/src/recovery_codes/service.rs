//! Use cases of recovery codes.

use std::net::IpAddr;

use sealpost_seal::viewer::Viewer;
use sealpost_store::{
    Actor, ActorKind, CredentialKind, Ctx, Keys, Leaf, MemberId, Recorded, RecoveryCodeId, RequestId, Store,
    StoreError, Tx,
};
use sealpost_web::{Failure, Refusal};

use super::model::Code;
use super::store;
use crate::members::{self, MemberState};
use crate::sessions::{self, Agent, Method, Opened, Opening, network_name};
use crate::sign_in::codes::RECOVERY_CODE_REFUSED;

/// How many codes a member gets at once.
pub const CODES: usize = 10;

/// Makes new codes for a member; those they had are good for nothing any more. Shown this once.
pub fn create(tx: &mut Tx<'_>, keys: &Keys, member: MemberId) -> Result<Recorded<Vec<Code>>, StoreError> {
    store::remove_all_of(tx, member)?;
    let ctx = tx.ctx();
    let codes: Vec<Code> = (0..CODES).map(|_| Code::generate(ctx.rng())).collect();
    for code in &codes {
        store::insert(tx, RecoveryCodeId::new(&ctx.world), member, &code.mac(keys.pepper()))?;
    }
    Ok(tx.record(Leaf::of("recovery_code.create").on(MemberId::PREFIX, member.bytes()), codes))
}

/// Uses a code up and begins its member's session, both or neither. The session is good for registering a passkey.
pub async fn sign_in(
    house: &Store,
    text: &str,
    peer: IpAddr,
    agent: Agent,
    request: RequestId,
) -> Result<Opened, Failure> {
    let refused = || Failure::from(Refusal::of(&RECOVERY_CODE_REFUSED));
    let mac = Code::parse(text).ok_or_else(refused)?.mac(house.keys().pepper());
    let credential = house.credential(CredentialKind::RecoveryCode, mac).await?.ok_or_else(refused)?;
    let (org, id) = (credential.org, RecoveryCodeId::from_bytes(credential.id));
    let system = Ctx::system(org, house.world().clone());
    let member = house.peek::<_, StoreError>(&system, move |tx| store::member_of(tx, id)).await?.ok_or_else(refused)?;
    let actor = Actor { kind: ActorKind::Member, id: member.bytes() };
    let ctx = Ctx { org, actor, viewer: Viewer::masked(), request, world: house.world().clone() };
    let network = network_name(&*house.keys().organisation(org.id).await?, member, peer);
    let opening = Opening { member, method: Method::RecoveryCode, agent, network, passkey: None, connection: None };
    let keys = house.keys().clone();
    house
        .write(&ctx, move |tx| {
            let there = members::find(tx, member)?.is_some_and(|row| row.state == MemberState::Active);
            if !there || !store::use_up(tx, id, &mac)? {
                return Err(refused());
            }
            sessions::open(tx, &keys, &opening)
        })
        .await
}
