//! Which crate may depend on which.

use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;

/// From the ground up: a crate may use those named, and nothing above or beside it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("seal", &[]),
    ("ledger", &[]),
    ("saml", &[]),
    ("store", &["seal", "ledger"]),
    ("egress", &["seal"]),
    ("web", &["seal", "ledger", "store"]),
    ("access", &["seal", "ledger", "saml", "store", "egress", "web"]),
    ("govern", &["seal", "ledger", "saml", "store", "egress", "web", "access"]),
    ("messaging", &["seal", "ledger", "saml", "store", "egress", "web", "access", "govern"]),
    ("sealpost", &["seal", "ledger", "saml", "store", "egress", "web", "access", "govern", "messaging"]),
];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for entry in std::fs::read_dir(root.join("crates"))? {
        let folder = entry?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = format!("crates/{name}/Cargo.toml");
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            findings.push(format!("{path}: a crate that has no place in xtask/src/imports/edges.rs"));
            continue;
        };
        let manifest = std::fs::read_to_string(root.join(&path)).with_context(|| path.clone())?;
        for (line, used) in uses(&manifest) {
            // A crate names itself to switch on a feature for its own tests.
            if used != name && !allowed.contains(&used) {
                findings.push(format!("{path}:{line}: {name} may not use {used}"));
            }
        }
    }
    Ok(findings)
}

/// The crates of ours that a manifest depends on, with the line.
fn uses(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    manifest.lines().enumerate().filter_map(|(at, line)| {
        let name = line.trim_start_matches("[dependencies.").strip_prefix("sealpost-")?;
        Some((at + 1, name.split(['.', ' ', '=', ']']).next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_dependency_is_seen() {
        let manifest = "[dependencies]\nsealpost-seal.workspace = true\nsealpost-web = { path = \"../web\" }\nserde = \"1\"\n\
            [dependencies.sealpost-store]\n";
        assert_eq!(uses(manifest).collect::<Vec<_>>(), [(2, "seal"), (3, "web"), (5, "store")]);
    }

    #[test]
    fn nobody_uses_what_stands_above() {
        for (at, (_, allowed)) in MAY_USE.iter().enumerate() {
            assert!(allowed.iter().all(|used| MAY_USE[..at].iter().any(|(below, _)| below == used)));
        }
    }
}
