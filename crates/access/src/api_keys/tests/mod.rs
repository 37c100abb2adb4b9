//! What API keys promise, on both engines.

mod api;
mod house;
mod reminders;
mod rules;
mod use_of_keys;
mod validity;
mod watched_use;
