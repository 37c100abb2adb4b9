//! A witness: somebody who keeps checkpoints and never gives one back.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sealpost_ledger::export::checkpoint_line;
use sealpost_store::OrgId;

/// Keeps checkpoints in a folder: one file for each organisation, `<org>.checkpoints`, a line of JSON for each checkpoint, only
/// ever appended to and synced before it counts.
pub struct WitnessFolder {
    folder: PathBuf,
    files: Mutex<HashMap<OrgId, Kept>>,
}

struct Kept {
    file: File,
    /// The largest size kept since this process opened the file.
    size: u64,
    last_line: Vec<u8>,
}

impl WitnessFolder {
    /// A witness in this folder, which is made if it isn't there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), files: Mutex::default() })
    }

    /// The file of this organisation.
    pub fn path(&self, org: OrgId) -> PathBuf {
        self.folder.join(format!("{org}.checkpoints"))
    }

    /// Keeps a signed note that covers `size` leaves. Keeping the last one again does nothing; one that covers less than
    /// another kept before is kept, too: it is the evidence, and [`verify`](crate::audit::verify) will say of what.
    pub fn keep(&self, org: OrgId, size: u64, note: &str) -> io::Result<()> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if !files.contains_key(&org) {
            files.insert(org, Kept::open(&self.path(org), &self.folder)?);
        }
        let Some(kept) = files.get_mut(&org) else { return Ok(()) };
        if size < kept.size {
            tracing::error!(org = %org, size, witnessed = kept.size, "ledger.rolled_back");
        }
        let outcome = kept.append(size, note);
        if outcome.is_err() {
            // Whatever is at the end of the file now, it is looked at afresh the next time.
            files.remove(&org);
        }
        outcome
    }
}

impl Kept {
    fn open(path: &Path, folder: &Path) -> io::Result<Self> {
        let is_new = !path.exists();
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // A line without its end was being written when the machine stopped: it never counted.
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        file.set_len(complete as u64)?;
        file.seek(SeekFrom::Start(complete as u64))?;
        if is_new {
            sync_folder(folder)?;
        }
        let lines = bytes[..complete].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let last_line = lines.last().map(<[u8]>::to_vec).unwrap_or_default();
        Ok(Self { file, size: 0, last_line })
    }

    fn append(&mut self, size: u64, note: &str) -> io::Result<()> {
        let line = checkpoint_line(note);
        if line.as_bytes() != self.last_line {
            self.file.write_all(format!("{line}\n").as_bytes())?;
            self.file.sync_data()?;
            self.last_line = line.into_bytes();
        }
        self.size = self.size.max(size);
        Ok(())
    }
}

/// A new file is there after a power cut only once its folder says so.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
