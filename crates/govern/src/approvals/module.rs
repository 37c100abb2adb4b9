//! What a feature says about something of its own that may take an approval.

use std::sync::Arc;

use sealpost_store::{OrgKeys, Tx};
use sealpost_web::Failure;
use serde_json::Value;

use super::model::{Line, Module, Tied};
use super::policy;
use crate::reason::Reason;
use crate::{downloads, masking, members, networks, roles, support};

/// Something that may take an approval.
#[derive(Clone, Copy)]
pub struct Approvable {
    /// Which module.
    pub module: Module,
    /// What it changes, in a sentence.
    pub says: &'static str,
    /// Whether it is about the organisation itself, not one environment.
    pub wide: bool,
    /// The prefix of the ids of its targets, if it is about objects.
    pub of: Option<&'static str>,
    /// Reads what is wanted, says what would change, and of which version.
    pub prepare: Prepare,
    /// What happens when it was approved.
    pub apply: Apply,
}

/// Reads what is wanted of a target.
pub type Prepare = fn(&mut Tx<'_>, &OrgKeys, Option<[u8; 16]>, Value) -> Result<Prepared, Failure>;

/// Puts it into force, with its own leaf, in the transaction in which it was granted. Why is what was said when it was asked for.
pub type PutIntoForce = fn(&mut Tx<'_>, &OrgKeys, Value, Option<&Reason>) -> Result<(), Failure>;

/// How something goes live.
#[derive(Clone, Copy)]
pub enum Apply {
    /// By this.
    Here(PutIntoForce),
    /// Whoever asked does it, once, where it is done.
    ByAsker,
}

/// What is wanted, as it would be pinned.
pub struct Prepared {
    /// What shall be, in one form only.
    pub wanted: Value,
    /// What would change, for people.
    pub lines: Vec<Line>,
    /// The version of what is there now.
    pub version: u64,
    /// Whose vote on it never counts, besides that of whoever asks. It is pinned when it is asked for, and asked anew with every vote: who
    /// stands in either doesn't vote.
    pub tied: Vec<Tied>,
}

/// What of this crate may take an approval.
pub(super) const OWN: &[Approvable] = &[
    policy::APPROVABLE,
    masking::APPROVABLE,
    downloads::APPROVABLE,
    members::APPROVABLE,
    networks::APPROVABLE,
    roles::APPROVABLE,
    support::APPROVABLE,
];

/// Everything that may take an approval.
#[derive(Clone)]
pub struct Approvables(Arc<[Approvable]>);

/// What may take an approval and nobody knows how to do, or two do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not registered exactly once", .0.word())]
pub struct Unregistered(Module);

impl Approvables {
    /// Those of this crate and these: each module once.
    pub fn with(others: &[Approvable]) -> Result<Self, Unregistered> {
        let all: Vec<_> = OWN.iter().chain(others).copied().collect();
        for module in Module::ALL {
            if all.iter().filter(|one| one.module == *module).count() != 1 {
                return Err(Unregistered(*module));
            }
        }
        Ok(Self(all.into()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Approvable> {
        self.0.iter()
    }

    pub(super) fn find(&self, module: Module) -> Result<&Approvable, Failure> {
        let found = self.iter().find(|one| one.module == module);
        found.ok_or_else(|| Failure::Fault(sealpost_web::Fault::new(Unregistered(module))))
    }
}
