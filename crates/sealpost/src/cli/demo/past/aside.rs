//! Where the past is lived through: beside the data folder, in memory if the system has a folder there. Two weeks are more than a
//! thousand commits, and each waits for the disk; and whoever interrupts them finds an empty data folder, not half a past.

use std::path::{Path, PathBuf};

use sealpost_seal::Rng;

use crate::cli::Outcome;
use crate::files;

/// A file system in memory, where there is one.
const MEMORY: &str = "/dev/shm";
/// The databases, the one that says that something has happened last.
const DATABASES: [&str; 2] = ["keys.db", "data.db"];

/// A folder of its own, gone when this is dropped.
pub(in crate::cli::demo) struct Aside(PathBuf);

impl Aside {
    /// A new folder; in the data folder if there is none in memory.
    pub(in crate::cli::demo) fn new(data: &Path, rng: &dyn Rng) -> Outcome<Self> {
        let mut name = [0; 8];
        rng.fill(&mut name);
        let name = format!(".sealpost-demo-{:016x}", u64::from_be_bytes(name));
        for within in [Path::new(MEMORY), data] {
            let folder = within.join(&name);
            if within.is_dir() && files::private_folder(&folder).is_ok() {
                return Ok(Self(folder));
            }
        }
        Err(anyhow::anyhow!("{}: no folder can be made in it", data.display()).into())
    }

    pub(in crate::cli::demo) fn path(&self) -> &Path {
        &self.0
    }

    /// Brings the databases into the data folder.
    pub(in crate::cli::demo) fn bring_into(&self, data: &Path) -> Outcome {
        bring(&self.0, data)
    }
}

/// Brings the databases from one folder into another. Nobody may write to them any more; that they are still open does no harm: the
/// log is read before the file that it is copied into, so whatever is missing or half there is in the log.
pub(super) fn bring(from: &Path, data: &Path) -> Outcome {
    for database in DATABASES {
        let log = format!("{database}-wal");
        let (lines, file) = (read(&from.join(&log))?, read(&from.join(database))?);
        files::write_private(&data.join(log), &lines)?;
        files::write_private(&data.join(database), &file)?;
    }
    Ok(())
}

/// What is in a file; nothing if there is none.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::SystemRng;

    #[test]
    fn it_is_private_and_gone_afterwards() {
        let data = tempfile::tempdir().unwrap();
        let aside = Aside::new(data.path(), &SystemRng).unwrap();
        let path = aside.path().to_owned();
        assert_eq!(files::mode(&path), Some(0o700));
        std::fs::write(path.join("data.db"), b"one").unwrap();
        aside.bring_into(data.path()).unwrap();
        assert_eq!(std::fs::read(data.path().join("data.db")).unwrap(), b"one");
        drop(aside);
        assert!(!path.exists());
    }
}
