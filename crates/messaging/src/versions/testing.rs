//! Members who ask, and rules under which others have to agree, for tests of what waits for them. That they vote, and what becomes of it, is
//! tested with the binary, where everything that votes is.

use sealpost_access::members;
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_govern::approvals::{Apply, Approvable, Approval};
use sealpost_govern::security::{Changes, Switches};
use sealpost_store::{Actor, ActorKind, Ctx, Environment, Leaf, Org, Store, Tx};
use sealpost_web::Failure;

/// An owner, in live.
pub(crate) async fn owner(house: &Store, ctx: &Ctx) -> Ctx {
    let org = Org { environment: Environment::Live, ..ctx.org };
    let role = RoleRef::Standard(Standard::Owner);
    let id = house.write(ctx, move |tx| members::create(tx, role)).await.unwrap();
    Ctx { org, actor: Actor { kind: ActorKind::Member, id: id.bytes() }, ..ctx.clone() }
}

/// From now on this takes one other, and nothing else does.
pub(crate) async fn takes(house: &Store, by: &Ctx, module: &str) {
    let rules = serde_json::json!({ "modules": { module: { "approvals": 1 } } });
    let switch = Switches::standard().iter().find(|one| one.name == "approvals").copied().unwrap();
    let Changes::By(turn, _) = switch.changes else { panic!("approvals are decided") };
    let keys = house.keys().organisation(by.org.id).await.unwrap();
    house.write::<_, Failure>(by, move |tx: &mut Tx<'_>| turn(tx, &keys, rules, None)).await.unwrap();
}

/// Puts what was asked for into force, as the last vote does.
pub(crate) async fn grant(house: &Store, by: &Ctx, of: &Approvable, asked: &Approval) -> Result<(), Failure> {
    let Apply::Here(apply) = of.apply else { panic!("whoever asks doesn't do it") };
    let keys = house.keys().organisation(by.org.id).await.unwrap();
    let wanted = asked.wants().clone();
    let put = move |tx: &mut Tx<'_>| {
        apply(tx, &keys, wanted, None)?;
        Ok(tx.record(Leaf::of("approval.apply"), ()))
    };
    house.write::<_, Failure>(by, put).await
}
