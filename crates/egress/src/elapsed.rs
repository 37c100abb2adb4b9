//! Monotonic time for deadlines and idle ages. It never tells the date, so it is no seam of the product;
//! tokio's clock obeys `tokio::time::pause`.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// No call takes longer, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(3600);

/// The present on the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The moment at which a whole call is over, however many phases it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

/// The time was up first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimedOut;

impl Deadline {
    pub(crate) fn after(total: Duration) -> Self {
        Self(now() + total.min(LONGEST))
    }

    /// Whether it has passed.
    pub(crate) fn is_over(self) -> bool {
        now() >= self.0
    }

    /// Runs `work` until this deadline.
    pub(crate) async fn run<T>(self, work: impl Future<Output = T>) -> Result<T, TimedOut> {
        tokio::time::timeout_at(self.0, work).await.map_err(|_| TimedOut)
    }

    /// Runs `work` for at most `phase`, and never beyond this deadline.
    pub(crate) async fn run_phase<T>(self, phase: Duration, work: impl Future<Output = T>) -> Result<T, TimedOut> {
        Self(self.0.min(now() + phase)).run(work).await
    }
}
