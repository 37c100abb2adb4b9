//! A request as a record of its own: the exact bytes that were voted on, and what passkeys have signed of them. Whoever has it checks it
//! without the server, the database or any key of the house.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use sealpost_access::passkeys::{DoesNotHold, Signature};
use sealpost_store::{ApprovalId, MemberId, Time};
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::model::{Approval, Content, Line, Module, Said, Says, State};
use super::module::Approvable;
use super::rules::Pinned;
use crate::audit::TypedId;

/// What a record says that it is.
const FORMAT: &str = "sealpost approval v1";
/// The most bytes of a record.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A request, whole.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalRecord")]
pub(super) struct Record {
    /// `sealpost approval v1`
    format: String,
    id: ApprovalId,
    module: Module,
    /// On what object, if it is about one.
    target: Option<TypedId>,
    /// What was asked for, byte for byte: JSON, as a text.
    content: String,
    /// The version of what it changes.
    live_version: u64,
    /// The version of the rules about approvals.
    policy_version: u64,
    /// SHA-256 of all of these.
    digest: Digest,
    state: State,
    /// What was said, first to last.
    votes: Vec<Voted>,
}

/// What somebody said.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RecordedVote")]
struct Voted {
    member: MemberId,
    says: Says,
    digest: Digest,
    at: Time,
    /// What their passkey has signed.
    signature: Option<Signature>,
}

impl Record {
    /// Of a request, with the bytes it pins.
    pub(super) fn of(approval: &Approval, of: &Approvable, bytes: Vec<u8>, now: Time) -> Option<Self> {
        let Pinned { digest, live, policy } = approval.pinned();
        let voted = |said: &Said| Voted {
            member: said.vote.voter,
            says: said.vote.says,
            digest: said.vote.digest,
            at: said.at,
            signature: said.signature.clone(),
        };
        let target = approval.target.map(|id| TypedId { kind: of.of.unwrap_or("id").to_owned(), id });
        Some(Self {
            format: FORMAT.to_owned(),
            id: approval.id,
            module: approval.module,
            target,
            content: String::from_utf8(bytes).ok()?,
            live_version: live,
            policy_version: policy,
            digest,
            state: approval.state(now),
            votes: approval.said.iter().map(voted).collect(),
        })
    }
}

/// A record that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifiedRecord {
    /// Which request.
    pub id: ApprovalId,
    /// What of.
    pub module: Module,
    /// What the digest is of, as the record says it: the bytes themselves are in the file.
    pub digest: Digest,
    /// What would change.
    pub changes: Vec<Line>,
    /// Votes that were signed.
    pub signed: Vec<SignedVote>,
    /// Members whose votes stand there unsigned: the record proves nothing of them.
    pub unsigned: Vec<MemberId>,
}

/// A vote that a passkey has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignedVote {
    /// Whose, as the record says.
    pub member: MemberId,
    /// `approve` or `emergency`.
    pub says: &'static str,
    /// When, as the record says.
    pub at: Time,
    /// By which passkey: SHA-256 of its public key, as `GET /v1/me/passkeys` says it to its member.
    pub key: String,
    /// Where the page was.
    pub origin: String,
}

/// What of a record doesn't hold.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It isn't there.
    #[error("can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not in this form.
    #[error("this is no record of an approval")]
    NotOne,
    /// The bytes are not those whose digest was voted on.
    #[error("the digest is not of these bytes")]
    Digest,
    /// It isn't the digest that somebody expects.
    #[error("it is about another digest")]
    AnotherDigest,
    /// A vote is about something else.
    #[error("the vote of {0} is about something else")]
    Vote(MemberId),
    /// A signature doesn't hold.
    #[error("the vote of {0}: {1}")]
    Signature(MemberId, DoesNotHold),
    /// Two people have voted with one passkey.
    #[error("{0} and {1} have signed with the same passkey")]
    OnePasskey(MemberId, MemberId),
    /// Nobody has signed.
    #[error("nobody has signed it")]
    Unsigned,
    /// Not signed where somebody expects it.
    #[error("it was signed elsewhere: at {0}")]
    Elsewhere(String),
    /// Somebody who is expected to has not.
    #[error("the passkey {0} has not signed it")]
    NotBy(String),
}

/// What somebody knows by another way than the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// What was voted on.
    pub digest: Option<Digest>,
    /// Passkeys that have to have signed it.
    pub keys: &'a [String],
    /// Where the dashboard is.
    pub origin: Option<&'a str>,
}

/// Checks a record in a file.
///
/// # Errors
/// [`RecordError`]: what of it doesn't hold.
pub fn verify_record(file: &Path, expected: Expected<'_>) -> Result<VerifiedRecord, RecordError> {
    if std::fs::metadata(file)?.len() > MOST_BYTES {
        return Err(RecordError::NotOne);
    }
    verify(&std::fs::read(file)?, expected)
}

/// Checks that exactly these bytes were voted on, and who signed that with which passkey.
pub(super) fn verify(record: &[u8], expected: Expected<'_>) -> Result<VerifiedRecord, RecordError> {
    let record: Record = serde_json::from_slice(record).map_err(|_| RecordError::NotOne)?;
    if record.format != FORMAT {
        return Err(RecordError::NotOne);
    }
    let target = record.target.as_ref().map(|target| target.id);
    let digest =
        Digest::of(record.module, target, record.content.as_bytes(), record.live_version, record.policy_version);
    if digest != record.digest {
        return Err(RecordError::Digest);
    }
    if expected.digest.is_some_and(|expected| expected != digest) {
        return Err(RecordError::AnotherDigest);
    }
    let content: Content = serde_json::from_str(&record.content).map_err(|_| RecordError::NotOne)?;
    let (mut signed, mut unsigned, mut by_key) = (Vec::new(), Vec::new(), BTreeMap::new());
    for vote in record.votes {
        if vote.digest != digest {
            return Err(RecordError::Vote(vote.member));
        }
        let Some(signature) = vote.signature else {
            unsigned.push(vote.member);
            continue;
        };
        let what = vote.says.signed(record.id, digest);
        signature.verify(&what).map_err(|why| RecordError::Signature(vote.member, why))?;
        if expected.origin.is_some_and(|origin| origin != signature.origin()) {
            return Err(RecordError::Elsewhere(signature.origin().to_owned()));
        }
        let other = by_key.insert(signature.key(), vote.member).filter(|other| *other != vote.member);
        if let Some(other) = other {
            return Err(RecordError::OnePasskey(other, vote.member));
        }
        let (key, origin) = (signature.key(), signature.origin().to_owned());
        signed.push(SignedVote { member: vote.member, says: vote.says.word(), at: vote.at, key, origin });
    }
    if signed.is_empty() {
        return Err(RecordError::Unsigned);
    }
    if let Some(missing) = expected.keys.iter().find(|key| !by_key.contains_key(*key)) {
        return Err(RecordError::NotBy(missing.clone()));
    }
    Ok(VerifiedRecord { id: record.id, module: record.module, digest, changes: content.lines, signed, unsigned })
}
