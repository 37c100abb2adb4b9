//! `cargo xtask test`: everything there is to check, one step after the other; a step that fails doesn't stop the others.

mod report;
mod steps;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use crate::log::Log;
use crate::postgres::{self, Postgres};
use crate::workspace::Workspace;

pub(crate) use report::Counts;
use report::{Ended, Failing};
use steps::Step;

/// How much of a failed step's log is shown.
const TAIL: usize = 200;

#[derive(Args)]
pub(crate) struct Options {
    /// Only these steps, and what they stand on
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Names the steps and does nothing
    #[arg(long)]
    list: bool,
    /// Shows what every step prints, not only those that fail
    #[arg(long)]
    verbose: bool,
}

/// What steps hand on to later ones.
pub(crate) struct Run<'w> {
    pub(crate) workspace: &'w Workspace,
    pub(crate) postgres: Option<Postgres>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let steps = steps::of(workspace);
    if options.list {
        steps.iter().for_each(|step| println!("{:<10} {}", step.name, step.what));
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = wanted(&steps, &options.only)?;
    postgres::sweep();
    let mut run = Run { workspace, postgres: None };
    let mut ended: Vec<Ended> = Vec::new();
    for step in steps.iter().filter(|step| wanted.contains(&step.name)) {
        println!("· {:<10} {}", step.name, step.what);
        let missing = step.after.iter().find(|name| ended.iter().any(|e| e.name == **name && e.trouble.is_some()));
        ended.push(match missing {
            Some(name) => failed_before(step, name),
            None => perform(step, &mut run, options.verbose)?,
        });
    }
    drop(run);
    let held = report::print(&ended);
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The names asked for and what they stand on; all if none was asked for.
fn wanted(steps: &[Step], only: &[String]) -> Result<Vec<&'static str>> {
    if let Some(unknown) = only.iter().find(|name| !steps.iter().any(|step| step.name == **name)) {
        bail!("there is no step {unknown}; `cargo xtask test --list` names them");
    }
    let mut wanted: Vec<&str> = Vec::new();
    for step in steps.iter().rev() {
        if only.is_empty() || only.iter().any(|name| name == step.name) || wanted.contains(&step.name) {
            wanted.push(step.name);
            wanted.extend(step.after);
        }
    }
    Ok(wanted)
}

fn perform(step: &Step, run: &mut Run<'_>, verbose: bool) -> Result<Ended> {
    let mut log = Log::create(run.workspace, step.name, verbose)?;
    let started = Instant::now();
    let outcome = (step.run)(run, &mut log);
    let took = started.elapsed();
    let again = log.held_again();
    Ok(match outcome {
        Ok(counts) => Ended { name: step.name, counts, took, again, trouble: None },
        Err(error) => {
            let mut counts = error.downcast_ref::<Failing>().map_or(Counts::default(), |failing| failing.counts);
            counts.failed = counts.failed.max(1);
            log.say(format_args!("{error:#}"))?;
            if !verbose {
                show_tail(step.name, &log);
            }
            let path = log.path.strip_prefix(&run.workspace.root).unwrap_or(&log.path).display();
            Ended { name: step.name, counts, took, again, trouble: Some(format!("{error:#} (all of it: {path})")) }
        }
    })
}

fn failed_before(step: &Step, earlier: &str) -> Ended {
    println!("  NOT RUN: {earlier} failed");
    let trouble = Some(format!("not run, because {earlier} failed"));
    let counts = Counts { passed: 0, failed: 1 };
    Ended { name: step.name, counts, took: std::time::Duration::ZERO, again: Vec::new(), trouble }
}

fn show_tail(step: &str, log: &Log) {
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    println!("---- {step}: what did not hold, and the last lines of {}", log.path.display());
    let (before, tail) = lines.split_at(lines.len().saturating_sub(TAIL));
    for line in before.iter().filter(|line| line.starts_with("not ok ")).chain(tail) {
        println!("{line}");
    }
    println!("---- {step}: FAILED");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, after: &'static [&'static str]) -> Step {
        Step { name, what: "", after, run: |_, _| Ok(Counts::ONE) }
    }

    #[test]
    fn what_a_step_stands_on_is_run_too() {
        let steps = [step("a", &[]), step("b", &["a"]), step("c", &["b"]), step("d", &[])];
        let mut names = wanted(&steps, &["c".to_owned()]).unwrap_or_default();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(wanted(&steps, &["e".to_owned()]).is_err());
    }
}
