//! Where a secret is, never what it is.

use std::path::{Path, PathBuf};

use figment::value::magic::RelativePathBuf;
use sealpost_seal::SecretText;
use serde::{Deserialize, Serialize};

use super::Environment;

/// The most bytes of a secret's file that are read.
const MOST: u64 = 64 * 1024;

/// `{ file = "…" }` or `{ env = "…" }`. A relative path is relative to the file that says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Declared")]
pub(crate) enum SecretSource {
    /// The content of a file, without the line end.
    #[serde(rename = "file")]
    File(RelativePathBuf),
    /// The value of an environment variable.
    #[serde(rename = "env")]
    Env(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "the place of a secret, not the secret itself")]
struct Declared {
    file: Option<RelativePathBuf>,
    env: Option<String>,
}

impl TryFrom<Declared> for SecretSource {
    type Error = &'static str;

    fn try_from(declared: Declared) -> Result<Self, Self::Error> {
        match declared {
            Declared { file: Some(path), env: None } => Ok(Self::File(path)),
            Declared { file: None, env: Some(name) } => Ok(Self::Env(name)),
            _ => Err("a secret is named by either `file` or `env`"),
        }
    }
}

/// A secret could not be read. Never carries any of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The file could not be read.
    #[error("{path} can't be read", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no text, or more than 64 KiB.
    #[error("{path} is not a text of at most 64 KiB", path = .0.display())]
    NotText(PathBuf),
    /// The variable isn't set.
    #[error("the environment variable {0} is not set")]
    Unset(String),
}

impl SecretSource {
    #[cfg(test)]
    pub(crate) fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(RelativePathBuf::from(path.into()))
    }

    /// Reads it.
    pub(crate) fn read(&self, environment: &Environment) -> Result<SecretText, SecretError> {
        match self {
            Self::File(path) => read_file(&path.relative()),
            Self::Env(name) => environment
                .get(name)
                .map(|text| SecretText::new(text.to_owned()))
                .ok_or(SecretError::Unset(name.clone())),
        }
    }

    /// The file it is in, if it is in one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.relative()),
            Self::Env(_) => None,
        }
    }
}

/// The text of a secret's file, without the line end.
pub(crate) fn read_file(path: &Path) -> Result<SecretText, SecretError> {
    use std::io::Read;
    let failed = |source| SecretError::File { path: path.into(), source };
    // With room for all of it at once: a reallocation would leave a copy behind.
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
    std::fs::File::open(path).map_err(failed)?.take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() as u64 <= MOST);
    text.map(|text| SecretText::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        .ok_or_else(|| SecretError::NotText(path.into()))
}
