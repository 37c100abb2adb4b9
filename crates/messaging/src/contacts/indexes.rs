//! The blind indexes of a person's identifiers.

use sealpost_store::{Ctx, Environment, Epoch, Epochs, LivingEpoch};

use super::model::{Details, Identifier};

/// One identifier's index under the epochs that live.
#[derive(Clone)]
pub(super) struct Index {
    pub(super) identifier: Identifier,
    /// Under the current epoch, as it is written.
    pub(super) current: Value,
    /// Under those before, where it may still stand: none, but in the days after the turn of a month.
    pub(super) before: Vec<Value>,
}

/// An index value and the epoch it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Value {
    pub(super) epoch: Epoch,
    pub(super) bytes: [u8; 16],
}

impl Index {
    pub(super) fn of(epochs: &Epochs, environment: Environment, identifier: Identifier, normal: &str) -> Self {
        let value = |living: &LivingEpoch| Value {
            epoch: living.epoch,
            bytes: living.index(environment, identifier.as_str()).of(normal),
        };
        Self { identifier, current: value(&epochs.current), before: epochs.before.iter().map(value).collect() }
    }

    pub(super) fn all(epochs: &Epochs, ctx: &Ctx, details: &Details) -> Vec<Self> {
        let index = |(identifier, normal): &(Identifier, zeroize::Zeroizing<String>)| {
            Self::of(epochs, ctx.org.environment, *identifier, normal)
        };
        details.identifiers().iter().map(index).collect()
    }
}
