//! Others who agree, or don't, for tests of what waits for them.

use sealpost_store::{ApprovalId, Ctx, Store, Tx};
use sealpost_web::Failure;

use super::model::{Module, State};
use super::module::{Apply, Approvable, Approvables, OWN, Prepared};
use super::service::{self, Word};
use crate::reason::Reason;

/// Stands in for what another crate registers.
const CONTACT_EXPORTS: Approvable = Approvable {
    module: Module::ContactExport,
    says: "",
    wide: false,
    of: None,
    prepare: |_, _, _, wanted| Ok(Prepared { wanted, lines: vec![], version: 0, tied: vec![] }),
    apply: Apply::ByAsker,
};

/// Whatever other crates register, as if it were an export.
pub(crate) fn all() -> Approvables {
    let elsewhere = |module: &&Module| OWN.iter().all(|own| own.module != **module);
    let others: Vec<_> =
        Module::ALL.iter().filter(elsewhere).map(|module| Approvable { module: *module, ..CONTACT_EXPORTS }).collect();
    Approvables::with(&others).unwrap()
}

/// Agrees to what is there.
pub(crate) async fn agree(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId) -> Result<State, Failure> {
    say(house, by, all, id, service::approve).await
}

/// Says no to it.
pub(crate) async fn refuse(house: &Store, by: &Ctx, all: &Approvables, id: ApprovalId) -> Result<State, Failure> {
    say(house, by, all, id, service::reject).await
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
        act(tx, &keys, &all, &Word { id, digest, comment: comment.as_ref() })
    };
    Ok(house.write::<_, Failure>(by, act).await?.request.state)
}
