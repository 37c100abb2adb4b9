//! Allowlisted URLs: the only places outside that hear of what happens.
//!
//! An endpoint is *pending* until it has [proved](proof) that it wants to be called, *active* then, *failing* while most calls fail (only
//! probes go through), and *disabled* when it has failed for days, said 410, or somebody stopped it. A changed URL needs a new proof.
//! One of them is [preferred]: it hears of messages that name none. How one is called may be [special](transport), all nodes together
//! keep its [pace], and a [link](portal) shows somebody outside what became of deliveries to one.
//! All of that is its numbered [policy]; in live others may have to agree before it protects less.
//! A call may be encrypted for its receiver ([`encryption`]), and is signed then: `standard` (Standard Webhooks, v1 HMAC and v1a
//! Ed25519) and whatever older profiles the receiver still needs; see `signing`, and `sealpost_seal::signature`.

mod api;
mod call;
mod encryption;
mod model;
mod notices;
mod pace;
mod pages;
mod policy;
mod portal;
mod preferred;
mod proof;
#[cfg(test)]
mod receiver;
mod registry;
mod rules;
mod service;
mod signing;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod transport;

use sealpost_access::secrets::Purpose;

pub use api::feature;
pub(crate) use call::{CallError, JSON, Telling, call};
pub use model::{Endpoint, Ready, State};
pub use pages::NAV;
pub(crate) use pages::badge;
pub use policy::{APPROVABLE, REVISABLE};
pub use proof::look_after_forever;
#[cfg(test)]
pub(crate) use receiver::{Pki, Receiver};
pub use registry::Endpoints;
pub(crate) use rules::Gate;
pub(crate) use service::{encrypted_by, find, schedule_of, secret_uses};
pub(crate) use transport::Schedule;

/// The topic of changed endpoints.
pub(crate) const CHANGED: &str = "endpoint.changed";
/// What an endpoint's shared secret is for.
const SIGNING: Purpose = Purpose::new("endpoint.signing");
/// What an endpoint's Ed25519 key is for.
const ED25519: Purpose = Purpose::new("endpoint.ed25519");

/// Reasons to say no.
pub mod codes {
    sealpost_web::codes! {
        /// The name is taken.
        ENDPOINT_EXISTS = 409 "endpoint_exists" "There is an endpoint of this name";
        /// Not https, not a public host, or not a port that may be called.
        URL_REFUSED = 422 "url_refused" "The URL may not be called";
        /// Too short, or not readable in its encoding.
        SECRET_INVALID = 422 "secret_invalid" "The secret can't be used for signing";
        /// It signs with a secret that somebody stored by name, which is rotated by itself.
        SECRET_STORED = 409 "secret_stored" "The endpoint signs with a stored secret: rotate that";
        /// It would end one that receivers of a format with one slot still check.
        ROTATION_GUIDED = 409 "rotation_guided" "A format with room for one signature can't carry two: rotate by steps, or without an overlap";
        /// There is a new secret already that waits for the receiver.
        ROTATION_UNDER_WAY = 409 "rotation_under_way" "A rotation is under way: finish it or take it back";
        /// There is no new secret that waits for the receiver.
        ROTATION_MISSING = 409 "rotation_missing" "No rotation is under way";
        /// The receiver has yet to answer a ping that the new secret signed.
        ROTATION_UNPROVEN = 409 "rotation_unproven" "The receiver has not shown yet that it knows the new secret";
        /// A method, field or name is none, or they don't go together.
        ENCRYPTION_INVALID = 422 "encryption_invalid" "The endpoint can't be encrypted for as described";
        /// The secret's text is no key of the method in the encoding that is said.
        ENCRYPTION_KEY_INVALID = 422 "encryption_key_invalid" "The secret can't be used for encryption";
        /// A key stands in the request, where a stored secret is to be named.
        SECRET_REFERENCE_REQUIRED = 422 "secret_reference_required" "Keys are taken by reference to a stored secret only";
        /// A name, filter or profile is not one.
        ENDPOINT_INVALID = 422 "endpoint_invalid" "The endpoint can't be as described";
        /// It can't be called as described.
        TRANSPORT_INVALID = 422 "transport_invalid" "The endpoint can't be called as described";
        /// Others have yet to agree to it.
        ENDPOINT_UNAPPROVED = 409 "endpoint_unapproved" "Others have yet to agree to this endpoint";
        /// Secrets, and profiles that get one, are no part of what others agree to.
        APPROVAL_APART = 409 "approval_apart" "Secrets and new signature profiles are no part of what others agree to: change them apart";
        /// It has not proved itself yet.
        ENDPOINT_UNVERIFIED = 409 "endpoint_unverified" "The endpoint is not verified";
        /// Its time is over, or it was taken back before.
        PORTAL_LINK_OVER = 409 "portal_link_over" "This link is not open any more";
    }
}
