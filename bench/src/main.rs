//! Measures Sealpost as its callers see it, and beside it what the machine could do at most. `cargo xtask bench` builds the
//! server and runs this; `docs/benchmarks.md` says what is measured and how.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for people at a terminal")]
#![expect(clippy::disallowed_methods, reason = "measures real time; no part of the product")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod certificates;
mod engine;
mod exporting;
mod histogram;
mod limits;
mod load;
mod machine;
mod pages;
mod plan;
mod postgres;
mod processes;
mod receivers;
mod report;
mod revocation;
mod seeding;
mod server;
mod sink;
mod spread;
mod targets;
mod turning;
mod visitor;
mod wire;
mod workflows;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde_json::{Value, json};

use crate::certificates::Certificates;
use crate::engine::Bench;
use crate::limits::Bare;
use crate::load::{Requests, Shape};
use crate::plan::{Plan, REFERENCE};
use crate::postgres::Postgres;
use crate::spread::Spread;
use crate::wire::Target;

/// The same allocator as the server's, so that the bare server differs in nothing but what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "sealpost-bench", about = "Measures Sealpost")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures
    Run(Options),
    /// The bare server that is measured beside
    #[command(hide = true)]
    Bare { folder: PathBuf },
}

#[derive(clap::Args)]
struct Options {
    /// The server's program, as it ships
    #[arg(long)]
    binary: PathBuf,
    /// Where data and results go: on the disk to be measured
    #[arg(long)]
    folder: PathBuf,
    /// A PostgreSQL server to measure on as well, by the URL of one of its databases
    #[arg(long)]
    postgres: Option<String>,
    /// Longer, more often, and with a million messages stored
    #[arg(long)]
    full: bool,
    /// How many messages to store before start-up is measured
    #[arg(long)]
    stored: Option<usize>,
    /// Only this engine
    #[arg(long, value_parser = ["sqlite", "postgresql"])]
    only: Option<String>,
    /// Nothing but the turn of an organisation's key, with so many messages stored
    #[arg(long, value_name = "MESSAGES")]
    turn: Option<usize>,
    /// Nothing but a thousand receivers, of which some misbehave
    #[arg(long, conflicts_with = "turn")]
    receivers: bool,
    /// Nothing but runs of a workflow, so many at once
    #[arg(long, value_name = "RUNS", conflicts_with_all = ["turn", "receivers", "exports"])]
    workflows: Option<usize>,
    /// Nothing but files of so many people, with as many stored
    #[arg(long, value_name = "PEOPLE", conflicts_with_all = ["turn", "receivers"])]
    exports: Option<usize>,
    /// The page whose table of results to replace
    #[arg(long)]
    write: Option<PathBuf>,
    /// What was built, for the record
    #[arg(long, default_value = "unknown")]
    revision: String,
}

fn main() -> Result<()> {
    // The client may use the whole machine: so it is never what is measured.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok().context("another provider is there")?;
    match Cli::parse().command {
        Command::Run(options) => runtime.block_on(Box::pin(run(&options))),
        Command::Bare { folder } => runtime.block_on(limits::serve_bare(&folder)),
    }
}

