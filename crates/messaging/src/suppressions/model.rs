//! What a suppression is.

use schemars::JsonSchema;
use sealpost_store::{Cell, Column, Param, StoreError, SuppressionId, Time, Value};
use serde::{Deserialize, Serialize};

use crate::channels::ChannelKind;

/// Why an address is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody of the organisation decided so.
    Manual,
    /// The person said stop.
    Unsubscribed,
    /// The person called it unwanted at their mailbox provider.
    Complaint,
    /// The address doesn't exist.
    Bounced,
}

impl Reason {
    const ALL: [Self; 4] = [Self::Manual, Self::Unsubscribed, Self::Complaint, Self::Bounced];

    /// Its name: `unsubscribed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Unsubscribed => "unsubscribed",
            Self::Complaint => "complaint",
            Self::Bounced => "bounced",
        }
    }
}

impl Column for Reason {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(name) = cell else { return None };
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

impl Param for Reason {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}

/// A suppression. Whose address it is can't be told from it.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// For which way of writing.
    pub channel: ChannelKind,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub created_at: Time,
}

/// Why a suppression is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SuppressionRefusal {
    /// There is no such suppression here.
    #[error("there is no such suppression")]
    NotFound,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
