//! Who may be one person: contacts whose addresses are not the same, and are spellings of one.
//!
//! An address has one holder, so no two contacts share one. What two spellings share is indexed beside the address, as blindly:
//! the mailbox without its tag, the line without what some countries write into mobile numbers. Whoever comes to stand beside
//! somebody else there is noted as a pair, and so are two contacts whom one request took for one person.

mod rules;
pub(super) mod store;

use sealpost_store::{ContactId, Ctx, DuplicateId, Epochs, LivingEpoch, StoreError, Time, Tx};
use serde::{Deserialize, Serialize};

use super::indexes::Value;
use super::model::Details;
use super::service::Contacts;

/// Why two contacts may be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DuplicateBecause")]
pub(crate) enum Because {
    /// Their e-mail addresses are of one mailbox.
    Mailbox,
    /// Their phone numbers are of one line.
    Line,
    /// A request named an address of each as one person's.
    NamedTogether,
}

impl Because {
    const ALL: [Self; 3] = [Self::Mailbox, Self::Line, Self::NamedTogether];

    /// Its code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Line => "line",
            Self::NamedTogether => "named_together",
        }
    }

    /// The kinds that are indexed.
    pub(super) const INDEXED: [Self; 2] = [Self::Mailbox, Self::Line];

    /// The label of its key among those of an epoch.
    const fn label(self) -> &'static str {
        match self {
            Self::Mailbox => "email-mailbox",
            Self::Line => "phone-line",
            Self::NamedTogether => "named-together",
        }
    }

    fn read(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|because| because.code() == code)
    }
}

/// Two contacts who may be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Its id.
    pub(crate) id: DuplicateId,
    /// The older one.
    pub(crate) one: ContactId,
    /// The younger one.
    pub(crate) other: ContactId,
    /// Why.
    pub(crate) because: Because,
    /// Since when that is known.
    pub(crate) created_at: Time,
}

/// What spellings of one address share, under the epochs that live.
#[derive(Clone)]
pub(super) struct Alike {
    because: Because,
    current: Value,
    before: Vec<Value>,
}

/// What a person's addresses share with other spellings, and who has one.
#[derive(Clone, Default)]
pub(super) struct Likes {
    all: Vec<Alike>,
    beside: Vec<(Because, ContactId)>,
}

impl Alike {
    pub(super) fn all(epochs: &Epochs, ctx: &Ctx, details: &Details) -> Vec<Self> {
        let of = |because: Because, shared: &str| {
            let value = |living: &LivingEpoch| Value {
                epoch: living.epoch,
                bytes: living.index(ctx.org.environment, because.label()).of(shared),
            };
            Self { because, current: value(&epochs.current), before: epochs.before.iter().map(value).collect() }
        };
        let mailbox = details.email.as_ref().map(|email| of(Because::Mailbox, &rules::mailbox(&email.index_form())));
        let line = details.phone.as_ref().map(|phone| of(Because::Line, &rules::line(&phone.index_form())));
        mailbox.into_iter().chain(line).collect()
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.current).chain(&self.before)
    }
}

impl Likes {
    /// Who has what these addresses share, but for `own`.
    pub(super) fn look(tx: &mut Tx<'_>, all: Vec<Alike>, own: Option<ContactId>) -> Result<Self, StoreError> {
        let mut beside = Vec::new();
        for alike in &all {
            // With whoever stands there longest alone, so that many who are alike make few pairs, and the same each month.
            let mut longest: Option<ContactId> = None;
            for value in alike.values() {
                let other = store::beside(tx, alike.because, value, own)?;
                longest = other.into_iter().chain(longest).min();
            }
            beside.extend(longest.map(|other| (alike.because, other)));
        }
        Ok(Self { all, beside })
    }

    /// The contact stands there from now on, and beside whoever was found.
    pub(super) fn enter(&self, tx: &mut Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
        for alike in &self.all {
            store::enter(tx, alike.because, &alike.current, contact)?;
        }
        for (because, other) in &self.beside {
            store::pair(tx, contact, *other, *because)?;
        }
        Ok(())
    }
}

impl Contacts {
    /// What these addresses share with others, and who has those: looked up ahead, so that accepting only writes.
    pub(super) async fn likes(&self, ctx: &Ctx, epochs: &Epochs, details: &Details) -> Result<Likes, StoreError> {
        let all = Alike::all(epochs, ctx, details);
        self.store.peek(ctx, move |tx| Likes::look(tx, all, None)).await
    }

    /// One request took two contacts for one person: whoever cleans up should see it.
    pub(super) async fn named_together(&self, ctx: &Ctx, one: ContactId, other: ContactId) -> Result<(), StoreError> {
        self.store.maintain(ctx, move |tx| store::pair(tx, one, other, Because::NamedTogether)).await
    }
}

/// These are two people; false if there is no such pair.
pub(crate) fn dismiss(tx: &mut Tx<'_>, id: DuplicateId) -> Result<bool, StoreError> {
    store::dismiss(tx, id)
}

/// The contact is like nobody any more.
pub(super) fn leave(tx: &mut Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
    store::leave(tx, contact)
}
