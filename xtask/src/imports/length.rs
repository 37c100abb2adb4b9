//! How long a file may be.

use super::{Finding, Source};

const MOST: usize = 600;

/// Files that are longer all the same, and by how much. This list only ever shrinks.
const LONGER: &[(&str, usize)] = &[];

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    judge(sources, LONGER)
}

fn judge(sources: &[Source], longer: &[(&str, usize)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Source { path, text } in sources {
        let lines = text.lines().count();
        match longer.iter().find(|(known, _)| known == path) {
            None if lines > MOST => findings.push(format!("{path}: {lines} lines, look for its second purpose")),
            Some((_, most)) if lines > *most => findings.push(format!("{path}: grew from {most} to {lines} lines")),
            Some((_, most)) if lines < *most => {
                findings.push(format!("{path}: has shrunk, shrink its entry in the list too"))
            }
            _ => {}
        }
    }
    let gone = longer.iter().filter(|(known, _)| !sources.iter().any(|source| source.path == *known));
    findings.extend(gone.map(|(known, _)| format!("{known}: is gone, take it off the list")));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_only_shrinks() {
        let sources = [Source { path: "a.rs".into(), text: "x\n".repeat(700) }];
        assert_eq!(judge(&sources, &[]).len(), 1);
        assert_eq!(judge(&sources, &[("a.rs", 700)]).len(), 0);
        assert_eq!(judge(&sources, &[("a.rs", 699)]).len(), 1);
        assert_eq!(judge(&sources, &[("a.rs", 701)]).len(), 1);
        assert_eq!(judge(&sources, &[("a.rs", 700), ("b.rs", 700)]).len(), 1);
    }
}
