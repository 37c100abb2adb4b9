//! Whatever is done to an export is found, and the right leaf is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sealpost_ledger::{
    Action, Actor, CheckpointError, Environment, Finding, FindingKind, Leaf, LeafResult, Reason, Target, TargetKind,
    content_hash, export, leaf_hash, verify_export, verify_export_against_witness,
};
use support::{Export, ORIGIN, SEED, Signer, content, leaf};

/// The lines of [`sealed`]: header, leaves 0–2, checkpoint, leaves 3–5 (4 is pruned), checkpoint.
const LEAF_LINES: [usize; 6] = [1, 2, 3, 5, 6, 7];
const CHECKPOINT_LINES: [usize; 2] = [4, 8];

fn signer() -> Signer {
    Signer::new(SEED)
}

fn sealed() -> Export {
    let mut export = Export::new(&signer());
    export.leaves(3);
    export.checkpoint(&signer());
    export.leaves(4);
    export.leaf(&leaf(4), None);
    export.leaves(6);
    export.checkpoint(&signer());
    export
}

fn finding<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Finding {
    verify_export(lines, &signer().key).expect_err("this was tampered with")
}

fn rewritten(claimed: u64) -> FindingKind {
    FindingKind::Rewritten { claimed }
}

/// The export with one leaf changed and everything an attacker can recompute recomputed.
fn with_leaf(seq: u64, change: impl Fn(&mut Leaf)) -> Vec<String> {
    let mut lines = sealed().lines;
    let mut changed = leaf(seq);
    change(&mut changed);
    assert_ne!(changed, leaf(seq));
    let bytes = changed.encode();
    lines[LEAF_LINES[usize::try_from(seq).unwrap()]] = export::leaf_line(&bytes, &leaf_hash(&bytes), None);
    lines
}

#[test]
fn every_flipped_bit_is_found_on_its_line_and_leaf() {
    let lines = sealed().lines;
    assert!(verify_export(&lines, &signer().key).is_ok());
    let text = lines.join("\n").into_bytes();
    let (mut line, mut flips) = (0, 0);
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut flipped = text.clone();
            flipped[at] ^= 1 << bit;
            let found = finding(flipped.split(|byte| *byte == b'\n'));
            let place = format!("bit {bit} of byte {at}, line {line}: {found}");
            // A flip in the header's origin shows at the first checkpoint, which names the log too.
            if line > 0 {
                assert_eq!(found.line, line as u64 + 1, "{place}");
            }
            if let Some(seq) = LEAF_LINES.iter().position(|leaf| *leaf == line) {
                assert_eq!(found.seq, seq as u64, "{place}");
            }
            flips += 1;
        }
        line += usize::from(text[at] == b'\n');
    }
    assert_eq!(flips, text.len() * 8);
}

#[test]
fn a_leaf_edited_beside_its_stored_hash_is_named() {
    for seq in 0..6 {
        let mut edited = leaf(seq);
        edited.result = LeafResult::Ok;
        let mut lines = sealed().lines;
        let stored = leaf_hash(&leaf(seq).encode());
        lines[LEAF_LINES[usize::try_from(seq).unwrap()]] = export::leaf_line(&edited.encode(), &stored, None);
        let found = finding(lines);
        assert_eq!((found.seq, found.kind), (seq, FindingKind::Edited));
    }
}

#[test]
fn every_field_edited_with_all_hashes_recomputed_is_found_by_the_next_checkpoint() {
    let edits: [(&str, fn(&mut Leaf)); 13] = [
        ("time", |leaf| leaf.at_ms += 1),
        ("actor kind", |leaf| leaf.actor.kind += 1),
        ("actor id", |leaf| leaf.actor.id[0] ^= 1),
        ("actor", |leaf| {
            leaf.actor = Actor { kind: 9, id: [9; 16] };
        }),
        ("action", |leaf| {
            leaf.action = Action::from_static("endpoint.delete");
        }),
        ("target kind", |leaf| {
            leaf.target.as_mut().unwrap().kind = TargetKind::from_static("contact");
        }),
        ("target id", |leaf| {
            leaf.target.as_mut().unwrap().id[15] ^= 1;
        }),
        ("target removed", |leaf| leaf.target = None::<Target>),
        ("result", |leaf| leaf.result = LeafResult::Ok),
        ("reason", |leaf| {
            leaf.reason = Some(Reason::from_static("other"));
        }),
        ("request", |leaf| leaf.request[7] ^= 1),
        ("environment", |leaf| leaf.environment = Environment::Test),
        ("content", |leaf| leaf.content = content_hash(b"another")),
    ];
    for (field, edit) in edits {
        for (seq, sealed_before, claimed) in [(0, 0, 3), (2, 0, 3), (3, 3, 6), (5, 3, 6)] {
            let found = finding(with_leaf(seq, edit));
            let expected = (sealed_before, rewritten(claimed));
            assert_eq!((found.seq, found.kind), expected, "{field} of {seq}");
        }
    }
    let found = finding(with_leaf(4, |leaf| leaf.org[0] ^= 1));
    assert_eq!((found.seq, found.kind), (4, FindingKind::OtherOrganisation));
    let found = finding(with_leaf(0, |leaf| leaf.org[0] ^= 1));
    assert_eq!(
        (found.seq, found.kind),
        (1, FindingKind::OtherOrganisation),
        "the first leaf says whose ledger it is until the next contradicts it"
    );
}

