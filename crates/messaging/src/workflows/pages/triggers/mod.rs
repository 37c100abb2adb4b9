//! What begins runs of a workflow, on its page and in the sheets that add to it and take away from it.

mod card;
mod event;
mod mapping;
mod remove;
mod reply;
mod webhook;

pub(super) use card::Begun;
#[cfg(test)]
pub(super) use card::{TriggerLine, WebhookLine};
use sealpost_web::Endpoint;

use crate::workflows::Workflows;

pub(super) fn routes(workflows: &Workflows) -> Vec<Endpoint> {
    vec![
        event::ask(workflows),
        event::add(workflows),
        webhook::ask(workflows),
        webhook::add(workflows),
        reply::ask(workflows),
        reply::add(workflows),
        remove::ask(workflows),
        remove::remove(workflows),
    ]
}
