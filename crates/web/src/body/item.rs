//! One item of a batch, read as strictly as a body of its own.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::Document;
use super::typed;
use crate::problem::{Fault, Refusal};

/// An item of a batch, whose faults are its own and not the batch's.
pub struct Item(Document);

impl Item {
    /// The item as it stood in the batch.
    pub fn new(value: &Value) -> Result<Self, Fault> {
        let bytes = serde_json::to_vec(value).map_err(Fault::new)?;
        Document::parse(bytes.into()).map(Self).map_err(|_| Fault::new("an item that was read can't be read again"))
    }

    /// Its typed value; pointers are relative to the item.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        typed::read(&self.0)
    }

    /// The string under a key of its top-level object.
    pub fn text(&self, key: &str) -> Option<std::borrow::Cow<'_, str>> {
        self.0.top_level_text(key)
    }

    /// What makes two items the same, whatever their white space and key order.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.0.write_canonical(&mut out);
        out
    }
}
