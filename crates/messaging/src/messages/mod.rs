//! The main job.
//!
//! ```text
//! POST /v1/messages
//!   event → template version → contact (blind index)      refusals: event_unknown, template_data_invalid, …
//!   render · card numbers · seal                          the clear values end here
//!   one transaction: suppressed? · message · outbox · idempotent answer · ledger leaf
//! 202                                                      durable
//!   dispatch → sandbox or provider → outcome → report to endpoints
//! ```
//!
//! [`accept`] is everything before the 202, [`dispatch`] everything after it, [`rules`] the decisions of both.

mod accept;
mod along;
mod api;
mod dispatch;
mod email;
mod erase;
mod expire;
mod figures;
mod follow;
mod inside;
mod model;
mod pages;
mod rules;
mod sealing;
mod service;
#[cfg(test)]
mod simulation;
mod statement;
mod store;
#[cfg(test)]
mod tests;
mod view;
mod volatile;
mod whole;
mod witness;

pub use accept::Accepting;
pub(crate) use accept::{NotAccepted, check_card_numbers, unresolved, unresolved_at};
pub use api::feature;
pub(crate) use api::{ItemResult, REFUSALS, send_as, send_each_as};
pub(crate) use dispatch::ELSEWHERE_MS;
pub use dispatch::Sender;
pub use email::EmailSender;
pub(crate) use erase::{blank, left_of};
pub(crate) use expire::{
    Candidate, Day, contact_of, count_kept, empty, expire, going, held_back, held_back_one, kept_before,
};
pub(crate) use figures::{Figure, Figures};
pub(crate) use follow::{Fired, Follow, Followers, Following};
pub(crate) use inside::state_of;
pub use model::State;
#[cfg(test)]
pub(crate) use model::State as MessageState;
pub(crate) use model::{Content, Message, Standing as MessageStanding, Which};
#[cfg(test)]
pub(crate) use pages::samples;
pub use pages::{NAV, OUTBOX};
pub(crate) use pages::{Row, rows};
pub use service::Messages;
#[cfg(test)]
pub(crate) use simulation::{desk, house as scene};
pub(crate) use statement::{End, Statement};
pub(crate) use store::Ended;
pub use volatile::Vault;
pub(crate) use volatile::{Kind, OVER, Room};
pub(crate) use whole::Whole;
pub(crate) use witness::Opening;

/// The outbox's name for these jobs.
pub const JOB: &str = "message.dispatch";

/// Why a message failed whose content was in the memory of a process that died.
pub(crate) const PAYLOAD_LOST: &str = "payload_lost";

/// Reasons to say no.
pub mod codes {
    sealpost_web::codes! {
        /// No event of this name.
        EVENT_UNKNOWN = 422 "event_unknown" "There is no event of this name";
        /// The recipient has no address for the event's channel.
        ADDRESS_MISSING = 422 "address_missing" "The recipient has no address for this channel";
        /// 422: the template calls the contact by name, and the message would go to somebody else's address.
        ADDRESS_NOT_OF_CONTACT = 422 "address_not_of_contact" "The template calls the contact by name, and this is not an address of theirs";
        /// The address is on the suppression list.
        RECIPIENT_SUPPRESSED = 422 "recipient_suppressed" "This address must not be written to";
        /// No contact of this id.
        RECIPIENT_UNKNOWN = 422 "recipient_unknown" "There is no such contact";
        /// The data does not fill the template.
        TEMPLATE_DATA_INVALID = 422 "template_data_invalid" "The data does not fill the template";
        /// A payment card number stands in the data.
        CARD_NUMBER = 422 "card_number" "Card numbers are not accepted";
        /// A callback names an endpoint that is not there or not verified, or there are more than three.
        CALLBACK_INVALID = 422 "callback_invalid" "The callbacks name endpoints that can't be called";
        /// `send_before` has passed.
        TOO_LATE = 422 "too_late" "The message would already be too late";
        /// Addresses of the recipient belong to different contacts.
        RECIPIENT_AMBIGUOUS = 422 "recipient_ambiguous" "The recipient's addresses belong to different contacts";
        /// It has been sent, or is being sent.
        MESSAGE_LEFT = 409 "message_left" "The message has left already";
        /// Nothing of it is stored.
        PAYLOAD_NOT_STORED = 409 "payload_not_stored" "Nothing of this message is stored, by policy";
        /// It is sealed only in memory, and there is no more of that.
        VOLATILE_MEMORY_FULL = 503 "volatile_memory_full" "No memory is left for messages that may not be written; try again";
        /// Somebody else made the same contact at the same moment, again and again.
        CONTACT_RACED = 503 "contact_raced" "The contact is being made by others; try again";
        /// A batch holds 1 to 1000 messages.
        BATCH_SIZE = 422 "batch_size" "A batch holds 1 to 1000 messages";
        /// An item of a batch needs its own idempotency key, each another.
        BATCH_KEYS = 422 "batch_keys" "Two items of the batch have the same idempotency key";
    }
}
