//! How long, how often, how many.

use std::time::Duration;

/// The connections the accept path is measured at.
pub(crate) const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
/// The connections that ratios are taken at.
pub(crate) const REFERENCE: usize = 64;

/// The plan of a run.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) repetitions: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    /// Messages sent for one measurement of deliveries.
    pub(crate) delivered: usize,
    /// Messages there are when start-up is measured; as many as the other measurements left if 0.
    pub(crate) stored: usize,
    /// For each of the machine's own limits.
    pub(crate) limits: Duration,
}

impl Plan {
    /// Under three minutes.
    pub(crate) const QUICK: Self = Self {
        name: "quick",
        repetitions: 3,
        warm_up: Duration::from_millis(500),
        measured: Duration::from_millis(1500),
        delivered: 3_000,
        stored: 0,
        limits: Duration::from_millis(1000),
    };

    /// What is written down.
    pub(crate) const FULL: Self = Self {
        name: "full",
        repetitions: 5,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs(5),
        delivered: 20_000,
        stored: 1_000_000,
        limits: Duration::from_secs(3),
    };
}
