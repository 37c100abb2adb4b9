//! The list of messages as rows: to whom, what became of it; not what it says.

use sealpost_access::permissions::MESSAGES_READ;
use sealpost_govern::downloads::{Column, Exportable, Source, Stretch, kept, parameters_of, row};
use sealpost_govern::security::typed;
use sealpost_store::{ContactId, Ctx, MessageId, StoreError, Time, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{BoxFuture, Failure, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{begins, behind, store};
use crate::messages::{MessageStanding, Messages, Which};

const SOURCE: Source = Source {
    word: "messages",
    title: "Messages",
    needs: MESSAGES_READ,
    columns: &[
        Column::plain("id"),
        Column::plain("state"),
        Column::plain("reason"),
        Column::plain("contact_id"),
        Column::personal("to"),
        Column::plain("event_id"),
        Column::plain("event_version"),
        Column::plain("template_id"),
        Column::plain("template_version"),
        Column::plain("channel"),
        Column::plain("class"),
        Column::plain("storage"),
        Column::plain("attempts"),
        Column::plain("send_before"),
        Column::plain("created_at"),
        Column::plain("updated_at"),
    ],
};

/// What their list is asked with.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    contact_id: Option<ContactId>,
    standing: Option<MessageStanding>,
}

impl Filter {
    fn which(self) -> Which {
        match (self.contact_id, self.standing) {
            (Some(contact), _) => Which::To(contact),
            (None, Some(standing)) => Which::Standing(standing),
            (None, None) => Which::All,
        }
    }
}

/// Messages.
pub(super) struct MessageRows {
    pub(super) messages: Messages,
}

impl Exportable for MessageRows {
    fn source(&self) -> &'static Source {
        &SOURCE
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        let filter: Filter = typed(wanted)?;
        if filter.contact_id.is_some() && filter.standing.is_some() {
            return Err(Refusal::of(&BODY_INVALID).at("/standing", "combination_invalid"));
        }
        Ok(kept(&filter))
    }

    /// Of those who stand so, or are to one person, there are at most as many as there are.
    fn count<'a>(&'a self, ctx: &'a Ctx, filter: &'a Value, until: Time) -> BoxFuture<'a, Result<u64, Failure>> {
        let before = MessageId::from_bytes(behind(until));
        Box::pin(async move {
            let which = parameters_of::<Filter>(filter)?.which();
            let count = move |tx: &mut Tx<'_>| store::messages(tx, which, before);
            Ok(self.messages.store().read::<_, StoreError>(ctx, count).await?)
        })
    }

    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        filter: &'a Value,
        until: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>> {
        let before = MessageId::from_bytes(begins(until, after));
        Box::pin(async move {
            let found = self.messages.page(ctx, parameters_of::<Filter>(filter)?.which(), before, limit).await?;
            // What stands so is found by what says so, and may be gone by now: a short stretch is the last only if it is empty.
            let next = found.last().map(|last| last.id.bytes());
            let mut rows = Vec::with_capacity(found.len());
            for message in &found {
                rows.push(row(self.messages.row(ctx, message).await?));
            }
            Ok(Stretch { rows, next })
        })
    }

    fn is_outlived(&self, tx: &mut Tx<'_>, since: Time) -> Result<bool, StoreError> {
        crate::erasures::any_since(tx, since)
    }
}
