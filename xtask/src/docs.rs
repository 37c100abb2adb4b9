//! Snippets that are run. In README.md and docs/, a block fenced as ```` ```sh test ```` is run with `sealpost` on `PATH`; a block
//! ```` ```text expect ```` right after it says what it prints: these lines, in this order, others between them allowed, `…`
//! standing for anything. The blocks of a page share one empty folder as home and working directory, each is a `bash` of its own
//! (`set -euo pipefail`). A page that needs a server says so in its first lines: `<!-- snippets: demo -->`; then `sealpost demo`
//! runs in that folder meanwhile, with everything as on a reader's machine; only if port 7700 is taken here, the snippets are
//! run with the one it found.
//!
//! A page that shows a shell something and has none of it tested says why in its first lines: `<!-- snippets: none, because … -->`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::log::Log;
use crate::test::Counts;
use crate::workspace::{Workspace, files};

const DEMO: &str = "<!-- snippets: demo -->";
const NONE: &str = "<!-- snippets: none, because ";
/// Where pages say that the demo listens.
const AS_WRITTEN: &str = "localhost:7700";
/// How a block begins that a reader types into a shell.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];
const DEMO_STARTS_IN: Duration = Duration::from_secs(60);
const DEMO_IS_READY: &str = "stop  Ctrl-C";
/// Seconds after which a snippet is stuck.
const PATIENCE: &str = "120";

#[derive(Debug, PartialEq, Eq)]
struct Snippet {
    line: usize,
    script: String,
    expected: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Options {
    /// With the debug build, which is there sooner
    #[arg(long)]
    debug: bool,
}

/// Builds the program and runs all snippets of all pages.
pub(crate) fn alone(workspace: &Workspace, options: &Options, log: &mut Log) -> Result<Counts> {
    if options.debug {
        log.run(&mut workspace.cargo(["build", "--package", "sealpost", "--bin", "sealpost"]))?;
        return run(workspace, &workspace.target.join("debug/sealpost"), log);
    }
    workspace.build_binary(log)?;
    run(workspace, &workspace.binary(), log)
}

/// Runs all snippets of all pages with this program.
pub(crate) fn run(workspace: &Workspace, binary: &Path, log: &mut Log) -> Result<Counts> {
    let mut counts = Counts::default();
    for page in pages(workspace) {
        let text = read(&page);
        let name = page.strip_prefix(&workspace.root).unwrap_or(&page).display().to_string();
        if is_untested(&text) {
            log.say(format_args!("not ok {name}: shell snippets, and none of them is tested"))?;
            counts = counts.plus(Counts { passed: 0, failed: 1 });
        }
        let snippets = snippets(&text);
        if snippets.is_empty() {
            continue;
        }
        let home = workspace.target.join("snippets").join(name.replace('/', "-"));
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home)?;
        let demo = if says(&text, |line| line == DEMO) { Some(Demo::start(workspace, binary, &home)?) } else { None };
        for mut snippet in snippets {
            if let Some(demo) = &demo {
                snippet.script = snippet.script.replace(AS_WRITTEN, &demo.address);
            }
            let outcome = run_one(workspace, binary, &home, &snippet);
            let held = outcome.is_ok();
            log.say(format_args!("{} {name}:{}", if held { "ok" } else { "not ok" }, snippet.line))?;
            if let Err(error) = outcome {
                log.say(format_args!("{error:#}"))?;
            }
            counts = counts.plus(Counts { passed: held.into(), failed: (!held).into() });
        }
        drop(demo);
    }
    if counts.failed > 0 {
        bail!(counts.failing("snippets don't do what their page says"));
    }
    Ok(counts)
}

fn run_one(workspace: &Workspace, binary: &Path, home: &Path, snippet: &Snippet) -> Result<()> {
    let mut bash = at_home(workspace, binary, home, "timeout")?;
    bash.args(["--kill-after=5", PATIENCE, "bash", "-c", &format!("set -euo pipefail\n{}", snippet.script)]);
    let output = bash.output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let seen = || format!("it printed:\n{stdout}{}", String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!("ended with {}; {}", output.status, seen());
    }
    let mut printed = stdout.lines();
    for wanted in &snippet.expected {
        if !printed.any(|line| is_like(line.trim_end(), wanted)) {
            bail!("the line `{wanted}` did not come; {}", seen());
        }
    }
    Ok(())
}

fn at_home(workspace: &Workspace, binary: &Path, home: &Path, program: &str) -> Result<Command> {
    let mut command = workspace.command(program);
    let programs = std::env::var_os("PATH").unwrap_or_default();
    let first = binary.parent().context("the binary is nowhere")?.to_owned();
    let path = std::env::join_paths(std::iter::once(first).chain(std::env::split_paths(&programs)))?;
    command.current_dir(home).env("HOME", home).env("PATH", path);
    Ok(command)
}

