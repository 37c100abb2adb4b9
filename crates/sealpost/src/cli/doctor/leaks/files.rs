//! Raw files: the databases, their write-ahead logs, keys, logs, and what lies about in the folder for temporary files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sealpost_store::Time;

use super::Look;
use crate::needles::Needles;

/// Read at once. What is longer is read piece by piece.
const PIECE: usize = 1 << 20;
/// A temporary file that is larger than this is none of ours.
const LARGEST_TEMPORARY: u64 = 256 << 20;

/// Everything in the data folder.
pub(super) fn data(folder: &Path, needles: &Needles, when: &str) -> Look {
    let mut look = Look::at(format!("files of the data folder{when}"));
    if !folder.is_dir() {
        look.note = Some(format!("{} is not on this host", folder.display()));
        return look;
    }
    let mut unread = 0;
    for path in below(folder) {
        if !file(&path, needles, &mut look) {
            unread += 1;
        }
    }
    look.note = (unread > 0).then(|| format!("{unread} can't be read by this user"));
    look
}

/// Files for temporary use that belong to this user and were written since then: what lay there before is nobody's of this run.
pub(super) fn temporary(since: Time, needles: &Needles, when: &str) -> Look {
    let mut look = Look::at(format!("temporary files{when}"));
    let own = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let Ok(about) = entry.metadata() else { continue };
        let is_own = std::os::unix::fs::MetadataExt::uid(&about) == own;
        let is_new = std::os::unix::fs::MetadataExt::mtime(&about) >= since.unix_seconds();
        if about.is_file() && is_own && is_new && about.len() <= LARGEST_TEMPORARY {
            file(&entry.path(), needles, &mut look);
        }
    }
    look
}

/// Every file below a folder; links lead nowhere.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

/// Looks through a file; false if it can't be read.
fn file(path: &Path, needles: &Needles, look: &mut Look) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    look.looked_at += 1;
    let (mut piece, mut found) = (Vec::with_capacity(2 * PIECE), Vec::new());
    loop {
        let before = piece.len();
        match (&mut file).take(PIECE as u64).read_to_end(&mut piece) {
            Ok(_) if piece.len() == before => break,
            Ok(_) => {}
            Err(_) => return false,
        }
        found.extend(needles.found_in(&piece).into_iter().map(str::to_owned));
        // What begins in this piece and ends in the next is found there.
        let done = piece.len().saturating_sub(needles.longest());
        piece.drain(..done);
    }
    found.sort();
    found.dedup();
    look.leaks.extend(found.into_iter().map(|form| format!("{}: {form}", path.display())));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_wherever_it_stands_in_a_large_file() {
        let (folder, needles) = (tempfile::tempdir().unwrap(), Needles::of([("name", "qzxwombat")]));
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        for (at, found) in [(0, 1), (PIECE - 4, 1), (PIECE, 1), (2 * PIECE + 17, 1)] {
            let mut bytes = vec![b'.'; 3 * PIECE];
            bytes[at..at + 9].copy_from_slice(b"QzxWombat");
            std::fs::write(below.join("large"), &bytes).unwrap();
            let look = data(folder.path(), &needles, "");
            assert_eq!((look.looked_at, look.leaks.len()), (1, found), "at {at}: {:?}", look.leaks);
        }
        std::fs::write(below.join("large"), vec![b'.'; 100]).unwrap();
        assert!(data(folder.path(), &needles, "").leaks.is_empty());
        assert!(data(&folder.path().join("nowhere"), &needles, "").note.is_some());
    }
}
