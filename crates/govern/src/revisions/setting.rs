//! What a feature says about a setting of its own that leaves revisions.

use std::sync::Arc;

use sealpost_access::revisions::Setting;
use sealpost_web::Failure;
use serde_json::Value;

use crate::approvals::{self, Line};
use crate::security::Change;
use crate::{masking, members, networks, roles};

/// A setting that leaves revisions.
#[derive(Clone, Copy)]
pub struct Revisable {
    /// Which; the name of its module among what takes an approval, if it does.
    pub setting: Setting,
    /// What people call it.
    pub title: &'static str,
    /// The prefix of the ids of its objects, if it is about objects.
    pub of: Option<&'static str>,
    /// Where it is changed by hand, after `/app/{env}`.
    pub page: &'static str,
    /// What differs between what it said and what it says.
    pub lines: Lines,
    /// Changes it to what it said: the function by which it is changed at all.
    pub roll_back: Change,
}

/// What differs between two of a setting, for people.
pub type Lines = fn(&Value, &Value) -> Result<Vec<Line>, Failure>;

/// Every setting that leaves revisions.
#[derive(Clone)]
pub struct Revisables(Arc<[Revisable]>);

/// Two features claim the same setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is claimed twice", .0.word())]
pub struct RegisteredTwice(Setting);

impl Revisables {
    /// Those of this crate and these.
    pub fn with(others: &[Revisable]) -> Result<Self, RegisteredTwice> {
        let own = [approvals::REVISABLE, masking::REVISABLE, members::REVISABLE, networks::REVISABLE, roles::REVISABLE];
        let mut all: Vec<Revisable> = Vec::new();
        for one in own.iter().chain(others) {
            if all.iter().any(|other| other.setting == one.setting) {
                return Err(RegisteredTwice(one.setting));
            }
            all.push(*one);
        }
        Ok(Self(all.into()))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Revisable> {
        self.0.iter()
    }

    /// The setting of this name.
    pub(super) fn find(&self, word: &str) -> Option<&Revisable> {
        self.iter().find(|one| one.setting.word() == word)
    }
}
