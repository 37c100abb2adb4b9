//! What others are asked about a policy, as a whole: that something new may be used, or that what is used goes by another one. What decides
//! that something waits, and what becomes of it, is its owner's.

use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Approvable, Approval, Line, Prepared};
use sealpost_govern::security::typed;
use sealpost_store::{OrgKeys, Recorded, Tx};
use sealpost_web::{Failure, Fault, not_found};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::VersionRefusal;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// That something new may be used.
    Admit,
    /// That this policy is in force.
    Change,
}

impl Act {
    const fn word(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Change => "change",
        }
    }
}

/// A policy that is agreed to as a whole.
pub(crate) trait Policed: Serialize + DeserializeOwned + PartialEq {
    /// What its marks are derived for.
    const MARK: &'static str;

    /// What it is the policy of.
    fn subject(&self) -> [u8; 16];
}

/// What is wanted, with the whole policy it is about. The mark says that the policy was looked at where it was asked for, by whoever might
/// ask for it: who edits a request can't make another of it, nor name a secret they may not.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted<P> {
    pub(crate) act: Act,
    pub(crate) policy: P,
    mark: String,
}

impl<P: Policed> Wanted<P> {
    /// What this request is about, if it is about this.
    pub(crate) fn read(keys: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Self, Failure> {
        let wanted: Self = typed(value)?;
        if target != Some(wanted.policy.subject()) || mark(keys, wanted.act, &wanted.policy)? != wanted.mark {
            return Err(not_found().into());
        }
        Ok(wanted)
    }

    /// What others would agree to. `standing` is what is there: the policy, its number, and whether it may be used already.
    pub(crate) fn prepared(
        self,
        (before, version, is_admitted): (&P, u32, bool),
        lines: impl FnOnce(Option<&P>, &P) -> Vec<Line>,
    ) -> Result<Prepared, Failure> {
        let lines = match self.act {
            Act::Admit if is_admitted || *before != self.policy => return Err(VersionRefusal::Moved.into()),
            Act::Admit => lines(None, &self.policy),
            Act::Change => lines(Some(before), &self.policy),
        };
        let wanted = serde_json::to_value(self).map_err(Fault::new)?;
        Ok(Prepared { wanted, lines, version: version.into(), tied: vec![] })
    }
}

/// Asks others to agree.
pub(crate) fn ask_whole<P: Policed>(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    of: &Approvable,
    (act, policy): (Act, P),
    why: Option<&Reason>,
) -> Result<Recorded<Approval>, Failure> {
    let target = Some(policy.subject());
    let wanted = Wanted { act, mark: mark(keys, act, &policy)?, policy };
    approvals::ask(tx, keys, of, target, serde_json::to_value(wanted).map_err(Fault::new)?, why)
}

fn mark<P: Policed>(keys: &OrgKeys, act: Act, policy: &P) -> Result<String, Fault> {
    let bytes = serde_json::to_vec(policy).map_err(Fault::new)?;
    let mac = keys.purpose(P::MARK).mac(&[act.word().as_bytes(), b"\n", &bytes]);
    Ok(mac.iter().map(|byte| format!("{byte:02x}")).collect())
}
