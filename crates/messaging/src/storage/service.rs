//! Deciding what is stored for how long.

use std::sync::Arc;

use sealpost_access::revisions::{self, Change, Subject};
use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Approval, Module};
use sealpost_govern::masking::codes::REASON_REQUIRED;
use sealpost_seal::Purpose;
use sealpost_store::{Ctx, Leaf, OrgId, OrgKeys, Recorded, Store, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal};
use serde_json::json;

use super::approval::{APPROVABLE, SETTING, whole};
use super::codes::STORAGE_TEST_LOOSER;
use super::model::{Policy, Standing};
use super::policies::Policies;
use super::rules::{self, Looser, PolicyChange};
use super::store;
use crate::messages::Vault;

/// What the storage of payloads stands on.
pub struct StorageConfig {
    /// Where everything is kept.
    pub store: Store,
    /// What holds.
    pub policies: Arc<Policies>,
    /// Where what may never be written is.
    pub vault: Vault,
}

/// What is stored for how long, of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Storage {
    pub(super) store: Store,
    pub(super) policies: Arc<Policies>,
    pub(super) vault: Vault,
}

impl Storage {
    /// On what it stands on.
    pub fn new(config: StorageConfig) -> Self {
        let StorageConfig { store, policies, vault } = config;
        Self { store, policies, vault }
    }

    /// What holds.
    pub(crate) async fn policy(&self, ctx: &Ctx) -> Result<Policy, StoreError> {
        Ok(self.standing(ctx).await?.policy)
    }

    /// The policy in force.
    pub(super) async fn standing(&self, ctx: &Ctx) -> Result<Standing, StoreError> {
        self.store.peek(ctx, store::standing).await
    }
}

/// What became of a wish.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is so.
    InForce(Standing),
    /// Others have to agree first.
    Waits(Box<Approval>),
}

/// Puts a changed policy into force, or asks for that; `known` is the version that was looked at, if somebody says so.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    change: &PolicyChange,
    known: Option<u32>,
    reason: Option<&Reason>,
) -> Result<Recorded<Outcome>, Failure> {
    let before = store::standing(tx)?;
    if known.is_some_and(|known| known != before.version) {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    decide(tx, keys, rules::changed(&before.policy, change).map_err(looser)?, reason)
}

/// Puts a policy into force, or asks for that. Storing more than before takes a reason and, where the organisation says so, an approval.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Outcome>, Failure> {
    let before = store::standing(tx)?;
    if rules::is_looser(&before.policy, &policy) {
        if reason.is_none() {
            return Err(Refusal::of(&REASON_REQUIRED).at("/reason", "field_missing").into());
        }
        if approvals::is_needed(tx, Module::Storage)? {
            let asked = approvals::ask(tx, keys, &APPROVABLE, None, whole(&policy)?, reason)?;
            return Ok(asked.map(|approval| Outcome::Waits(Box::new(approval))));
        }
    }
    Ok(put(tx, keys, policy, reason)?.map(Outcome::InForce))
}

/// Puts a policy into force. The leaf keeps what held before and what holds now.
pub(super) fn put(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    let version = before.version + 1;
    if !store::put_into_force(tx, version, &policy)? {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let why = reason.map(|reason| reason.text().expose(Purpose::Seal).as_str());
    let kept = Change {
        of: Subject::only(SETTING),
        number: Some(version),
        before: Some(whole(&before.policy)?),
        after: whole(&policy)?,
        why,
    };
    let digest = approvals::Digest::from(revisions::keep(tx, keys, kept)?);
    let ctx = tx.ctx();
    let details = json!({ "version": version, "digest": digest, "from": before.policy, "to": policy, "reason": why });
    let details = keys.seal_audit(ctx, details.to_string().as_bytes());
    let leaf = Leaf::of("storage.change").on(OrgId::PREFIX, ctx.org.id.bytes()).with(details);
    Ok(tx.record(leaf, Standing { policy, version, since: Some(ctx.now()) }))
}

pub(super) fn looser(Looser(class): Looser) -> Failure {
    Refusal::of(&STORAGE_TEST_LOOSER).at(format!("/test/{}", class.as_str()), "stores_more_than_live").into()
}
