//! Others who agree, or don't, for tests of what waits for them.

use sealpost_store::{ApprovalId, Ctx, Store, Tx};
use sealpost_web::Failure;

use super::digest::Digest;
#[cfg(test)]
use super::model::Module;
use super::model::{Policy, State};
use super::module::Approvables;
#[cfg(test)]
use super::module::{Apply, Approvable, OWN, Prepared};
use super::policy;
use super::service::{self, Word};
use crate::reason::Reason;

/// Stands in for what another crate registers.
#[cfg(test)]
const CONTACT_EXPORTS: Approvable = Approvable {
    module: Module::ContactExport,
    says: "",
    wide: false,
    of: None,
    prepare: |_, _, _, wanted| Ok(Prepared { wanted, lines: vec![], version: 0, tied: vec![] }),
    apply: Apply::ByAsker,
};

/// Whatever other crates register, as if it were an export.
#[cfg(test)]
pub(crate) fn all() -> Approvables {
    let elsewhere = |module: &&Module| OWN.iter().all(|own| own.module != **module);
    let others: Vec<_> =
        Module::ALL.iter().filter(elsewhere).map(|module| Approvable { module: *module, ..CONTACT_EXPORTS }).collect();
    Approvables::with(&others).unwrap()
}

/// Agrees to what is there.
pub async fn agree(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId) -> Result<State, Failure> {
    say(house, by, all, id, service::approve).await
}

/// Says no to it.
pub async fn refuse(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId) -> Result<State, Failure> {
    say(house, by, all, id, service::reject).await
}

/// Agrees to what this digest pins, whatever is there by now.
pub async fn agree_with(
    house: &Store,
    by: &Ctx,
    all: &Approvables,
    (id, digest): (ApprovalId, Digest),
) -> Result<State, Failure> {
    let (keys, all) = (house.keys().organisation(by.org.id).await?, all.clone());
    let act =
        move |tx: &mut Tx<'_>| service::approve(tx, &keys, &all, &Word { id, digest, comment: None, signature: None });
    Ok(house.write::<_, Failure>(by, act).await?.request.state)
}

/// Puts into force what was agreed to.
pub async fn put_into_force(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId) -> Result<State, Failure> {
    let (keys, all) = (house.keys().organisation(by.org.id).await?, all.clone());
    let act = move |tx: &mut Tx<'_>| service::apply(tx, &keys, &all, id);
    Ok(house.write::<_, Failure>(by, act).await?.request.state)
}

/// Takes back what was asked for.
pub async fn take_back(house: &Store, by: &Ctx, id: ApprovalId) -> Result<State, Failure> {
    let keys = house.keys().organisation(by.org.id).await?;
    let act = move |tx: &mut Tx<'_>| service::cancel(tx, &keys, id);
    Ok(house.write::<_, Failure>(by, act).await?.request.state)
}

/// Asks anew for the same; answers the digest that is voted on now.
pub async fn ask_anew(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId) -> Result<Digest, Failure> {
    let (keys, all) = (house.keys().organisation(by.org.id).await?, all.clone());
    let act = move |tx: &mut Tx<'_>| {
        let wanted = service::show(tx, &keys, id)?.wants().clone();
        service::edit(tx, &keys, &all, id, wanted, None)
    };
    Ok(house.write::<_, Failure>(by, act).await?.digest())
}

/// Decides what takes an approval, where that takes none itself.
pub async fn decide(house: &Store, by: &Ctx, policy: Policy) -> Result<(), Failure> {
    let keys = house.keys().organisation(by.org.id).await?;
    let act = move |tx: &mut Tx<'_>| policy::change(tx, &keys, policy, None);
    house.write::<_, Failure>(by, act).await.map(drop)
}

type Act = fn(
    &mut Tx<'_>,
    &sealpost_store::OrgKeys,
    &Approvables,
    &Word<'_>,
) -> Result<sealpost_store::Recorded<super::Approval>, Failure>;

async fn say(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId, act: Act) -> Result<State, Failure> {
    let (keys, all) = (house.keys().organisation(by.org.id).await?, all.clone());
    let act = move |tx: &mut Tx<'_>| {
        let digest = service::show(tx, &keys, id)?.digest();
        let comment = Reason::parse("looks right".into()).ok();
        act(tx, &keys, &all, &Word { id, digest, comment: comment.as_ref(), signature: None })
    };
    Ok(house.write::<_, Failure>(by, act).await?.request.state)
}
