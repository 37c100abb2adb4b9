//! Putting a policy into force.

use sealpost_access::masking::{self, Masking, Policy, Standing};
use sealpost_seal::Purpose;
use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, Tx};
use sealpost_web::{Failure, Refusal};
use serde_json::{Value, json};

use super::codes::{MASKING_RACED, REASON_REQUIRED, TEST_LOOSER_THAN_LIVE};
use super::rules::{self, Takes};
use crate::reason::Reason;

/// Puts `policy` into force. The leaf keeps the modes, the names of the rules and the numbers of looks, before and after.
pub fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: Policy,
    reason: Option<&Reason>,
) -> Result<Recorded<Standing>, Failure> {
    if policy.is_looser_in_test() {
        return Err(Refusal::of(&TEST_LOOSER_THAN_LIVE).at("/test", "looser_than_live").into());
    }
    let before = masking::standing(tx, keys)?;
    if rules::takes(&before.policy, &policy) == Takes::Reason && reason.is_none() {
        return Err(Refusal::of(&REASON_REQUIRED).at("/reason", "field_missing").into());
    }
    let version = before.version + 1;
    if !masking::put_into_force(tx, keys, version, &policy)? {
        return Err(Refusal::of(&MASKING_RACED).into());
    }
    let ctx = tx.ctx();
    let details = json!({
        "version": version,
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