#[test]
fn a_dropped_leaf_is_named() {
    for (seq, line) in LEAF_LINES.into_iter().enumerate() {
        let mut lines = sealed().lines;
        lines.remove(line);
        let found = finding(lines);
        let kind = match seq {
            // Dropped right before a checkpoint, it is the checkpoint that misses it.
            2 => FindingKind::CutOff { claimed: 3 },
            5 => FindingKind::CutOff { claimed: 6 },
            _ => FindingKind::Missing { found: seq as u64 + 1 },
        };
        assert_eq!((found.seq, found.kind), (seq as u64, kind));
    }
}

#[test]
fn a_repeated_leaf_is_named() {
    for (seq, line) in LEAF_LINES.into_iter().enumerate() {
        let mut lines = sealed().lines;
        lines.insert(line, lines[line].clone());
        let (found, seq) = (finding(lines), seq as u64);
        let kind = FindingKind::OutOfOrder { found: seq };
        assert_eq!((found.seq, found.kind), (seq + 1, kind));
    }
}

#[test]
fn an_inserted_leaf_is_found_even_when_all_later_ones_are_renumbered() {
    for place in 0..=6 {
        let mut forged = Export::new(&signer());
        let honest = sealed();
        for seq in 0..7 {
            let mut next = leaf(if seq <= place { seq } else { seq - 1 });
            next.seq = seq;
            if seq == place {
                next.action = Action::from_static("inserted");
            }
            forged.leaf(&next, None);
            if seq == 2 {
                forged.lines.push(honest.lines[4].clone());
            }
        }
        forged.lines.push(honest.lines[8].clone());
        let found = finding(forged.lines);
        let expected = match place {
            0..=2 => (0, rewritten(3)),
            _ => (3, FindingKind::Misplaced { claimed: 6 }),
        };
        assert_eq!((found.seq, found.kind), expected, "{place}");
    }
}

#[test]
fn two_leaves_exchanged_are_found_as_they_are_and_renumbered() {
    let mut lines = sealed().lines;
    lines.swap(2, 3);
    let found = finding(lines);
    assert_eq!((found.seq, found.kind), (1, FindingKind::Missing { found: 2 }));

    let mut forged = Export::new(&signer());
    for (seq, original) in [(0, 0), (1, 2), (2, 1)] {
        let mut moved = leaf(original);
        moved.seq = seq;
        forged.leaf(&moved, None);
    }
    forged.lines.push(sealed().lines[4].clone());
    let found = finding(forged.lines);
    assert_eq!((found.seq, found.kind), (0, rewritten(3)));
}

#[test]
fn a_cut_off_end_is_found_while_its_checkpoint_is_there() {
    let mut lines = sealed().lines;
    lines.drain(6..8);
    let found = finding(lines);
    assert_eq!((found.seq, found.kind), (4, FindingKind::CutOff { claimed: 6 }));
}

#[test]
fn an_end_cut_off_at_any_line_is_found_by_a_witness() {
    let export = sealed();
    for len in 0..export.lines.len() - 1 {
        let found = verify_export_against_witness(&export.lines[..len], &signer().key, &[export.head()]).unwrap_err();
        let leaves = LEAF_LINES.iter().filter(|line| **line < len).count() as u64;
        let expected = match len {
            0 => FindingKind::NotAnExport,
            _ => FindingKind::RolledBack { witnessed: 6 },
        };
        assert_eq!((found.seq, found.kind), (leaves, expected), "{len} lines");
    }
}

#[test]
fn an_old_copy_signed_with_the_right_key_is_found_by_a_witness_only() {
    let old = &sealed().lines[..5];
    assert!(verify_export(old, &signer().key).is_ok());
    let found = verify_export_against_witness(old, &signer().key, &[sealed().head()]).unwrap_err();
    assert_eq!(found.kind, FindingKind::RolledBack { witnessed: 6 });
}

#[test]
fn a_second_history_signed_with_the_right_key_is_found_by_a_witness_only() {
    let mut fork = Export::new(&signer());
    fork.leaves(4);
    let mut other = leaf(4);
    other.result = LeafResult::Ok;
    fork.leaf(&other, None);
    fork.leaves(8);
    fork.checkpoint(&signer());
    assert!(verify_export(&fork.lines, &signer().key).is_ok());

    let found = verify_export_against_witness(&fork.lines, &signer().key, &[sealed().head()]).unwrap_err();
    assert_eq!(found.kind, FindingKind::Forked { witnessed: 6 });
}