async fn run(options: &Options) -> Result<()> {
    let mut plan = if options.full { Plan::FULL } else { Plan::QUICK };
    plan.stored = options.stored.unwrap_or(plan.stored);
    let work = options.folder.join(format!("data-{}", std::process::id()));
    std::fs::create_dir_all(&work)?;
    let work = work.canonicalize()?;
    if options.turn.is_some() || options.receivers || options.workflows.is_some() || options.exports.is_some() {
        alone(options, plan, &work).await.with_context(|| format!("see {}", work.display()))?;
        return Ok(std::fs::remove_dir_all(&work)?);
    }
    // Not removed when something fails: its logs may say why.
    let results = measure(options, plan, &work).await.with_context(|| format!("see {}", work.display()))?;
    std::fs::remove_dir_all(&work)?;
    println!("\n{}", report::page(&results));
    let file = options.folder.join(format!("{}.json", jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ")));
    std::fs::write(&file, serde_json::to_string_pretty(&results)?)?;
    println!("{}", file.display());
    match &options.write {
        Some(page) => report::write(page, &results),
        None => Ok(()),
    }
}

/// What is measured only when it is asked for, on each engine: the turn of an organisation's key, runs of a workflow, files, or many
/// receivers.
async fn alone(options: &Options, plan: Plan, work: &Path) -> Result<()> {
    let certificates = Certificates::make(work)?;
    let postgres = options.postgres.as_deref().map(Postgres::at);
    for (name, postgres) in [("sqlite", None), ("postgresql", postgres.as_ref())] {
        let wanted = options.only.as_deref().is_none_or(|only| only == name);
        if !wanted || (name == "postgresql" && postgres.is_none()) {
            continue;
        }
        let folder = work.join(name);
        let bench = Bench { binary: &options.binary, folder, certificates: &certificates, postgres, plan };
        let results = match (options.turn, options.workflows, options.exports) {
            (Some(messages), ..) => Box::pin(turning::measure(&bench, messages)).await,
            (None, Some(runs), _) => Box::pin(workflows::measure(&bench, runs)).await,
            (None, None, Some(people)) => Box::pin(exporting::measure(&bench, people)).await,
            (None, None, None) => Box::pin(receivers::measure(&bench)).await,
        };
        let results = results.with_context(|| name.to_owned())?;
        println!("{name}: {}", serde_json::to_string_pretty(&results)?);
    }
    Ok(())
}

async fn measure(options: &Options, plan: Plan, work: &Path) -> Result<Value> {
    let certificates = Certificates::make(work)?;
    let machine = machine::describe(work);
    let meter = Meter::start();

    println!("limits of the machine");
    let mut results = json!({
        "date": jiff::Timestamp::now().to_string(),
        "revision": options.revision,
        "plan": { "name": plan.name, "repetitions": plan.repetitions, "measured_seconds": plan.measured.as_secs_f64() },
        "machine": machine,
        "binary_mib": machine::stripped_mib(&options.binary, work)?,
        "limits": {
            "disk": limits::disk(work, plan.limits)?,
            "cryptography": limits::cryptography(plan.limits)?,
            "bare_axum": bare(work, &certificates, plan).await?,
        },
        "engines": {},
    });
    let postgres = options.postgres.as_deref().map(Postgres::at);
    for (name, postgres) in [("sqlite", None), ("postgresql", postgres.as_ref())] {
        let wanted = options.only.as_deref().is_none_or(|only| only == name);
        if !wanted || (name == "postgresql" && postgres.is_none()) {
            continue;
        }
        println!("{name}");
        let folder = work.join(name);
        let bench = Bench { binary: &options.binary, folder, certificates: &certificates, postgres, plan };
        results["engines"][name] = Box::pin(engine::measure(&bench)).await.with_context(|| name.to_owned())?;
    }
    meter.judge(&mut results["machine"]);
    Ok(results)
}

/// axum with nothing behind it, under the same load.
async fn bare(folder: &Path, certificates: &Certificates, plan: Plan) -> Result<Value> {
    let server = Bare::start(folder)?;
    let target = Target { address: server.address, tls: certificates.client()? };
    let requests = Requests { bytes: [wire::request("GET", "/", "", "")].into(), expected: 200, serial: None };
    let shape = Shape { connections: REFERENCE, warm_up: plan.warm_up, measured: plan.limits.max(plan.measured) };
    let (mut per_second, mut cpu) = (Spread::default(), Spread::default());
    for _ in 0..plan.repetitions {
        let before = processes::cpu_seconds(server.pid());
        let outcome = load::run(&target, &requests, shape).await?;
        let spent = processes::cpu_seconds(server.pid()) - before;
        per_second.push(outcome.per_second);
        cpu.push(spent * 1e6 / outcome.succeeded as f64);
    }
    Ok(json!({ "connections": REFERENCE, "per_second": per_second.json(), "cpu_us": cpu.json() }))
}

/// How much of the machine others used meanwhile.
struct Meter {
    begun: std::time::Instant,
    cpu: (f64, f64),
}

impl Meter {
    fn start() -> Self {
        Self { begun: std::time::Instant::now(), cpu: processes::machine_cpu_seconds() }
    }

    fn judge(&self, machine: &mut Value) {
        let (used, stolen) = processes::machine_cpu_seconds();
        let seconds = self.begun.elapsed().as_secs_f64();
        machine["seconds"] = json!(seconds);
        machine["cores_used_on_average"] = json!((used - self.cpu.0) / seconds);
        machine["cores_stolen_on_average"] = json!((stolen - self.cpu.1) / seconds);
    }
}
