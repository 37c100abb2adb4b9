//! `cargo xtask imports`: the walls of the house that Cargo doesn't build. A finding names the file, the line and the rule.

mod edges;
mod features;
mod length;
mod source;
mod words;

use anyhow::{Result, bail};

use crate::log::Log;
use crate::test::Counts;
use crate::workspace::Workspace;

use source::Source;

/// A breach: `path:line: what`.
type Finding = String;

pub(crate) fn run(workspace: &Workspace, log: &mut Log) -> Result<Counts> {
    let sources = source::all(&workspace.root)?;
    let checks = [
        ("crates stand on what is below them", edges::check(&workspace.root)?),
        ("a feature offers what its mod.rs says, and nothing else", features::check(&sources)),
        ("drivers, sockets and ambient time stay where they belong", words::check(&sources)),
        ("files stay small enough to have one purpose", length::check(&sources)),
    ];
    let mut counts = Counts::default();
    for (rule, findings) in checks {
        let held = findings.is_empty();
        log.say(format_args!("{} {rule}", if held { "ok" } else { "not ok" }))?;
        for finding in &findings {
            log.say(format_args!("   {finding}"))?;
        }
        counts = counts.plus(Counts { passed: held.into(), failed: (!held).into() });
    }
    if counts.failed > 0 {
        bail!(counts.failing("a wall of the house is broken"));
    }
    Ok(counts)
}
