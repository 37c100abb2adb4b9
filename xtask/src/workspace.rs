//! Where things are, and how cargo is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::log::Log;

/// The checkout this program was built from.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// Whether a step that can't run is a failure.
    pub(crate) ci: bool,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?.to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(target) => root.join(target),
            None => root.join("target"),
        };
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        Ok(Self { root, target, ci })
    }

    /// A program, started at the root, quiet about colours and progress.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(std::process::Stdio::null());
        // What `cargo run` told this program about itself would make cargo build things anew.
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            let ours = name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_");
            if ours || matches!(&*name_text, "CARGO" | "OUT_DIR" | "LD_LIBRARY_PATH") {
                command.env_remove(&name);
            }
        }
        command
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("RUST_BACKTRACE", "1")
            .env("INSTA_UPDATE", "no");
        if self.ci {
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    /// `cargo <args>`.
    pub(crate) fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command("cargo");
        command.args(args);
        command
    }

    /// The binary as it ships, but for link-time optimisation.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("release/sealpost")
    }

    pub(crate) fn build_binary(&self, log: &mut Log) -> Result<()> {
        log.run(&mut self.cargo(["build", "--release", "--locked", "--package", "sealpost", "--bin", "sealpost"]))
    }

    /// The first of these programs' folders on `PATH`, if any.
    pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
        std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
    }
}

/// The files in `folder` whose extension is one of `extensions`, sorted; none if there is no such folder.
pub(crate) fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)))
        .collect();
    files.sort();
    files
}
