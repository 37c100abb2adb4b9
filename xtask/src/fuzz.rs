//! Fuzzing: every target of `fuzz/` for a while, from its committed seeds. libFuzzer needs nightly only for sanitizers, which a
//! program without `unsafe` can do without: the coverage flags below are LLVM's and stable rustc takes them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;

use crate::log::Log;
use crate::test::Counts;
use crate::workspace::{Workspace, files};

/// What `cargo fuzz --sanitizer none` passes.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// As much of an input as is printed, in bytes: larger ones are in `target/fuzz/artifacts` alone.
const SHOWN: usize = 3 * 1024;

/// Inputs tried where the same are to be tried each time: what the slower targets manage in the time they are given.
const RUNS: u32 = 40_000;

#[derive(Args)]
pub(crate) struct Options {
    /// Seconds for each target
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u32,
    /// Only these targets
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Begin from the committed seeds alone, and try the same inputs each time
    #[arg(long)]
    pub(crate) repeatable: bool,
}

impl Options {
    /// What CI does: the same for the same commit. Searching is for whoever has time to look at what is found.
    pub(crate) fn smoke() -> Self {
        Self { seconds: 5, only: Vec::new(), repeatable: true }
    }
}

/// Builds the targets and runs each.
pub(crate) fn run(workspace: &Workspace, options: &Options, log: &mut Log) -> Result<Counts> {
    let fuzz = workspace.root.join("fuzz");
    let target = workspace.target.join("fuzz");
    let targets: Vec<String> = files(&fuzz.join("fuzz_targets"), &["rs"])
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .filter(|name| options.only.is_empty() || options.only.contains(name))
        .collect();
    if targets.is_empty() {
        bail!("no such target in fuzz/fuzz_targets");
    }
    // Named, so that the flags reach our code and not the build scripts.
    let host = host(workspace)?;
    let mut build = workspace.cargo(["build", "--release", "--bins", "--target", &host]);
    log.run(build.current_dir(&fuzz).env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", COVERAGE))?;
    let folder = target.join(&host).join("release");
    let one = |name: &String| fuzz_one(workspace, options, &folder, &target, name);
    let mut broken = Vec::new();
    for (name, outcome) in targets.iter().zip(all_cores(&targets, one)) {
        let (said, whole, finds) = outcome?;
        log.say(format_args!("--- {name}\n{said}"))?;
        if !whole {
            broken.push(format!("{name}: {}\n{}", complaint(&said), newest(&finds)));
        }
    }
    let failed = broken.len() as u32;
    let counts = Counts { passed: targets.len() as u32 - failed, failed };
    if failed > 0 {
        bail!(counts.failing(format_args!("inputs were found that break promises\n{}", broken.join("\n"))));
    }
    Ok(counts)
}

/// Runs one target; what it said, whether it held, and where it leaves what it finds.
fn fuzz_one(
    workspace: &Workspace,
    options: &Options,
    folder: &Path,
    target: &Path,
    name: &str,
) -> Result<(String, bool, PathBuf)> {
    let (corpus, finds) = (target.join("corpus").join(name), target.join("artifacts").join(name));
    if options.repeatable {
        let _ = std::fs::remove_dir_all(&corpus);
    }
    for folder in [&corpus, &finds] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut run = workspace.command(folder.join(name));
    run.arg(format!("-max_total_time={}", options.seconds));
    run.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536", "-print_final_stats=1", "-verbosity=0"]);
    run.arg(format!("-artifact_prefix={}/", finds.display()));
    if options.repeatable {
        run.args(["-seed=1".to_owned(), format!("-runs={RUNS}")]);
    }
    run.arg(&corpus).arg(workspace.root.join("fuzz/seeds").join(name));
    let output = run.output().with_context(|| format!("{name} can't be run"))?;
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).join("");
    Ok((said, output.status.success(), finds))
}

/// Does something with each, as many at once as there are cores; in order.
fn all_cores<T: Sync, R: Send>(all: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || -> Vec<(usize, R)> {
        let mine = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|at| *at < all.len());
        mine.map(|at| (at, one(&all[at]))).collect()
    };
    let mut done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().flat_map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.collect::<Vec<_>>()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What a target said before it died: its panic, or libFuzzer's verdict.
fn complaint(said: &str) -> String {
    let mut lines = said.lines().skip_while(|line| !line.contains("panicked at"));
    let panic: Vec<&str> =
        lines.by_ref().take_while(|line| !line.starts_with("note:") && !line.starts_with("==")).take(8).collect();
    if panic.is_empty() {
        said.lines().find(|line| line.contains("ERROR: libFuzzer")).unwrap_or("it died without a word").to_owned()
    } else {
        panic.join("\n")
    }
}

/// The input that was found last, in base64: where a machine is gone with its files, this is all there is of it.
fn newest(finds: &Path) -> String {
    let inputs = std::fs::read_dir(finds).into_iter().flatten().flatten();
    let newest = inputs.max_by_key(|input| input.metadata().and_then(|file| file.modified()).ok());
    match newest.and_then(|input| std::fs::read(input.path()).ok()) {
        Some(input) if input.len() <= SHOWN => format!("input in base64: {}", BASE64.encode(input)),
        Some(input) => {
            let shown = BASE64.encode(&input[..SHOWN]);
            format!("first {SHOWN} of {} bytes of the input in base64: {shown}", input.len())
        }
        None => "no input was kept".to_owned(),
    }
}

/// The triple of this machine.
fn host(workspace: &Workspace) -> Result<String> {
    let output = workspace.command("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc doesn't name its host")?;
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_on_all_cores_comes_back_in_order() {
        let all: Vec<u32> = (0..100).collect();
        assert_eq!(all_cores(&all, |n| n * 2), all.iter().map(|n| n * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_is_found_between_the_noise() {
        let said = "INFO: seed\nthread 'main' panicked at src/lib.rs:1:2:\ntwo spellings of one id\nnote: run with\n==7== ERROR";
        assert_eq!(complaint(said), "thread 'main' panicked at src/lib.rs:1:2:\ntwo spellings of one id");
        let slow = "INFO: seed\n==7== ERROR: libFuzzer: timeout after 11 seconds\n";
        assert_eq!(complaint(slow), "==7== ERROR: libFuzzer: timeout after 11 seconds");
    }
}
