//! The demo's data folder: root key, configuration, key of the API, how to reach it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sealpost_seal::{Rng, RootKey};

use crate::api::Profile;
use crate::files;

/// What `sealpost --config sealpost-data/sealpost.toml serve` would serve the same folder with.
const CONFIG: &str = r#"# Written by `sealpost demo`. Paths are relative to this file.

[storage]
folder = "."

[keys]
root = { file = "root.key" }

[ledger]
origin = "localhost/sealpost-demo"

[egress]
loopback = true
authorities = ["tls/ca.pem"]
"#;

/// Where everything is.
pub(super) struct Folder {
    pub(super) data: PathBuf,
    pub(super) root: PathBuf,
    pub(super) config: PathBuf,
    /// The test key of the API.
    pub(super) key: PathBuf,
    /// The certificate of the local authority.
    pub(super) authority: PathBuf,
    /// How the clinic's system listens that goes on hearing of messages.
    pub(super) hook: PathBuf,
    /// Whether nothing has happened in it yet.
    pub(super) is_new: bool,
    profile: PathBuf,
}

impl Folder {
    /// The folder, with a root key of its own; what is there already is left as it is.
    pub(super) fn prepare(data: &Path, rng: &dyn Rng) -> Result<Self> {
        files::private_folder(data).with_context(|| data.display().to_string())?;
        let folder = Self {
            root: data.join("root.key"),
            config: data.join("sealpost.toml"),
            key: data.join("test.key"),
            authority: data.join("tls").join("ca.pem"),
            hook: data.join("ward-system.key"),
            is_new: !data.join("data.db").exists(),
            profile: data.join("client.toml"),
            data: data.to_path_buf(),
        };
        if !folder.root.exists() {
            anyhow::ensure!(
                folder.is_new,
                "{} holds data, and the root key it was sealed with is gone: name another folder with --data",
                data.display()
            );
            files::write_new(&folder.root, RootKey::generate(rng).to_file_text().as_bytes(), 0o600)?;
        }
        if !folder.config.exists() {
            files::write_new(&folder.config, CONFIG.as_bytes(), 0o600)?;
        }
        Ok(folder)
    }

    /// Saves how to reach the API, for `sealpost send` and its siblings.
    pub(super) fn save_profile(&self, url: &str) -> Result<()> {
        let relative = |path: &Path| path.strip_prefix(&self.data).unwrap_or(path).to_path_buf();
        let profile =
            Profile { url: Some(url.into()), key_file: Some(relative(&self.key)), ca: Some(relative(&self.authority)) };
        Ok(profile.write(&self.profile)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::SystemRng;

    #[test]
    fn a_second_time_the_same_root_key_is_used_and_data_without_one_is_not_touched() {
        let temporary = tempfile::tempdir().unwrap();
        let data = temporary.path().join("data");
        let folder = Folder::prepare(&data, &SystemRng).unwrap();
        let first = std::fs::read(&folder.root).unwrap();
        assert_eq!(files::mode(&folder.root), Some(0o600));
        assert_eq!(std::fs::read(Folder::prepare(&data, &SystemRng).unwrap().root).unwrap(), first);
        std::fs::write(data.join("data.db"), b"").unwrap();
        std::fs::remove_file(&folder.root).unwrap();
        assert!(Folder::prepare(&data, &SystemRng).is_err());
    }

    #[test]
    fn the_configuration_it_writes_is_right() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(temporary.path(), &SystemRng).unwrap();
        let loaded = crate::config::load(Some(&folder.config), &Default::default(), &Default::default()).unwrap();
        assert_eq!(loaded.config.storage.folder.relative(), temporary.path().join("."));
    }
}
