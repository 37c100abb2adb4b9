//! From an erasure to its certificate.

use sealpost_govern::erasure::{self, Certificate, Destroyed, Remains};
use sealpost_store::{Ctx, StoreError};

use super::model::Erasure;
use super::service::Erasures;

/// How long answers are kept for requests made twice.
const ANSWERS_MS: i64 = 259_200_000;

impl Erasures {
    /// The signed certificate of an erasure; nothing while it is under way.
    pub async fn certificate(&self, ctx: &Ctx, erasure: &Erasure) -> Result<Option<String>, StoreError> {
        let (Some(done_at), Some(seq)) = (erasure.done_at, erasure.leaf) else { return Ok(None) };
        let evidence = erasure::evidence(&self.store, ctx, seq).await?;
        let certificate = Certificate {
            erasure: erasure.id,
            organisation: ctx.org.id,
            environment: ctx.org.environment.as_str().to_owned(),
            contact: erasure.contact,
            by: evidence.by,
            begun_at: evidence.at,
            done_at,
            reapplied: erasure.reapplied,
            reason: erasure.ground.map(|ground| ground.code().to_owned()),
            final_at: erasure.final_at,
            destroyed: destroyed(erasure),
            cancelled_messages: erasure.cancelled,
            remains: remains(erasure),
            leaf: seq,
            proof: evidence.proof,
        };
        erasure::signed(&self.store, &certificate).map(Some)
    }
}

fn destroyed(erasure: &Erasure) -> Vec<Destroyed> {
    let all = [
        ("keys.slot", "the key of everything sealed about the person", 1 + erasure.merged),
        ("keys.slot", "keys of messages", erasure.messages),
        ("data.contact", "sealed values", erasure.fields),
        (
            "data.contact_index, data.contact_last4, data.contact_alike",
            "rows by which the person was found",
            erasure.indexes,
        ),
        ("data.message", "sealed addresses, data and contents", erasure.messages),
        ("data.sandbox", "rows of the sandbox outbox", erasure.sandboxed),
    ];
    let one = |(place, what, count): (&str, &str, u64)| Destroyed { place: place.into(), what: what.into(), count };
    all.into_iter().map(one).collect()
}

fn remains(erasure: &Erasure) -> Vec<Remains> {
    let one = |what: &str, why: &str, until| Remains { what: what.into(), why: why.into(), until };
    let mut all = vec![
        one(
            "ids, states and times of the contact, its messages and reports of them",
            "the record of what was sent, which says of nobody who they were",
            None,
        ),
        one("leaves of the ledger", "evidence of what was done: ids and codes, without content", None),
        one(
            "details of the ledger that members wrote, as reasons for looks",
            "sealed under the organisation's key of their day, and pruned with it",
            None,
        ),
        one(
            "answers kept for requests made twice",
            "masked, sealed under the organisation's key, for three days",
            Some(erasure.begun_at.plus_ms(ANSWERS_MS)),
        ),
        one("rows in backups taken before", "noise without the key, which backups don't have", None),
    ];
    if !erasure.is_immediate() {
        all.push(one(
            "the person's key in copies of the key store made before",
            "sealed under keys of a day each, which are destroyed after seven days",
            erasure.final_at,
        ));
    }
    if erasure.suppressions > 0 {
        let what = format!("{} keyed hashes of addresses nobody may write to", erasure.suppressions);
        all.push(one(
            &what,
            "so that nobody writes to the person again, under a key used for nothing else",
            erasure.kept_until,
        ));
    }
    all
}
