//! Delivers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sealpost_egress::client::Answer;
use sealpost_store::failpoint::{self, Point};
use sealpost_store::trace::{Attribute, Kind, Open};
use sealpost_store::{Claim, Ctx, DeliveryId, Leaf, Store, StoreError, Time, outbox};

use super::model::{Attempt, Delivery, State};
use super::rules::{self, Next, Verdict};
use super::{service, store};
use crate::dispatcher::{Handler, Lane, Went};
use crate::endpoints::{CallError, Endpoints, Gate, JSON, Ready, Telling, call};
use crate::meters::Meters;

/// How long a receiver has for one attempt, all together.
const DEADLINE: Duration = Duration::from_secs(20);
/// An attempt with its deadline and some air, in milliseconds.
const ATTEMPT_MS: i64 = 30_000;
/// An answer that took longer than this is a slow one.
const SLOW_MS: u32 = 2_000;
/// How long a delivery waits for an endpoint that must prove itself again.
const PENDING_MS: i64 = 5 * 60_000;

/// Delivers what the outbox promises to endpoints.
pub struct Deliverer {
    store: Store,
    endpoints: Endpoints,
    client: sealpost_egress::client::Client,
    meters: Arc<Meters>,
}

/// What one run of a job came to.
enum Ended {
    /// An attempt was made.
    Tried(Attempt, Verdict),
    /// Not now.
    Later(Time),
    /// Not at all, for the reason with this code.
    Never(&'static str),
}

impl Deliverer {
    /// Calls go out through `client`.
    pub(crate) fn new(
        store: Store,
        endpoints: Endpoints,
        client: sealpost_egress::client::Client,
        meters: Arc<Meters>,
    ) -> Arc<Self> {
        Arc::new(Self { store, endpoints, client, meters })
    }

    async fn deliver(&self, mut claim: Claim) -> Result<Went, StoreError> {
        let ctx = service::ctx(&self.store, &claim);
        let Some(delivery) = self.delivery(&ctx, &claim).await? else {
            return outbox::ours(self.store.maintain(&ctx, move |tx| outbox::finish(tx, &claim)).await)
                .map(|_| Went::Moot);
        };
        if claim.hint.is_none() {
            // Only now is it known whose turn it has to wait for.
            claim.hint = Some(Arc::new(delivery));
            return Ok(Went::Wait(Box::new(claim)));
        }
        if !self.holds(&ctx, &claim).await? {
            return Ok(Went::Moot);
        }
        let ready = self.endpoints.ready(&ctx, delivery.endpoint).await?;
        let ended = match &ready {
            Some(ready) => self.attempt(&ctx, ready, &delivery).await?,
            None => Ended::Never("endpoint_removed"),
        };
        failpoint::pass(Point::AfterProvider);
        let verdict = match &ended {
            Ended::Tried(_, verdict) => Some(*verdict),
            _ => None,
        };
        let went = went(&ended);
        self.settle(&ctx, claim, delivery, ready.as_deref(), ended).await?;
        if let (Some(ready), Some(verdict)) = (ready, verdict) {
            match verdict {
                Verdict::Delivered => self.endpoints.took(&ctx, &ready, true).await,
                Verdict::Retry { .. } => self.endpoints.took(&ctx, &ready, false).await,
                Verdict::Gone => self.endpoints.gone(&ctx, &ready).await,
            }
        }
        Ok(went)
    }

    /// Whether the job is still ours for the length of an attempt. A job that waited long, behind a slow receiver, asks.
    async fn holds(&self, ctx: &Ctx, claim: &Claim) -> Result<bool, StoreError> {
        if claim.leased_until.since(ctx.now()) > ATTEMPT_MS {
            return Ok(true);
        }
        let claim = claim.clone();
        outbox::ours(self.store.maintain(ctx, move |tx| outbox::hold(tx, &claim, 2 * ATTEMPT_MS)).await)
    }

    /// The delivery to be made: left by whoever promised it, or read back after a crash or a wait.
    async fn delivery(&self, ctx: &Ctx, claim: &Claim) -> Result<Option<Delivery>, StoreError> {
        if let Some(delivery) = claim.hint.as_ref().and_then(|hint| hint.downcast_ref::<Delivery>()) {
            return Ok(Some(delivery.clone()));
        }
        let id = DeliveryId::from_bytes(claim.target);
        let delivery = self.store.peek(ctx, move |tx| store::find(tx, id)).await?;
        Ok(delivery.filter(|delivery| delivery.state == State::Queued))
    }

