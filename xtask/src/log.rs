//! What a step printed: in a file always, on the terminal when asked.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// How a line begins that names what held only at the second try.
const AGAIN: &str = "held at the second try: ";

/// The log of one step, `target/test-logs/<step>.log`.
pub(crate) struct Log {
    pub(crate) path: PathBuf,
    file: File,
    aloud: bool,
}

impl Log {
    pub(crate) fn create(workspace: &Workspace, step: &str, aloud: bool) -> Result<Self> {
        let folder = workspace.target.join("test-logs");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{step}.log"));
        let file = File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
        Ok(Self { path, file, aloud })
    }

    /// A line of our own.
    pub(crate) fn say(&mut self, line: impl std::fmt::Display) -> Result<()> {
        if self.aloud {
            println!("{line}");
        }
        Ok(writeln!(self.file, "{line}")?)
    }

    /// What held only when it was tried again.
    pub(crate) fn again(&mut self, what: &str) -> Result<()> {
        self.say(format_args!("{AGAIN}{what}"))
    }

    /// What held only when it was tried again, here and by nextest's lines `FLAKY 2/2 [ 1.2s] (3/9) package test`.
    pub(crate) fn held_again(&self) -> Vec<String> {
        let held = |line: &str| {
            let flaky = || line.trim_start().strip_prefix("FLAKY ").and_then(|rest| rest.split_once(']'));
            line.strip_prefix(AGAIN).or_else(|| flaky().map(|(_, name)| name)).map(|name| name.trim().to_owned())
        };
        let mut names: Vec<String> = self.text().lines().filter_map(held).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Runs a program to its end; anything but success is an error.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        let line = shown(command);
        self.say(format_args!("$ {line}"))?;
        let status = if self.aloud {
            self.run_aloud(command)
        } else {
            command.stdout(self.file.try_clone()?).stderr(self.file.try_clone()?).status()
        };
        let status = status.with_context(|| format!("`{line}` can't be started"))?;
        if !status.success() {
            bail!("`{line}` ended with {status}");
        }
        Ok(())
    }

    fn run_aloud(&mut self, command: &mut Command) -> std::io::Result<std::process::ExitStatus> {
        let (reader, writer) = std::io::pipe()?;
        let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
        // The command keeps its ends of the pipe open: without them the loop below ends with the child.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut lines = BufReader::new(reader);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            self.file.write_all(&line)?;
            std::io::stdout().write_all(&line)?;
            line.clear();
        }
        child.wait()
    }

    /// Where a server that outlives the call may write.
    pub(crate) fn sink(&self) -> Result<Stdio> {
        Ok(self.file.try_clone()?.into())
    }

    /// All that was printed so far.
    pub(crate) fn text(&self) -> String {
        std::fs::read(&self.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
