//! A deterministic simulation of accepting, dispatching, retrying and reporting, on the real store.
//!
//! One thread runs everything, one step at a time: what is next, what the world answers, when the process dies, how far the
//! clock jumps and which news is lost comes from a seed. A step goes on until it is at its end or waits for the world
//! ([`desk`]), so that the same seed makes the same run. SQLite writes to a folder without `fsync`: a process dies here, not a
//! machine; power cuts are `sealpost_store`'s `power_loss`, real kills `sealpost`'s `crash`.
//!
//! In every run, whatever happened:
//! * every accepted message comes to an end, and nothing is there that was not accepted;
//! * nothing is sent before the attempt is on record, and no more often than attempts are on record;
//! * what may not be sent twice is not; what is recorded as sent was sent;
//! * every end is reported under one event id, with the same bytes however often;
//! * nobody's job is passed over again and again, and nobody has all slots;
//! * every organisation's ledger verifies.
//!
//! `SEALPOST_SIMULATION_RUNS` says how many seeds, `SEALPOST_SIMULATION_SEED` where to begin: with `RUNS=1` it repeats one.

mod desk;
pub(crate) mod house;
mod judge;
mod run;

pub(crate) use desk::desk;

use sealpost_store::testing::tell_every_connection;

/// Seeds of a run in CI.
const RUNS: u64 = 60;

#[test]
fn whatever_happens_every_promise_is_kept() {
    tell_every_connection("pragma synchronous = off");
    let first = number("SEALPOST_SIMULATION_SEED", 1);
    let mut seen = run::Seen::default();
    for seed in first..first + number("SEALPOST_SIMULATION_RUNS", RUNS) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(run::run(seed)) {
            Ok(of_one) => seen.add(&of_one),
            Err(why) => panic!("seed {seed}: {why}"),
        }
    }
    assert!(seen.is_worth_something(), "this met nothing worth proving: {seen:?}");
    #[expect(clippy::print_stdout, reason = "a proof says what it has proven")]
    {
        println!("{seen:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own configuration")]
fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}
