//! Whether an answer keeps coming.
//!
//! A receiver may think as long as the deadline lets it. Once it has begun to answer it has to go on: who sends a byte a second holds
//! a connection, and whatever waits for it, for nothing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::elapsed::now;

/// How long an answer may take however little comes.
const GRACE: Duration = Duration::from_secs(3);

/// What has to come in each second of the answer, on average.
const BYTES_PER_SECOND: u32 = 1024;

/// How the answer of one exchange is coming.
pub(super) struct Pace {
    exchange: u32,
    since: Option<Instant>,
    bytes: u32,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { exchange: 0, since: None, bytes: 0, alarm: None }
    }

    /// So many bytes came for this exchange.
    pub(super) fn took(&mut self, exchange: u32, bytes: usize) {
        if exchange != self.exchange {
            *self = Self { exchange, ..Self::new() };
        }
        self.since.get_or_insert_with(now);
        self.bytes = self.bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// When the next byte has to be here.
    fn until(&self) -> Option<Instant> {
        Some(self.since? + GRACE + Duration::from_secs(1) * (self.bytes / BYTES_PER_SECOND))
    }

    /// Ready once the answer of this exchange is behind; pending before it has begun and between exchanges.
    pub(super) fn poll_too_slow(&mut self, exchange: u32, cx: &mut Context<'_>) -> Poll<()> {
        let (Some(until), true) = (self.until(), exchange == self.exchange && exchange != 0) else {
            self.alarm = None;
            return Poll::Pending;
        };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if alarm.deadline() < until {
            alarm.as_mut().reset(until);
        }
        alarm.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn what_came_buys_time() {
        let mut pace = Pace::new();
        pace.took(1, 1);
        let first = pace.until();
        pace.took(1, 10 * 1024);
        assert_eq!(pace.until().zip(first).map(|(after, before)| after - before), Some(Duration::from_secs(10)));
    }

    #[tokio::test]
    async fn nobody_is_hurried_before_the_first_byte_or_between_exchanges() {
        let (mut pace, mut cx) = (Pace::new(), Context::from_waker(Waker::noop()));
        let mut hurried = |pace: &mut Pace, exchange| {
            let _ = pace.poll_too_slow(exchange, &mut cx);
            pace.alarm.is_some()
        };
        assert!(!hurried(&mut pace, 1));
        pace.took(1, 1);
        assert!(hurried(&mut pace, 1));
        assert!(!hurried(&mut pace, 0) && !hurried(&mut pace, 2));
    }
}
