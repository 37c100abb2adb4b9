//! The sources, as text.

use std::path::Path;

use anyhow::{Context, Result};

/// One Rust file.
pub(super) struct Source {
    /// From the root: `crates/store/src/sql.rs`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Lines with their number from 1, without comments.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().map(|line| match line.trim_start().starts_with("//") {
            true => "",
            false => line.split(" // ").next().unwrap_or(line),
        });
        lines.enumerate().map(|(at, line)| (at + 1, line))
    }

    /// Whether it goes into the product, and isn't a test, a benchmark, an example or automation.
    pub(super) fn is_product(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.next() == Some("crates") && parts.nth(1) == Some("src") && !self.path.ends_with("/tests.rs")
    }
}

/// Every hand-written Rust file of the project.
pub(super) fn all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in ["crates", "fuzz", "xtask"] {
        collect(root, &root.join(folder), &mut sources)?;
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<Source>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && name != "node_modules" {
            collect(root, &path, into)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path)?;
            let path = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            into.push(Source { path, text });
        }
    }
    Ok(())
}
