//! An export that nobody touched verifies, whole, pruned or still growing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use proptest::prelude::*;
use sealpost_ledger::{FindingKind, Report, Verifier, empty_root, verify_export, verify_export_against_witness};
use support::{Export, ORIGIN, SEED, Signer, leaf};

#[test]
fn the_report_says_what_was_proven() {
    let signer = Signer::new(SEED);
    let mut export = Export::new(&signer);
    export.leaves(3);
    export.checkpoint(&signer);
    export.leaf(&leaf(3), None);
    export.checkpoint(&signer);
    let root = export.tree.root();
    export.leaves(6);

    assert_eq!(
        verify_export(&export.lines, &signer.key),
        Ok(Report {
            origin: ORIGIN.to_owned(),
            org: Some([7; 16]),
            leaves: 6,
            checkpoints: 2,
            root,
            unsealed: 2,
            pruned_contents: 1,
        })
    );
}

#[test]
fn pruning_every_content_changes_neither_root_nor_verdict() {
    let signer = Signer::new(SEED);
    let (mut whole, mut pruned) = (Export::new(&signer), Export::new(&signer));
    whole.leaves(5);
    (0..5).for_each(|seq| pruned.leaf(&leaf(seq), None));
    for export in [&mut whole, &mut pruned] {
        export.checkpoint(&signer);
    }
    let whole = verify_export(&whole.lines, &signer.key).unwrap();
    let pruned = verify_export(&pruned.lines, &signer.key).unwrap();
    assert_eq!(pruned.pruned_contents, 5);
    assert_eq!(pruned.root, whole.root);
}

#[test]
fn an_act_without_content_is_not_counted_as_pruned() {
    let signer = Signer::new(SEED);
    let mut export = Export::new(&signer);
    let mut bare = leaf(0);
    bare.content = sealpost_ledger::content_hash(&[]);
    export.leaf(&bare, None);
    export.checkpoint(&signer);
    let report = verify_export(&export.lines, &signer.key).unwrap();
    assert_eq!(report.pruned_contents, 0);
}

#[test]
fn an_empty_ledger_is_proven_by_its_checkpoint_and_by_nothing_less() {
    let signer = Signer::new(SEED);
    let mut export = Export::new(&signer);
    let nothing = verify_export(&export.lines, &signer.key).unwrap_err();
    assert_eq!(nothing.kind, FindingKind::NoCheckpoint);

    export.checkpoint(&signer);
    let report = verify_export(&export.lines, &signer.key).unwrap();
    assert_eq!((report.leaves, report.root), (0, empty_root()));
}

#[test]
fn leaves_without_any_checkpoint_are_not_called_proven() {
    let signer = Signer::new(SEED);
    let mut export = Export::new(&signer);
    export.leaves(3);
    let finding = verify_export(&export.lines, &signer.key).unwrap_err();
    assert_eq!(finding.kind, FindingKind::NoCheckpoint);
    assert_eq!(finding.seq, 0);
}

/// What may differ without a finding, and why that is no tampering: JSON's own white space, JSON's other spellings of
/// the same string, the stored hash left out, and signatures by keys nobody asked about.
#[test]
fn the_harmless_differences_are_these() {
    let signer = Signer::new(SEED);
    let mut export = Export::new(&signer);
    export.leaves(2);
    export.checkpoint(&signer);
    let untouched = verify_export(&export.lines, &signer.key).unwrap();
    let same = |edit: &dyn Fn(&str) -> String| {
        let lines = export.lines.iter().map(|line| edit(line));
        assert_eq!(verify_export(lines, &signer.key).as_ref(), Ok(&untouched));
    };

    same(&|line| format!(" {}\t\r", line.replace("\":\"", "\" : \"")));
    same(&|line| line.replace('/', "\\/").replace('\u{2014}', "\\u2014"));
    same(&|line| match line.split_once(",\"hash\":\"") {
        Some((leaf, rest)) => format!("{leaf},{}", &rest[46..]),
        None => line.to_owned(),
    });
    let witness = Signer::new([9; 32]).sign(&export.head());
    let cosignature = witness.split_once("\n\n").unwrap().1.replace('\n', "\\n");
    same(&|line| match line.strip_suffix("\\n\"}") {
        Some(note) => format!("{note}\\n{cosignature}\"}}"),
        None => line.to_owned(),
    });
}

#[test]
fn an_export_that_continues_what_a_witness_saw_is_proven_against_it() {
    let signer = Signer::new(SEED);
    let mut export = Export::new(&signer);
    let mut witnessed = vec![export.head()];
    export.leaves(4);
    witnessed.push(export.head());
    export.leaves(6);
    export.checkpoint(&signer);
    witnessed.push(export.head());
    assert!(verify_export_against_witness(&export.lines, &signer.key, &witnessed).is_ok());
}

proptest! {
    #[test]
    fn no_lines_make_the_verifier_panic(lines in prop::collection::vec(prop_oneof![
        any::<Vec<u8>>(),
        "\\{\"(leaf|hash|content|checkpoint)\":\"[A-Za-z+/]{0,8}\"\\}".prop_map(String::into_bytes),
    ], 0..6)) {
        let signer = Signer::new(SEED);
        let mut verifier = Verifier::new(signer.key.clone(), &[]);
        for line in &lines {
            prop_assert!(verifier.line(line).is_err());
        }
        let mut verifier = Verifier::new(signer.key.clone(), &[]);
        let header = &Export::new(&signer).lines[0];
        prop_assert!(verifier.line(header.as_bytes()).is_ok());
        for line in &lines {
            prop_assert!(verifier.line(line).is_err());
        }
        prop_assert!(verifier.finish().is_err());
    }
}
