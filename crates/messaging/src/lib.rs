//! What is sent: to whom, what it says, by which channel, and who hears of it.
//!
//! * [`contacts`] are the people an organisation writes to; [`suppressions`] the addresses it must not write to; [`duplicates`] make one
//!   of two contacts.
//! * [`templates`] say it, [`events`] are what the API fires by name, [`channels`] are the configured senders, [`routes`] ways over
//!   several of them.
//! * [`versions`] are what templates and events have in common: one is in force, and goes from test to live as it is.
//! * [`messages`] are the main job, from the request to the report.
//! * [`storage`] decides how long what is stored of them, and [`receipts`] prove what was sent when it is gone.
//! * [`erasures`] forget people for good; [`exports`] give them everything that is held about them.
//! * [`workflows`] do several of these things step by step, and outlive a crash at any.
//! * [`downloads`] are contacts and messages as what files of many rows are taken of.
//! * [`doors`] take messages in the form of other systems.
//! * [`letters`] go to the organisation's own staff.
//! * [`endpoints`] hear of what happens, through [`deliveries`]; [`dispatcher`] does what the outbox promises.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod assembly;
mod cursor;
mod facts;
mod label;
mod link;
mod looking;
mod meters;
mod patch;
mod recent;

pub mod channels;
pub mod contacts;
pub mod deliveries;
pub mod dispatcher;
pub mod doors;
pub mod downloads;
pub mod duplicates;
pub mod endpoints;
pub mod erasures;
pub mod events;
pub mod exports;
pub mod home;
pub mod letters;
pub mod messages;
pub mod receipts;
pub mod routes;
pub mod storage;
pub mod suppressions;
pub mod templates;
pub mod unsubscribe;
pub mod versions;
pub mod workflows;

pub use assembly::{Messaging, MessagingConfig};
