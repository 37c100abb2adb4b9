//! What a disk holds: every file as its last sync left it, and what was written since and may be lost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chance::Chance;

/// The unit a disk writes whole; a write of several may arrive in part.
const SECTOR: usize = 512;

/// One folder on a disk whose power can be cut.
pub(crate) struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

/// The call failed: the power is off.
#[derive(Debug)]
pub(crate) struct PowerIsOff;

/// What changes a disk; the call during which the power goes is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Create,
    Write,
    Truncate,
    Sync,
    Delete,
}

/// When the power goes.
#[derive(Clone, Copy)]
pub(crate) enum Moment {
    /// At the call of this number.
    Call(u64),
    /// At the call of this number among those of one kind for files whose names end so.
    CallFor(Call, &'static str, u64),
}

/// What is left after a power cut.
pub(crate) struct Remains {
    /// Name to contents.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The call that was under way, and the file it was for; nothing if the disk was idle.
    pub(crate) during: Option<(Call, String)>,
}

struct State {
    files: Vec<File>,
    /// The directory as programs see it, and as its last sync left it.
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    calls: u64,
    moment: Moment,
    chance: Chance,
    /// Set for good once the power is gone; what is left is handed out once.
    off: bool,
    remains: Option<Remains>,
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

/// How much of what was not synced reaches the disk nevertheless. All of these happen: disks and file systems write back
/// when and in what order they like.
#[derive(Clone, Copy)]
enum Luck {
    /// Nothing.
    None,
    /// Everything.
    All,
    /// The first changes, the last of them in part.
    Prefix,
    /// Any sectors of any changes.
    Sectors,
}

impl Disk {
    /// The folder with what is in it, all of it synced.
    pub(crate) fn new(folder: &Path, moment: Moment, chance: Chance) -> Self {
        let mut files = Vec::new();
        let mut names = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            names.insert(entry.file_name().into_string().unwrap(), files.len());
            files.push(File { synced: std::fs::read(entry.path()).unwrap(), unsynced: Vec::new() });
        }
        let synced_names = names.clone();
        let state = State { files, names, synced_names, calls: 0, moment, chance, off: false, remains: None };
        Self { folder: folder.to_owned(), state: Mutex::new(state) }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many calls have changed it.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    pub(crate) fn power_is_off(&self) -> bool {
        self.state().off
    }

    /// Cuts the power now, unless that has happened, and answers what is left.
    pub(crate) fn cut(&self) -> Remains {
        let mut state = self.state();
        if !state.off {
            state.cut(None);
        }
        state.remains.take().unwrap()
    }

    pub(crate) fn create(&self, name: &str) -> Result<(), PowerIsOff> {
        self.state().call(Call::Create, name, |state| {
            if !state.names.contains_key(name) {
                state.names.insert(name.to_owned(), state.files.len());
                state.files.push(File::default());
            }
        })
    }

    pub(crate) fn write(&self, name: &str, at: usize, bytes: &[u8]) -> Result<(), PowerIsOff> {
        let bytes = bytes.to_vec();
        self.state().call(Call::Write, name, |state| state.file(name).unsynced.push(Change::Write { at, bytes }))
    }

    pub(crate) fn truncate(&self, name: &str, length: usize) -> Result<(), PowerIsOff> {
        self.state().call(Call::Truncate, name, |state| state.file(name).unsynced.push(Change::Truncate(length)))
    }

    /// `fsync` of the file, and of its directory if asked.
    pub(crate) fn sync(&self, name: &str, directory: bool) -> Result<(), PowerIsOff> {
        let mut state = self.state();
        // Before its effect: a sync during which the power goes has promised nothing.
        state.call(Call::Sync, name, |_| {})?;
        let file = state.file(name);
        for change in std::mem::take(&mut file.unsynced) {
            change.apply(&mut file.synced);
        }
        if directory {
            state.synced_names = state.names.clone();
        }
        Ok(())
    }

