//! The dashboard's pages of endpoints.

mod words;

pub(crate) use words::badge;
