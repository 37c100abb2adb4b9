//! What many rows can be taken of.

use std::sync::Arc;

use sealpost_store::{Ctx, StoreError, Time, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{BoxFuture, Failure, Fault, Permission, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ledger::{Everything, LedgerRows};
use crate::looks::LookRows;
use crate::security::typed;

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name: the member of a row.
    pub name: &'static str,
    /// Whether what stands there is about a person.
    pub personal: bool,
}

impl Column {
    /// Codes, ids and times.
    pub const fn plain(name: &'static str) -> Self {
        Self { name, personal: false }
    }

    /// About a person.
    pub const fn personal(name: &'static str) -> Self {
        Self { name, personal: true }
    }
}

/// What a source says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its name in the API: `contacts`.
    pub word: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What reading it takes, besides the permission to ask.
    pub needs: Permission,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Source {
    pub(super) fn column(&self, name: &str) -> Option<Column> {
        self.columns.iter().copied().find(|column| column.name == name)
    }
}

/// Rows, and where it goes on.
pub struct Stretch {
    /// Each as its list shows it to the context's viewer: an object whose members are columns.
    pub rows: Vec<Map<String, Value>>,
    /// Behind which the next begin; nothing behind the last.
    pub next: Option<[u8; 16]>,
}

/// A source of rows.
pub trait Exportable: Send + Sync {
    /// What it says about itself.
    fn source(&self) -> &'static Source;

    /// Whether whoever asks is shown its first rows beforehand as they would get them. Not where reading it is on record, which looking at
    /// what a file would come to isn't.
    fn shows_beforehand(&self) -> bool {
        true
    }

    /// What is asked for in one form only: the parameters of its list, with nothing else among them.
    fn filter(&self, wanted: Value) -> Result<Value, Refusal>;

    /// How many rows there are at most, of those from before `until`.
    fn count<'a>(&'a self, ctx: &'a Ctx, filter: &'a Value, until: Time) -> BoxFuture<'a, Result<u64, Failure>>;

    /// About so many rows from before `until` and behind `after`, as the context's viewer is shown them.
    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        filter: &'a Value,
        until: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>>;

    /// Whether somebody who may be among its rows was erased since then: no file outlives that.
    fn is_outlived(&self, tx: &mut Tx<'_>, since: Time) -> Result<bool, StoreError>;
}

/// What a list is asked with, in one form only: as a wish for its rows keeps it.
pub fn parameters<P: Serialize + DeserializeOwned>(wanted: Value) -> Result<Value, Refusal> {
    Ok(kept(&typed::<P>(wanted)?))
}

/// The same of what was read already: what is not asked for is not in it.
pub fn kept<P: Serialize>(parameters: &P) -> Value {
    let mut value = serde_json::to_value(parameters).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// What a list is asked with, as it was kept.
pub fn parameters_of<P: DeserializeOwned>(kept: &Value) -> Result<P, Failure> {
    Ok(serde_json::from_value(kept.clone()).map_err(Fault::new)?)
}

/// What a list shows, as a row.
pub fn row(shown: Value) -> Map<String, Value> {
    match shown {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

/// Everything that many rows can be taken of.
#[derive(Clone)]
pub struct Exportables(Arc<[Arc<dyn Exportable>]>);

/// Two sources have the same name, or one has no columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't be a source")]
pub struct Unsound(&'static str);

impl Exportables {
    /// These: each name once.
    pub fn new(all: Vec<Arc<dyn Exportable>>) -> Result<Self, Unsound> {
        for (at, one) in all.iter().enumerate() {
            let source = one.source();
            let again = all[at + 1..].iter().any(|other| other.source().word == source.word);
            if again || source.columns.is_empty() {
                return Err(Unsound(source.word));
            }
        }
        Ok(Self(all.into()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<dyn Exportable>> {
        self.0.iter()
    }

    pub(super) fn find(&self, word: &str) -> Option<&Arc<dyn Exportable>> {
        self.iter().find(|one| one.source().word == word)
    }

    /// The source that a request names.
    pub(super) fn named(&self, word: &str) -> Result<&Arc<dyn Exportable>, Refusal> {
        self.find(word).ok_or_else(|| Refusal::of(&BODY_INVALID).at("/source", "source_unknown"))
    }
}

impl Exportables {
    /// The ledger, who looked, and these.
    pub fn with_ledger(house: &sealpost_store::Store, others: Vec<Arc<dyn Exportable>>) -> Result<Self, Unsound> {
        let ledger: Arc<dyn Exportable> = Arc::new(LedgerRows::<Everything>::new(house.clone()));
        let looks: Arc<dyn Exportable> = Arc::new(LedgerRows::<LookRows>::new(house.clone()));
        Self::new(others.into_iter().chain([ledger, looks]).collect())
    }
}
