//! Benchmarks: the package `sealpost-bench` against the release binary, on both databases.

use anyhow::Result;
use clap::Args;

use crate::log::Log;
use crate::postgres::Postgres;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Longer, more often, and with a million messages stored (about twenty minutes)
    #[arg(long)]
    full: bool,
    /// Replace the results in docs/benchmarks.md
    #[arg(long)]
    write: bool,
    /// How many messages to store before start-up is measured
    #[arg(long)]
    stored: Option<usize>,
    /// Nothing but the turn of an organisation's key, with so many messages stored
    #[arg(long, value_name = "MESSAGES")]
    turn: Option<usize>,
    /// Nothing but a thousand receivers, of which some misbehave (about six minutes a database)
    #[arg(long)]
    receivers: bool,
    /// Nothing but runs of a workflow, so many at once
    #[arg(long, value_name = "RUNS")]
    workflows: Option<usize>,
    /// Nothing but files of so many people (two to five minutes a database for a million)
    #[arg(long, value_name = "PEOPLE")]
    exports: Option<usize>,
    /// What to build: `release`, or `dist`, as it ships (link-time optimisation over everything: many minutes)
    #[arg(long, default_value = "release")]
    profile: String,
    /// Only this database: sqlite or postgresql
    #[arg(long)]
    only: Option<String>,
}

/// `cargo xtask bench`: tables on the terminal, JSON in `target/bench/`.
pub(crate) fn run(workspace: &Workspace, options: &Options, log: &mut Log) -> Result<()> {
    let profile = options.profile.as_str();
    log.run(&mut workspace.cargo([
        "build",
        "--profile",
        profile,
        "--locked",
        "--package",
        "sealpost",
        "--bin",
        "sealpost",
    ]))?;
    log.run(&mut workspace.cargo(["build", "--release", "--locked", "--package", "sealpost-bench"]))?;
    let postgres = match options.only.as_deref() {
        Some("sqlite") => None,
        _ => Some(Postgres::start(workspace, log)?),
    };
    let mut bench = workspace.command(workspace.target.join("release/sealpost-bench"));
    bench.arg("run").arg("--binary").arg(workspace.target.join(profile).join("sealpost"));
    bench.arg("--folder").arg(workspace.target.join("bench"));
    bench.args(["--revision", &format!("{} ({profile})", revision(workspace))]);
    if let Some(postgres) = &postgres {
        bench.args(["--postgres", &postgres.url]);
    }
    if options.full {
        bench.arg("--full");
    }
    if options.write {
        bench.arg("--write").arg(workspace.root.join("docs/benchmarks.md"));
    }
    if let Some(stored) = options.stored {
        bench.args(["--stored", &stored.to_string()]);
    }
    if let Some(messages) = options.turn {
        bench.args(["--turn", &messages.to_string()]);
    }
    if options.receivers {
        bench.arg("--receivers");
    }
    if let Some(runs) = options.workflows {
        bench.args(["--workflows", &runs.to_string()]);
    }
    if let Some(people) = options.exports {
        bench.args(["--exports", &people.to_string()]);
    }
    if let Some(only) = &options.only {
        bench.args(["--only", only]);
    }
    log.run(&mut bench)
}

fn revision(workspace: &Workspace) -> String {
    let git = workspace.command("git").args(["describe", "--always", "--dirty"]).output();
    git.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
