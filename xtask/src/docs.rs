//! Snippets that are run. In README.md and docs/, a block fenced as ```` ```sh test ```` is run with `sealpost` on `PATH`; a block
//! ```` ```text expect ```` right after it says what it prints: these lines, in this order, others between them allowed, `…`
//! standing for anything. The blocks of a page share one empty folder as home and working directory, each is a `bash` of its own
//! (`set -euo pipefail`). A page that needs a server says so in its first lines: `<!-- snippets: demo -->`; then `sealpost demo`
//! runs in that folder meanwhile, with everything as on a reader's machine.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::log::Log;
use crate::test::Counts;
use crate::workspace::{Workspace, files};

const DEMO: &str = "<!-- snippets: demo -->";
const DEMO_STARTS_IN: Duration = Duration::from_secs(20);
/// Seconds after which a snippet is stuck.
const PATIENCE: &str = "120";

#[derive(Debug, PartialEq, Eq)]
struct Snippet {
    line: usize,
    script: String,
    expected: Vec<String>,
}

/// Whether any page has a snippet to run.
pub(crate) fn any(workspace: &Workspace) -> bool {
    pages(workspace).iter().any(|page| !snippets(&read(page)).is_empty())
}

/// Runs all snippets of all pages.
pub(crate) fn run(workspace: &Workspace, log: &mut Log) -> Result<Counts> {
    let mut counts = Counts::default();
    for page in pages(workspace) {
        let text = read(&page);
        let snippets = snippets(&text);
        if snippets.is_empty() {
            continue;
        }
        let name = page.strip_prefix(&workspace.root).unwrap_or(&page).display().to_string();
        let home = workspace.target.join("snippets").join(name.replace('/', "-"));
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home)?;
        let demo = if text.lines().take(5).any(|line| line.trim() == DEMO) {
            Some(Demo::start(workspace, &home)?)
        } else {
            None
        };
        for snippet in snippets {
            let outcome = run_one(workspace, &home, &snippet);
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

fn run_one(workspace: &Workspace, home: &Path, snippet: &Snippet) -> Result<()> {
    let mut bash = at_home(workspace, home, "timeout")?;
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

fn at_home(workspace: &Workspace, home: &Path, program: &str) -> Result<Command> {
    let mut command = workspace.command(program);
    let programs = std::env::var_os("PATH").unwrap_or_default();
    let first = workspace.binary().parent().context("the binary is nowhere")?.to_owned();
    let path = std::env::join_paths(std::iter::once(first).chain(std::env::split_paths(&programs)))?;
    command.current_dir(home).env("HOME", home).env("PATH", path);
    Ok(command)
}

/// `sealpost demo`, until dropped.
struct Demo(Child);

impl Demo {
    fn start(workspace: &Workspace, home: &Path) -> Result<Self> {
        let output = home.join("demo.log");
        let file = std::fs::File::create(&output)?;
        let binary = workspace.binary();
        let mut demo = at_home(workspace, home, &binary.to_string_lossy())?;
        let child = demo.arg("demo").stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn();
        let mut demo = Self(child.context("sealpost demo can't be started")?);
        let until = Instant::now() + DEMO_STARTS_IN;
        while address(&read(&output)).is_none_or(|address| TcpStream::connect(address).is_err()) {
            if Instant::now() > until || demo.0.try_wait()?.is_some() {
                bail!("sealpost demo did not start; it printed:\n{}", read(&output));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the demo says it listens: the first `https://127.0.0.1:<port>` it prints.
fn address(printed: &str) -> Option<String> {
    let (_, rest) = printed.split_once("https://127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (rest.len() > port.len()).then(|| format!("127.0.0.1:{port}"))
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
        assert_eq!(address("x\n  API  https://127.0.0.1:8443/v1\n"), Some("127.0.0.1:8443".into()));
        assert_eq!(address("https://127.0.0.1:84"), None);
    }
}
