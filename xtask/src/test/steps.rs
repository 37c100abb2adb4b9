//! The steps, in order: what fails fast comes first.

use anyhow::{Result, bail};

use crate::crash;
use crate::docs;
use crate::fuzz;
use crate::imports;
use crate::log::Log;
use crate::postgres::{Postgres, VARIABLE};
use crate::referees;
use crate::tools;
use crate::workspace::Workspace;

use super::Run;
use super::report::Counts;

/// One step of the gate.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Steps without which this one can't run.
    pub(crate) after: &'static [&'static str],
    pub(crate) run: fn(&mut Run<'_>, &mut Log) -> Result<Counts>,
}

/// All steps of this checkout. What isn't written yet (no referee, no crash harness) is no step.
pub(crate) fn of(workspace: &Workspace) -> Vec<Step> {
    let mut steps = vec![
        Step { name: "fmt", what: "formatting", after: &[], run: fmt },
        Step {
            name: "imports",
            what: "who imports whom",
            after: &[],
            run: |run, log| imports::run(run.workspace, log),
        },
        Step { name: "deny", what: "licences, bans and sources of dependencies", after: &[], run: deny },
        Step { name: "clippy", what: "lints, warnings are errors", after: &[], run: clippy },
        Step { name: "postgres", what: "starts PostgreSQL on a private port", after: &[], run: postgres },
        Step { name: "build", what: "release build", after: &[], run: build },
        Step {
            name: "tests",
            what: "unit, property and integration tests, both databases",
            after: &["postgres", "build"],
            run: tests,
        },
        Step { name: "doctests", what: "examples in the documentation of the code", after: &[], run: doctests },
    ];
    if !referees::scripts(workspace).is_empty() {
        steps.push(Step {
            name: "referees",
            what: "other people's programs judge ours",
            after: &["build", "postgres"],
            run: judge,
        });
    }
    if !referees::of_browser(workspace).is_empty() {
        steps.push(Step {
            name: "browser",
            what: "the dashboard in Chromium: every page, and what people do there",
            after: &["build"],
            run: browse,
        });
    }
    if crash::exists(workspace) {
        steps.push(Step { name: "crash", what: "kills and power cuts", after: &["postgres"], run: kill });
    }
    steps.push(Step {
        name: "docs",
        what: "snippets of README and docs",
        after: &["build"],
        run: |run, log| docs::run(run.workspace, &run.workspace.binary(), log),
    });
    steps.push(Step { name: "fuzz", what: "fuzz smoke: 5 s for every decoder", after: &[], run: smoke });
    steps
}

fn fmt(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    log.run(&mut run.workspace.cargo(["fmt", "--all", "--check"]))?;
    log.run(&mut run.workspace.cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    Ok(Counts::ONE)
}

/// Advisories are left to `cargo deny check advisories`: their database is fetched from a place CI doesn't reach.
fn deny(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    let deny = tools::deny(run.workspace, log)?;
    log.run(run.workspace.command(deny).args(["--all-features", "check", "bans", "licenses", "sources"]))?;
    Ok(Counts::ONE)
}

fn clippy(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    log.run(&mut run.workspace.cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    Ok(Counts::ONE)
}

fn postgres(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    run.postgres = Some(Postgres::start(run.workspace, log)?);
    Ok(Counts::ONE)
}

fn tests(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    tools::nextest(run.workspace, log)?;
    tools::readers(run.workspace, log)?;
    let mut nextest = run.workspace.cargo(["nextest", "run", "--workspace", "--locked"]);
    nextest.env("SEALPOST_BIN", run.workspace.binary());
    // nextest refuses a filter that names nothing.
    if crash::exists(run.workspace) {
        nextest.args(["-E", &format!("not ({})", crash::HARNESS)]);
    }
    if let Some(postgres) = &run.postgres {
        nextest.env(VARIABLE, &postgres.url);
    }
    let outcome = log.run(&mut nextest);
    counted(Counts::of_nextest(&log.text()), outcome)
}

fn doctests(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    let outcome = log.run(&mut run.workspace.cargo(["test", "--doc", "--workspace", "--locked", "--no-fail-fast"]));
    counted(Counts::of_libtest(&log.text()), outcome)
}

fn build(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    run.workspace.build_binary(log)?;
    Ok(Counts::ONE)
}

fn judge(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    referees::run(run.workspace, referees::scripts(run.workspace), run.postgres.as_ref(), log)
}

fn browse(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    referees::run(run.workspace, referees::of_browser(run.workspace), None, log)
}

fn kill(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    tools::nextest(run.workspace, log)?;
    let outcome = crash::run(run.workspace, crash::RUNS_IN_CI, run.postgres.as_ref(), log);
    counted(Counts::of_nextest(&log.text()), outcome)
}

fn smoke(run: &mut Run<'_>, log: &mut Log) -> Result<Counts> {
    fuzz::run(run.workspace, &fuzz::Options::smoke(), log)
}

/// What a runner counted; one that counted nothing has proved nothing.
fn counted(counts: Counts, outcome: Result<()>) -> Result<Counts> {
    match outcome {
        Err(error) => bail!(counts.failing(format_args!("{error:#}"))),
        Ok(()) if counts.passed == 0 => bail!("no test ran"),
        Ok(()) => Ok(counts),
    }
}