    async fn attempt(&self, ctx: &Ctx, ready: &Ready, delivery: &Delivery) -> Result<Ended, StoreError> {
        let gate = self.endpoints.gate(ctx, ready, delivery.id).await?;
        let now = ctx.now();
        match gate {
            Gate::Open => {}
            Gate::Later(at) => return Ok(Ended::Later(at)),
            Gate::Closed if matches!(ready.endpoint.state, crate::endpoints::State::Pending) => {
                return Ok(Ended::Later(now.plus_ms(PENDING_MS)));
            }
            Gate::Closed => return Ok(Ended::Never("endpoint_disabled")),
        }
        let number = delivery.attempts + 1;
        let id = delivery.notice.to_string();
        let telling = Telling {
            id: &id,
            kind: &delivery.kind,
            body: delivery.body.clone(),
            media_type: JSON,
            attempt: number,
            at: now,
            deadline: DEADLINE,
        };
        let mut deliver = Open::inside("deliver", Kind::Client);
        let called = deliver.around(call(&self.client, ctx, ready, telling)).await;
        if let Ok(called) = &called {
            self.meters.fields(called.fields, called.skipped);
        }
        let (outcome, status, latency, verdict) = read(called.map(|called| called.answer));
        deliver.ended(Attribute::Outcome(outcome), verdict != Verdict::Delivered);
        drop(deliver);
        let finished_at = Some(ctx.now());
        self.meters.delivered(outcome, ctx.now().since(now));
        Ok(Ended::Tried(
            Attempt { number, started_at: now, finished_at, outcome: outcome.to_owned(), status, latency_ms: latency },
            verdict,
        ))
    }

    /// Records what the run came to; if another node has taken the job over meanwhile, nothing.
    async fn settle(
        &self,
        ctx: &Ctx,
        claim: Claim,
        delivery: Delivery,
        ready: Option<&Ready>,
        ended: Ended,
    ) -> Result<(), StoreError> {
        let own = ready.and_then(Ready::schedule).cloned();
        let jitter = u32::from_be_bytes(sealpost_seal::rng::array(ctx.rng()));
        self.store
            .write(ctx, move |tx| {
                let now = tx.ctx().now();
                let leaf = Leaf::of("delivery.attempt").on(DeliveryId::PREFIX, delivery.id.bytes());
                let (attempts, next, leaf) = match &ended {
                    Ended::Tried(attempt, verdict) => {
                        let leaf = if *verdict == Verdict::Delivered {
                            leaf
                        } else {
                            leaf.failed(outcome_code(&attempt.outcome))
                        };
                        (attempt.number, rules::next(attempt.number, *verdict, own.as_ref(), now, jitter), leaf)
                    }
                    Ended::Later(at) => (delivery.attempts, Next::At(*at), leaf.because("postponed")),
                    Ended::Never(code) => (delivery.attempts, Next::Dead, leaf.failed(code)),
                };
                let (state, next_at) = match next {
                    Next::Settle => (State::Delivered, None),
                    Next::Dead => (State::Dead, None),
                    Next::At(at) => (State::Queued, Some(at)),
                };
                match next_at {
                    Some(at) => outbox::postpone(tx, &claim, at)?,
                    None => outbox::finish(tx, &claim)?,
                }
                if let Ended::Tried(attempt, _) = &ended {
                    store::add_attempt(tx, delivery.id, attempt)?;
                }
                store::advance(tx, delivery.id, state, attempts, next_at)?;
                Ok(tx.record(leaf, ()))
            })
            .await
    }
}

impl Handler for Deliverer {
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
        Box::pin(async move {
            self.deliver(claim).await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "delivery.not_recorded");
                Went::Moot
            })
        })
    }

    fn lane(&self, claim: &Claim) -> Option<Lane> {
        let delivery = claim.hint.as_ref()?.downcast_ref::<Delivery>()?;
        Some(Lane(delivery.endpoint.bytes()))
    }
}

/// What a run says of the receiver.
fn went(ended: &Ended) -> Went {
    match ended {
        Ended::Tried(attempt, Verdict::Delivered) if attempt.latency_ms.is_none_or(|ms| ms < SLOW_MS) => Went::Well,
        Ended::Tried(_, Verdict::Delivered) => Went::Slowly,
        Ended::Tried(..) => Went::Badly,
        Ended::Later(_) | Ended::Never(_) => Went::Moot,
    }
}

/// `(code, status, latency in ms, verdict)` of a call.
fn read(result: Result<Answer, CallError>) -> (&'static str, Option<u16>, Option<u32>, Verdict) {
    match result {
        Ok(answer) => {
            let retry_after =
                answer.headers.get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
            let verdict = rules::verdict(answer.status, retry_after);
            let code = match verdict {
                Verdict::Delivered => "delivered",
                Verdict::Gone => "gone",
                Verdict::Retry { .. } => "refused",
            };
            (code, Some(answer.status), Some(u32::try_from(answer.latency.as_millis()).unwrap_or(u32::MAX)), verdict)
        }
        Err(error) => (error.code(), None, None, Verdict::Retry { after_ms: None }),
    }
}

/// The same code as a literal, as leaves want it.
fn outcome_code(outcome: &str) -> &'static str {
    const KNOWN: [&str; 16] = [
        "delivered",
        "gone",
        "refused",
        "not_encryptable",
        "not_signable",
        "transport_unusable",
        "request_refused",
        "address_refused",
        "name_not_resolved",
        "connect_failed",
        "tls_failed",
        "timeout",
        "saturated",
        "connection_lost",
        "response_too_large",
        "protocol_error",
    ];
    KNOWN.into_iter().find(|known| *known == outcome).unwrap_or("failed")
}