    /// Removes the file from its directory, and syncs that if asked.
    pub(crate) fn delete(&self, name: &str, directory: bool) -> Result<(), PowerIsOff> {
        let mut state = self.state();
        state.call(Call::Delete, name, |state| {
            state.names.remove(name);
        })?;
        if directory {
            state.synced_names = state.names.clone();
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a call, lets it happen, and cuts the power if this was the one.
    fn call(&mut self, call: Call, name: &str, happen: impl FnOnce(&mut Self)) -> Result<(), PowerIsOff> {
        if self.off {
            return Err(PowerIsOff);
        }
        self.calls += 1;
        happen(self);
        if self.is_the_moment(call, name) {
            self.cut(Some((call, name.to_owned())));
            return Err(PowerIsOff);
        }
        Ok(())
    }

    fn is_the_moment(&mut self, call: Call, name: &str) -> bool {
        match &mut self.moment {
            Moment::Call(number) => self.calls >= *number,
            Moment::CallFor(kind, ending, left) => {
                *left -= u64::from(*kind == call && name.ends_with(*ending));
                *left == 0
            }
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        let index = self.names[name];
        &mut self.files[index]
    }

    fn cut(&mut self, during: Option<(Call, String)>) {
        let luck = *self.chance.pick(&[Luck::None, Luck::All, Luck::Prefix, Luck::Sectors]);
        let mut files = BTreeMap::new();
        let names: std::collections::BTreeSet<&String> = self.names.keys().chain(self.synced_names.keys()).collect();
        for name in names {
            let as_seen = match luck {
                Luck::None => false,
                Luck::All => true,
                Luck::Prefix | Luck::Sectors => self.chance.coin(),
            };
            let directory = if as_seen { &self.names } else { &self.synced_names };
            if let Some(&index) = directory.get(name) {
                files.insert(name.clone(), self.files[index].survivors(luck, &self.chance));
            }
        }
        self.off = true;
        self.remains = Some(Remains { files, during });
    }
}

impl File {
    fn survivors(&self, luck: Luck, chance: &Chance) -> Vec<u8> {
        let mut contents = self.synced.clone();
        let count = self.unsynced.len();
        let whole = match luck {
            Luck::None | Luck::Sectors => 0,
            Luck::All => count,
            Luck::Prefix => chance.below(count as u64 + 1) as usize,
        };
        for change in &self.unsynced[..whole] {
            change.clone().apply(&mut contents);
        }
        match luck {
            Luck::Prefix => {
                if let Some(Change::Write { at, bytes }) = self.unsynced.get(whole) {
                    let arrived = chance.below(bytes.len() as u64) as usize;
                    Change::Write { at: *at, bytes: bytes[..arrived].to_vec() }.apply(&mut contents);
                }
            }
            Luck::Sectors => {
                for change in &self.unsynced {
                    change.apply_in_part(&mut contents, chance);
                }
            }
            Luck::None | Luck::All => {}
        }
        contents
    }
}

impl Change {
    fn apply(self, contents: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                if bytes.is_empty() {
                    return;
                }
                let end = at + bytes.len();
                if contents.len() < end {
                    contents.resize(end, 0);
                }
                contents[at..end].copy_from_slice(&bytes);
            }
            Self::Truncate(length) => contents.resize(length, 0),
        }
    }

    fn apply_in_part(&self, contents: &mut Vec<u8>, chance: &Chance) {
        match self {
            Self::Write { at, bytes } => {
                let mut from = 0;
                while from < bytes.len() {
                    let to = bytes.len().min((at + from) / SECTOR * SECTOR + SECTOR - at);
                    if chance.coin() {
                        Self::Write { at: at + from, bytes: bytes[from..to].to_vec() }.apply(contents);
                    }
                    from = to;
                }
            }
            Self::Truncate(_) if chance.coin() => self.clone().apply(contents),
            Self::Truncate(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(seed: u64) -> (tempfile::TempDir, Disk) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path(), Moment::Call(u64::MAX), Chance::new(seed));
        (folder, disk)
    }

    #[test]
    fn what_was_synced_survives_every_cut() {
        for seed in 0..64 {
            let (_folder, disk) = disk(seed);
            disk.create("a").unwrap();
            disk.write("a", 0, &[1; 2000]).unwrap();
            disk.sync("a", true).unwrap();
            disk.write("a", 2000, &[2; 2000]).unwrap();
            let remains = disk.cut();
            assert_eq!(&remains.files["a"][..2000], &[1; 2000]);
        }
    }

    #[test]
    fn what_was_not_synced_is_sometimes_lost_sometimes_torn_and_sometimes_there() {
        let mut seen = [false; 3];
        for seed in 0..64 {
            let (_folder, disk) = disk(seed);
            disk.create("a").unwrap();
            disk.sync("a", true).unwrap();
            disk.write("a", 0, &[1; 2000]).unwrap();
            let ones = disk.cut().files["a"].iter().filter(|byte| **byte == 1).count();
            seen[match ones {
                0 => 0,
                2000 => 2,
                _ => 1,
            }] = true;
        }
        assert_eq!(seen, [true; 3]);
    }

    #[test]
    fn a_name_whose_directory_was_not_synced_may_be_missing_or_back() {
        let (mut missing, mut back) = (false, false);
        for seed in 0..64 {
            let (_folder, disk) = disk(seed);
            disk.create("old").unwrap();
            disk.sync("old", true).unwrap();
            disk.create("new").unwrap();
            disk.sync("new", false).unwrap();
            disk.delete("old", false).unwrap();
            let files = disk.cut().files;
            missing |= !files.contains_key("new");
            back |= files.contains_key("old");
        }
        assert!(missing && back);
    }

    #[test]
    fn after_the_cut_nothing_changes() {
        let (_folder, disk) = disk(1);
        disk.create("a").unwrap();
        let remains = {
            let mut state = disk.state();
            state.moment = Moment::Call(2);
            drop(state);
            disk.write("a", 0, &[1]).unwrap_err();
            disk.sync("a", true).unwrap_err();
            disk.cut()
        };
        assert_eq!(remains.during, Some((Call::Write, "a".into())));
    }
}
