//! Crash runs: the harness is `crates/sealpost/tests/crash`, a test that kills the server `SEALPOST_CRASH_RUNS` times.

use anyhow::{Result, bail};
use clap::Args;

use crate::log::Log;
use crate::postgres::{Postgres, VARIABLE};
use crate::workspace::Workspace;

/// How often CI kills the server.
pub(crate) const RUNS_IN_CI: u32 = 300;

/// How often CI kills it at each kind of node of a workflow.
const NODE_KILLS_IN_CI: u32 = 1;

/// The nextest filter for the harness, and for everything else.
pub(crate) const HARNESS: &str = "package(sealpost) & binary(crash)";

#[derive(Args)]
pub(crate) struct Options {
    /// How many kills
    #[arg(long, default_value_t = RUNS_IN_CI)]
    runs: u32,
    /// How many kills at each kind of node of a workflow
    #[arg(long, default_value_t = NODE_KILLS_IN_CI)]
    node_kills: u32,
}

/// Whether there is a harness to run.
pub(crate) fn exists(workspace: &Workspace) -> bool {
    let tests = workspace.root.join("crates/sealpost/tests");
    tests.join("crash.rs").is_file() || tests.join("crash/main.rs").is_file()
}

/// `cargo xtask crash`: the runs with a server of their own.
pub(crate) fn alone(workspace: &Workspace, options: &Options, log: &mut Log) -> Result<()> {
    if !exists(workspace) {
        bail!("crates/sealpost/tests/crash is not there");
    }
    let postgres = Postgres::start(workspace, log)?;
    runs(workspace, (options.runs, options.node_kills), Some(&postgres), log)
}

/// The runs. Selected by a filter and not by `--package`: so nothing is compiled anew for other features.
pub(crate) fn run(workspace: &Workspace, runs: u32, postgres: Option<&Postgres>, log: &mut Log) -> Result<()> {
    self::runs(workspace, (runs, NODE_KILLS_IN_CI), postgres, log)
}

fn runs(
    workspace: &Workspace,
    (runs, node_kills): (u32, u32),
    postgres: Option<&Postgres>,
    log: &mut Log,
) -> Result<()> {
    let mut nextest =
        workspace.cargo(["nextest", "run", "--workspace", "--locked", "--profile", "crash", "-E", HARNESS]);
    nextest.env("SEALPOST_CRASH_RUNS", runs.to_string());
    nextest.env("SEALPOST_CRASH_NODE_KILLS", node_kills.to_string());
    if let Some(postgres) = postgres {
        nextest.env(VARIABLE, &postgres.url);
    }
    log.run(&mut nextest)
}
