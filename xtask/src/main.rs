//! `cargo xtask`: what the project does to itself. `cargo xtask test` is the whole gate, the same here and in CI.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for people at a terminal")]
#![expect(
    clippy::disallowed_methods,
    reason = "measures real time and reads its own environment; no part of the product"
)]

mod bench;
mod crash;
mod docs;
mod fuzz;
mod imports;
mod log;
mod postgres;
mod referees;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::log::Log;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "What the project does to itself")]
enum Task {
    /// Installs what the tests need, runs everything, ends with a summary
    Test(test::Options),
    /// Kills the server again and again and looks for what it lost
    Crash(crash::Options),
    /// Measures the server, and the limits of the machine beside it
    Bench(bench::Options),
    /// Feeds every decoder with what nobody meant to send
    Fuzz(fuzz::Options),
    /// Checks who imports whom, and the other walls of the house
    Imports,
    /// Runs the snippets of README.md and docs/ marked `sh test`
    Docs(docs::Options),
}

fn main() -> ExitCode {
    run(Task::parse()).unwrap_or_else(|error| {
        println!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let log = |name| Log::create(&workspace, name, true);
    match task {
        Task::Test(options) => return test::run(&workspace, &options),
        Task::Crash(options) => crash::alone(&workspace, &options, &mut log("crash")?)?,
        Task::Bench(options) => bench::run(&workspace, &options, &mut log("bench")?)?,
        Task::Fuzz(options) => fuzz::run(&workspace, &options, &mut log("fuzz")?).map(drop)?,
        Task::Imports => imports::run(&workspace, &mut log("imports")?).map(drop)?,
        Task::Docs(options) => docs::alone(&workspace, &options, &mut log("docs")?).map(drop)?,
    }
    Ok(ExitCode::SUCCESS)
}