#[test]
fn a_checkpoint_of_a_fork_among_honest_leaves_is_found() {
    let mut fork = Export::new(&signer());
    fork.leaves(5);
    let mut other = leaf(5);
    other.result = LeafResult::Ok;
    fork.leaf(&other, None);
    fork.checkpoint(&signer());

    let mut lines = sealed().lines;
    lines[8] = fork.lines.pop().unwrap();
    let found = finding(lines);
    assert_eq!((found.seq, found.kind), (3, rewritten(6)));
}

#[test]
fn a_history_signed_again_by_another_key_is_found() {
    let other = Signer::new([9; 32]);
    let mut resigned = Export::new(&other);
    resigned.leaves(6);
    resigned.checkpoint(&other);
    let found = finding(&resigned.lines);
    assert_eq!(found.kind, FindingKind::NamesOtherKey);

    resigned.lines[0] = export::header_line(ORIGIN, &signer().key);
    let found = finding(&resigned.lines);
    assert_eq!(found.kind, FindingKind::Checkpoint(CheckpointError::OtherKey));
}

#[test]
fn another_ledger_of_the_same_key_does_not_pass_for_this_one() {
    let mut lines = sealed().lines;
    lines[0] = export::header_line("sealpost.example/ledger/other", &signer().key);
    assert_eq!(finding(lines).kind, FindingKind::OtherLog);

    let elsewhere = sealpost_ledger::Checkpoint::new("sealpost.example/ledger/other", 6, sealed().tree.root()).unwrap();
    let found = verify_export_against_witness(sealed().lines, &signer().key, &[elsewhere]).unwrap_err();
    assert_eq!(found.kind, FindingKind::OtherLog);
}

#[test]
fn a_moved_checkpoint_is_found() {
    for (from, to, kind) in [
        (4, 3, FindingKind::CutOff { claimed: 3 }),
        (4, 5, FindingKind::Misplaced { claimed: 3 }),
        (8, 4, FindingKind::CutOff { claimed: 6 }),
    ] {
        let mut lines = sealed().lines;
        let moved = lines.remove(from);
        lines.insert(to, moved);
        assert_eq!(finding(lines).kind, kind, "{from} to {to}");
    }
}

#[test]
fn content_exchanged_changed_or_invented_is_named() {
    let with_content = |seq: u64, content: &[u8]| {
        let mut lines = sealed().lines;
        let bytes = leaf(seq).encode();
        lines[LEAF_LINES[usize::try_from(seq).unwrap()]] = export::leaf_line(&bytes, &leaf_hash(&bytes), Some(content));
        lines
    };
    for (seq, other) in [(0, content(1)), (4, b"invented".to_vec()), (5, Vec::new())] {
        let found = finding(with_content(seq, &other));
        assert_eq!((found.seq, found.kind), (seq, FindingKind::ContentChanged));
    }
    let restored = with_content(4, &content(4));
    let report = verify_export(restored, &signer().key).unwrap();
    assert_eq!(report.pruned_contents, 0);
}

#[test]
fn lines_that_say_something_else_are_found() {
    let honest = sealed().lines;
    let second = |line: &str| {
        let mut lines = honest.clone();
        lines.insert(2, line.to_owned());
        finding(lines).kind
    };
    let (a_leaf, a_checkpoint) = (&honest[1], &honest[4]);
    for line in [
        "",
        "null",
        "{}",
        "[]",
        &honest[0],
        &a_leaf.replace("\"hash\"", "\"note\""),
        &a_leaf.replacen('{', "{\"leaf\":\"\",", 1),
        &a_leaf.replacen('{', "{\"checkpoint\":\"\",", 1),
        &a_checkpoint.replacen('{', "{\"content\":\"\",", 1),
        &format!("{a_leaf}{a_leaf}"),
    ] {
        assert_eq!(second(line), FindingKind::Unreadable, "{line:?}");
    }
    let version_2 = honest[0].replace("export/1", "export/2");
    assert_eq!(finding([version_2]).kind, FindingKind::NotAnExport);
    let extended = honest[0].replacen('{', "{\"more\":1,", 1);
    assert_eq!(finding([extended]).kind, FindingKind::NotAnExport);
}

#[test]
fn a_finding_reads_like_a_sentence() {
    assert_eq!(
        finding(with_leaf(4, |leaf| leaf.at_ms = 0)).to_string(),
        "line 9, leaf 3: from this leaf to the signed checkpoint over 6 leaves, one or more were rewritten"
    );
    let mut lines = sealed().lines;
    lines.remove(CHECKPOINT_LINES[0] - 2);
    assert_eq!(finding(lines).to_string(), "line 3, leaf 1: this leaf is missing: number 2 stands in its place");
}
