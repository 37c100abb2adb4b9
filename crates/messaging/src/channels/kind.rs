//! The ways a message can go.

use schemars::JsonSchema;
use sealpost_store::{Cell, Column, Param, Value};
use serde::{Deserialize, Serialize};

/// A way a message can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
}

impl ChannelKind {
    /// Its name: `email`, `sms`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// A channel as people read it.
pub(crate) const fn words(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Email => "E-mail",
        ChannelKind::Sms => "SMS",
    }
}

impl Column for ChannelKind {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(name) = cell else { return None };
        [Self::Email, Self::Sms].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Param for ChannelKind {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}
