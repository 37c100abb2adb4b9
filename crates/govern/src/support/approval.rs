//! Support access as something that takes an approval: always, whatever the organisation has decided about others.

use sealpost_store::{OrgKeys, Tx};
use sealpost_web::Failure;
use serde_json::Value;

use super::rules::Wanted;
use super::service;
use crate::approvals::{Apply, Approvable, Module, Prepared, Tied};
use crate::reason::Reason;
use crate::security::typed;

/// Somebody is let in to help.
pub(crate) const APPROVABLE: Approvable = Approvable {
    module: Module::Support,
    says: "Somebody is let in to help, as far and as long as is said here. It always takes somebody else than whoever asks.",
    wide: true,
    of: None,
    prepare,
    apply: Apply::Here(apply),
};

fn read(value: Value) -> Result<Wanted, Failure> {
    Ok(typed::<Wanted>(value)?.checked()?)
}

fn prepare(_: &mut Tx<'_>, _: &OrgKeys, _: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted = read(value)?;
    let lines = wanted.lines();
    let tied = wanted.member_id.map(Tied::beneficiary).into_iter().collect();
    // It is about nothing that is there: nothing can move beneath it.
    Ok(Prepared { wanted: serde_json::to_value(wanted).map_err(sealpost_web::Fault::new)?, lines, version: 0, tied })
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    service::begin(tx, keys, &read(value)?, reason)
}