/// `sealpost demo`, until dropped.
struct Demo {
    process: Child,
    /// `localhost:<port>`
    address: String,
}

impl Demo {
    fn start(workspace: &Workspace, binary: &Path, home: &Path) -> Result<Self> {
        let output = home.join("demo.log");
        let file = std::fs::File::create(&output)?;
        let mut demo = at_home(workspace, binary, home, &binary.to_string_lossy())?;
        let child = demo.arg("demo").stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn();
        let mut demo = Self { process: child.context("sealpost demo can't be started")?, address: String::new() };
        let until = Instant::now() + DEMO_STARTS_IN;
        // The last it says, once everything is as a reader finds it.
        while !read(&output).contains(DEMO_IS_READY) {
            if Instant::now() > until || demo.process.try_wait()?.is_some() {
                bail!("sealpost demo did not start; it printed:\n{}", read(&output));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        demo.address = address(&read(&output)).context("sealpost demo does not say where it is")?;
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where the demo says its API is: `localhost:<port>`.
fn address(printed: &str) -> Option<String> {
    let (_, rest) = printed.split_once("API ")?;
    let (address, _) = rest.trim_start().strip_prefix("https://")?.split_once('/')?;
    Some(address.to_owned())
}

/// Whether one of the page's first lines is such a line.
fn says(page: &str, is_it: impl Fn(&str) -> bool) -> bool {
    page.lines().take(5).any(|line| is_it(line.trim()))
}

/// Whether the page shows a shell something, tests none of it, and doesn't say why.
fn is_untested(page: &str) -> bool {
    let in_shell = |line: &str| {
        line.strip_prefix("```").is_some_and(|kind| kind.split(' ').next().is_some_and(|kind| SHELLS.contains(&kind)))
    };
    page.lines().any(in_shell) && snippets(page).is_empty() && !says(page, |line| line.starts_with(NONE))
}

fn pages(workspace: &Workspace) -> Vec<PathBuf> {
    let mut pages = vec![workspace.root.join("README.md")];
    pages.extend(files(&workspace.root.join("docs"), &["md"]));
    pages
}

fn read(path: &Path) -> String {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn snippets(page: &str) -> Vec<Snippet> {
    let mut snippets: Vec<Snippet> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        match (kind.trim(), snippets.last_mut()) {
            ("sh test", _) => snippets.push(Snippet { line: at + 1, script: block.join("\n"), expected: Vec::new() }),
            ("text expect", Some(last)) => last.expected.extend(block.iter().map(|line| line.trim_end().to_owned())),
            _ => {}
        }
    }
    snippets
}

/// Whether `line` is `pattern`, where `…` stands for anything.
fn is_like(line: &str, pattern: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('…') else { return line == pattern };
    let Some(mut left) = line.strip_prefix(head) else { return false };
    while let Some((part, further)) = rest.split_once('…') {
        let Some((_, after)) = left.split_once(part) else { return false };
        (left, rest) = (after, further);
    }
    left.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_blocks_are_snippets() {
        let page = "# x\n```sh\nrm -rf /\n```\n```sh test\necho 1\necho 2\n```\nprints\n```text expect\n1\n```\n```text\n9\n```\n";
        let expected = Snippet { line: 5, script: "echo 1\necho 2".into(), expected: vec!["1".into()] };
        assert_eq!(snippets(page), [expected]);
    }

    #[test]
    fn an_ellipsis_stands_for_anything() {
        assert!(is_like("msg_01 accepted at 9", "msg_… accepted at …"));
        assert!(!is_like("msg_01 refused at 9", "msg_… accepted at …"));
        assert!(is_like("same", "same") && !is_like("same!", "same"));
    }

    #[test]
    fn the_demo_is_found_where_it_says_it_is() {
        assert_eq!(address("x\n  API       https://localhost:8443/v1   (docs …)\n"), Some("localhost:8443".into()));
        assert_eq!(address("  API       https://localhost:84"), None);
    }

    #[test]
    fn a_page_that_shows_a_shell_something_has_some_of_it_tested_or_says_why() {
        assert!(is_untested("# x\n```sh\nrm -rf /\n```\n") && is_untested("```console\n$ ls\n```\n"));
        assert!(!is_untested("```sh\nls\n```\n```sh test\nls\n```\n"));
        assert!(!is_untested("<!-- snippets: none, because it takes an hour -->\n```sh\nls\n```\n"));
        assert!(!is_untested("```rust\nfn main() {}\n```\n"));
    }
}
