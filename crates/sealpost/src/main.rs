//! Sealpost, the program: a command line, a configuration, and the house put together.
//!
//! * [`config`] says what can be set and where each value came from.
//! * [`house`] builds everything once from it; [`running`] serves it and ends it calmly.
//! * [`cli`] has one file per verb. Nothing else prints.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod api;
mod cli;
mod config;
mod evidence;
mod files;
mod hardening;
mod house;
mod kit;
mod logging;
mod needles;
mod numbers;
mod receiver;
mod root_key;
mod running;
mod siem;
mod signals;
mod tasks;
mod telemetry;
mod trust;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run().into()
}
