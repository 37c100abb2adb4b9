//! The map of controls against the sources.

use std::collections::BTreeSet;
use std::path::Path;

use crate::evidence::controls::map;

/// Every name that stands behind `fn`, or alone on a line of a list of tests, in any source of the product.
fn names(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines() {
                if let Some((_, rest)) = line.split_once("fn ") {
                    into.insert(rest.split(['(', '<']).next().unwrap_or_default().to_owned());
                }
            }
        }
    }
}

#[test]
fn every_control_is_proven_by_tests_that_exist_or_a_reading() {
    let mut known = BTreeSet::new();
    names(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut known);
    let rows = map();
    assert!(rows.len() > 30, "the map can't be read");
    for row in &rows {
        assert!(!row.tests.is_empty() || !row.readings.is_empty(), "{} {} has no proof", row.framework, row.control);
        for test in &row.tests {
            assert!(known.contains(test), "{} {} names a test that is not there: {test}", row.framework, row.control);
        }
    }
    let frameworks: BTreeSet<_> = rows.iter().map(|row| row.framework.as_str()).collect();
    assert_eq!(frameworks, ["CCPA", "GDPR", "ISO 27001", "PCI DSS", "SOC 2"].into());
}
