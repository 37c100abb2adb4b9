//! The record of processing and the controls as one page to print, which needs nothing beside it.

use askama::Template;

use super::controls::Control;
use super::record::Record;

#[derive(Template)]
#[template(path = "evidence/print.html")]
struct Print<'r> {
    record: &'r Record,
    controls: &'r [Control],
}

/// The page. If it can't be written, a page that says so.
pub(super) fn page(record: &Record, controls: &[Control]) -> String {
    Print { record, controls }.render().unwrap_or_else(|_| "<!doctype html><title>Not written</title>".into())
}
