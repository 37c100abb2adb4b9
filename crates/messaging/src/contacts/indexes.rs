//! The blind indexes of a person's identifiers.

use sealpost_store::{Ctx, OrgKeys};

use super::model::{Details, Identifier};
use super::rules::epochs_at;

/// One identifier's index under the epochs in use.
#[derive(Clone, Copy)]
pub(super) struct Index {
    pub(super) identifier: Identifier,
    /// The current epoch, under which it is written.
    pub(super) epoch: u32,
    pub(super) value: [u8; 16],
    /// The epoch before, under which it may still stand.
    pub(super) previous: (u32, [u8; 16]),
}

impl Index {
    pub(super) fn of(keys: &OrgKeys, ctx: &Ctx, identifier: Identifier, normal: &str) -> Self {
        let [current, previous] = epochs_at(ctx.now());
        let value = |epoch| keys.index(ctx.org.environment, identifier.as_str(), epoch).of(normal);
        Self { identifier, epoch: current, value: value(current), previous: (previous, value(previous)) }
    }

    pub(super) fn all(keys: &OrgKeys, ctx: &Ctx, details: &Details) -> Vec<Self> {
        details.identifiers().iter().map(|(identifier, normal)| Self::of(keys, ctx, *identifier, normal)).collect()
    }
}
