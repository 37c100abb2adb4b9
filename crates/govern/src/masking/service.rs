//! Putting a policy into force.

use sealpost_access::masking::{self, Masking, Policy, Standing};
use sealpost_access::revisions::{self, Change, Subject};
use sealpost_seal::Purpose;
use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, Tx};
use sealpost_web::{Failure, Refusal};
use serde_json::{Value, json};

use super::approval::{APPROVABLE, wanted};
use super::codes::{MASKING_RACED, REASON_REQUIRED, TEST_LOOSER_THAN_LIVE};
use super::rules::{self, Takes};
use crate::approvals::{self, Approval, Digest, Module};
use crate::reason::Reason;

/// What became of a wish.
pub enum Outcome {
    /// It is so.
    InForce(Standing),
    /// Others have to agree first.
    Waits(Box<Approval>),
}

/// Puts `policy` into force, or asks for that.
pub fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Outcome>, Failure> {
    if policy.is_looser_in_test() {
        return Err(Refusal::of(&TEST_LOOSER_THAN_LIVE).at("/test", "looser_than_live").into());
    }
    let before = masking::standing(tx, keys)?;
    let takes = rules::takes(&before.policy, &policy, approvals::is_needed(tx, Module::Masking)?);
    if takes != Takes::Nothing && reason.is_none() {
        return Err(Refusal::of(&REASON_REQUIRED).at("/reason", "field_missing").into());
    }
    if takes == Takes::Approval {
        let asked = approvals::ask(tx, keys, &APPROVABLE, None, wanted(&policy)?, reason)?;
        return Ok(asked.map(|approval| Outcome::Waits(Box::new(approval))));
    }
    Ok(put(tx, keys, policy, reason)?.map(Outcome::InForce))
}

/// Puts a policy into force. The leaf keeps the modes, the names of the rules and the numbers of looks, before and after.
pub(super) fn put(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Standing>, Failure> {
    let before = masking::standing(tx, keys)?;
    let version = before.version + 1;
    if !masking::put_into_force(tx, keys, version, &policy)? {
        return Err(Refusal::of(&MASKING_RACED).into());
    }
    let digest = revisions::keep(
        tx,
        keys,
        Change {
            of: Subject::only(super::SETTING),
            number: Some(version),
            before: Some(wanted(&before.policy)?),
            after: wanted(&policy)?,
            why: reason.map(|reason| reason.text().expose(Purpose::Seal).as_str()),
        },
    )?;
    let ctx = tx.ctx();
    let details = json!({
        "version": version,
        "digest": Digest::from(digest),
        "from": in_words(&before.policy),
        "to": in_words(&policy),
        "reason": reason.map(|reason| reason.text().expose(Purpose::Seal)),
    });
    let leaf = Leaf::of("masking.change")
        .on(OrgId::PREFIX, ctx.org.id.bytes())
        .because(policy.masking.word())
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()));
    Ok(tx.record(leaf, Standing { policy, version, since: Some(ctx.now()) }))
}

/// A policy as the ledger keeps it. A pattern may name somebody, its rule's name should not.
fn in_words(policy: &Policy) -> Value {
    let rules = |masking: &Masking| match masking {
        Masking::Patterns(rules) => json!(rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>()),
        Masking::Default | Masking::Off => Value::Null,
    };
    let test = policy.test.as_ref().map(|test| json!({ "mode": test.word(), "rules": rules(test) }));
    json!({
        "mode": policy.masking.word(),
        "rules": rules(&policy.masking),
        "test": test,
        "reveals_per_day": policy.reveals,
    })
}
