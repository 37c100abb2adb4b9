//! Doors for clients of other systems: a client moves by changing host and key.
//!
//! A door takes one request of another system in that system's form, makes of it what `POST /v1/messages` takes, and answers in that
//! system's form; between the two it is an ordinary message: same key, same permission, same rules, same ledger. Doors are closed
//! unless the configuration opens them. Each stands below a path of its own, `/fyno` and `/safravo`, and for clients that can change
//! nothing but the host, a host can be its own way in ([`sealpost_web::Hosts`]).
//!
//! The forms are those of the vendors' public documentation; what a door can't do it says in `docs/doors.md`.

mod fyno;
mod safravo;

use sealpost_web::{Endpoint, Feature};

use crate::messages::Messages;

/// A system whose clients are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Fyno: `POST /v1/{WSID}/{live|test}/event` and `/event/bulk`.
    Fyno,
    /// Safravo: `POST /v1/messages`.
    Safravo,
}

impl Door {
    /// The path below which it stands.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Fyno => fyno::PREFIX,
            Self::Safravo => safravo::PREFIX,
        }
    }

    fn routes(self, messages: &Messages) -> Vec<Endpoint> {
        match self {
            Self::Fyno => vec![fyno::event(messages), fyno::bulk(messages)],
            Self::Safravo => vec![safravo::send(messages)],
        }
    }
}

/// What open doors add to the API; nothing if none is open.
pub fn feature(messages: &Messages, open: &[Door]) -> Option<Feature> {
    (!open.is_empty()).then(|| Feature {
        name: "doors",
        about: "Requests in the form of other systems, so that their clients move by changing host and key.",
        routes: open.iter().flat_map(|door| door.routes(messages)).collect(),
        codes: codes::ALL,
    })
}

/// Reasons to say no.
pub mod codes {
    sealpost_web::codes! {
        /// No event stands for this channel and type of Safravo's.
        CHANNEL_UNAVAILABLE = 422 "channel_unavailable" "No event of yours stands for this channel and type";
    }
}
