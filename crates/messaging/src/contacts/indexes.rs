//! The blind indexes of a person: of each identifier, and of the last four digits of the phone number.

use sealpost_seal::normal::Last4;
use sealpost_store::{Ctx, Environment, Epoch, Epochs, LivingEpoch};

use super::model::{Details, Identifier};

/// The kind of the index of last digits.
const LAST4: &str = "phone-last4";

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
pub(super) struct Value<const N: usize = 16> {
    pub(super) epoch: Epoch,
    pub(super) bytes: [u8; N],
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

/// The bucket of four last digits under the epochs that live. Others are in it, too.
#[derive(Clone)]
pub(super) struct Bucket {
    /// Under the current epoch, as it is written.
    pub(super) current: Value<2>,
    /// Under those before, newest first.
    pub(super) before: Vec<Value<2>>,
}

impl Bucket {
    pub(super) fn of(epochs: &Epochs, environment: Environment, last4: &Last4) -> Self {
        let normal = last4.index_form();
        let value = |living: &LivingEpoch| Value {
            epoch: living.epoch,
            bytes: living.index(environment, LAST4).bucket_of(&normal),
        };
        Self { current: value(&epochs.current), before: epochs.before.iter().map(value).collect() }
    }

    /// The one this person belongs into.
    pub(super) fn of_person(epochs: &Epochs, ctx: &Ctx, details: &Details) -> Option<Self> {
        details.phone.as_ref().map(|phone| Self::of(epochs, ctx.org.environment, &phone.last4()))
    }
}
