//! The net below masks: an answer that holds what was opened and not shown does not leave.

use std::sync::Arc;

use sealpost_seal::viewer::Watch;
use sealpost_store::{Ctx, Leaf, RequestId};

use super::{Inner, Trail};
use crate::caller::BoxFuture;
use crate::problem::{RESPONSE_WITHHELD, Refusal};
use crate::reply::{PROBLEM, Reply};

/// Is told that an answer was withheld: records it in the ledger of whom it was about, and tells whoever should hear of it.
pub trait Alarm: Send + Sync {
    /// An answer of this route (its path template) was withheld from whoever acts in `ctx`.
    fn withheld<'a>(&'a self, ctx: &'a Ctx, route: &'static str) -> BoxFuture<'a, ()>;
}

/// Whether an answer, its headers included, holds something that was kept from whoever it is for.
pub(crate) fn leaks(reply: &Reply, watch: &Watch) -> bool {
    if watch.is_idle() {
        return false;
    }
    let headers: Vec<&[u8]> = reply.headers.values().map(|value| value.as_bytes()).collect();
    watch.leaks_into(&headers.join(&b'|'))
        || watch.leaks_into(&reply.body)
        || reply.replay.as_ref().is_some_and(|body| watch.leaks_into(body))
}

/// What is answered instead.
pub(crate) fn instead(request: RequestId) -> Reply {
    let refusal = Refusal::of(&RESPONSE_WITHHELD);
    Reply::of(refusal.code().status, PROBLEM, refusal.document(request).into())
}

impl Inner {
    /// The answer, unless it would show what was kept back: then one that says so.
    pub(super) async fn withhold(&self, reply: Reply, trail: &Trail) -> Reply {
        if !leaks(&reply, &trail.watch) {
            return reply;
        }
        let route = trail.entry.map_or("", |at| self.entries[at].info.path);
        self.sound(trail.known.as_ref(), route, trail.request).await;
        let page = self.dressed(Refusal::of(&RESPONSE_WITHHELD).into(), trail).await;
        let reply = page.unwrap_or_else(|failure| self.reply(Err(failure), trail));
        if leaks(&reply, &trail.watch) { instead(trail.request) } else { reply }
    }

    /// Says that an answer, or what was still to come of one, was withheld.
    pub(super) async fn sound(&self, ctx: Option<&Ctx>, route: &'static str, request: RequestId) {
        self.traffic.withheld();
        tracing::error!(request = %request, route, "response.withheld");
        match (ctx, &self.config.alarm) {
            (Some(ctx), Some(alarm)) => alarm.withheld(ctx, route).await,
            (Some(ctx), None) => self.record(ctx, Leaf::of("response.withhold").failed(RESPONSE_WITHHELD.code)).await,
            (None, _) => {}
        }
    }
}

/// Watches what goes out bit by bit.
pub(crate) struct Guard {
    watch: Arc<Watch>,
    /// The end of what went out before: what is looked for may be cut in two.
    tail: Vec<u8>,
}

/// Longer than whatever is looked for, in any spelling.
const TAIL: usize = 256;

impl Guard {
    pub(crate) fn new(watch: Arc<Watch>) -> Self {
        Self { watch, tail: Vec::new() }
    }

    /// Whether these bytes may follow what went out before.
    pub(crate) fn admits(&mut self, bytes: &[u8]) -> bool {
        if self.watch.is_idle() {
            return true;
        }
        self.tail.extend_from_slice(bytes);
        if self.watch.leaks_into(&self.tail) {
            return false;
        }
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
        true
    }
}
