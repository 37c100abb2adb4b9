//! Fuzzing: every target of `fuzz/` for a while, from its committed seeds. libFuzzer needs nightly only for sanitizers, which a
//! program without `unsafe` can do without: the coverage flags below are LLVM's and stable rustc takes them.

use std::path::Path;

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
    let mut broken = Vec::new();
    for name in &targets {
        let (corpus, finds) = (target.join("corpus").join(name), target.join("artifacts").join(name));
        if options.repeatable {
            let _ = std::fs::remove_dir_all(&corpus);
        }
        for folder in [&corpus, &finds] {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let mut run = workspace.command(target.join(&host).join("release").join(name));
        run.arg(format!("-max_total_time={}", options.seconds));
        run.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536", "-print_final_stats=1", "-verbosity=0"]);
        run.arg(format!("-artifact_prefix={}/", finds.display()));
        if options.repeatable {
            run.args(["-seed=1".to_owned(), format!("-runs={RUNS}")]);
        }
        run.arg(&corpus).arg(fuzz.join("seeds").join(name));
        log.say(format_args!("--- {name}"))?;
        let before = log.text().len();
        if let Err(error) = log.run(&mut run) {
            log.say(format_args!("{error:#}"))?;
            broken.push(format!("{name}: {}\n{}", complaint(&log.text()[before..]), newest(&finds)));
        }
    }
    let failed = broken.len() as u32;
    let counts = Counts { passed: targets.len() as u32 - failed, failed };
    if failed > 0 {
        bail!(counts.failing(format_args!("inputs were found that break promises\n{}", broken.join("\n"))));
    }
    Ok(counts)
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
    fn a_panic_is_found_between_the_noise() {
        let said = "INFO: seed\nthread 'main' panicked at src/lib.rs:1:2:\ntwo spellings of one id\nnote: run with\n==7== ERROR";
        assert_eq!(complaint(said), "thread 'main' panicked at src/lib.rs:1:2:\ntwo spellings of one id");
        let slow = "INFO: seed\n==7== ERROR: libFuzzer: timeout after 11 seconds\n";
        assert_eq!(complaint(slow), "==7== ERROR: libFuzzer: timeout after 11 seconds");
    }
}
