//! Files that only their owner may read, written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder that only its owner may enter; one that is there keeps its mode.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file of mode 0600, replacing what is there.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    write(&fresh, content, 0o600, true)?;
    fs::rename(&fresh, path)
}

/// Writes a file of this mode; one that is there is an error.
pub(crate) fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    write(path, content, mode, false)
}

fn write(path: &Path, content: &[u8], mode: u32, replace: bool) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(replace).truncate(replace).create_new(!replace);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    // A new name is durable once its folder is.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => fs::File::open(".")?.sync_all(),
    }
}

/// The mode's permission bits; `None` where there are none.
pub(crate) fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    return fs::metadata(path)
        .ok()
        .map(|metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777);
    #[cfg(not(unix))]
    return None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_readable_by_its_owner_only_and_a_new_one_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), Some(0o600)));
        assert!(write_new(&path, b"three", 0o600).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
