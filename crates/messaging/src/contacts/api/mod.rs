//! The routes of contacts.

pub(in crate::contacts) mod body;
