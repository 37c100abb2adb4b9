//! What a policy is.

use sealpost_store::ChannelId;
use serde::{Deserialize, Serialize};

use crate::channels::model::{Channel, EmailSettings};

/// The whole policy of a channel, in one form only. Its credentials are the ids of secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::channels) struct Policy {
    /// Whose.
    pub(in crate::channels) channel_id: ChannelId,
    /// How it sends.
    pub(in crate::channels) email: EmailSettings,
}

impl Policy {
    /// The policy of a channel, as it stands.
    pub(in crate::channels) fn of(channel: &Channel) -> Self {
        Self { channel_id: channel.id, email: channel.email.clone() }
    }
}
