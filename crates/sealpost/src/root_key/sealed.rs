//! A root key as it stands in a file that a key service has sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealpost_seal::RootKey;
use sealpost_seal::key::Custody;
use serde::{Deserialize, Serialize};

/// What the file begins with, so that whoever finds it knows what it is.
const WHAT: &str = "a root key, sealed";

/// What a sealed root key is for: the service opens it for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// The installation, by the origin of its ledger.
    pub(super) installation: String,
    /// The name of the root key.
    pub(super) root_key: String,
}

/// A root key that a key service has sealed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SealedRoot {
    /// Who opens it.
    pub(super) by: Custody,
    /// Under which of their keys, for whoever reads the file.
    pub(super) key: String,
    pub(super) binding: Binding,
    /// What the service made of it.
    pub(super) sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sealpost: String,
    by: String,
    key: String,
    installation: String,
    root_key: String,
    sealed: String,
}

/// It begins like a sealed root key and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed root key as `sealpost keys wrap-root` writes it")]
pub(crate) struct NotASealedRoot;

/// It was sealed for another installation.
#[derive(Debug, thiserror::Error)]
#[error("sealed for the installation {sealed_for}, and this is {here} (ledger.origin)")]
pub(crate) struct NotForHere {
    sealed_for: String,
    here: String,
}

impl SealedRoot {
    /// Reads the text of a root key file; nothing if it isn't sealed.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, NotASealedRoot> {
        if !text.trim_start().starts_with('{') {
            return Ok(None);
        }
        let written: Written = serde_json::from_str(text).map_err(|_| NotASealedRoot)?;
        let by = Custody::of(&written.by).filter(|by| *by != Custody::Clear && written.sealpost == WHAT);
        Ok(Some(Self {
            by: by.ok_or(NotASealedRoot)?,
            key: written.key,
            binding: Binding { installation: written.installation, root_key: written.root_key },
            sealed: STANDARD.decode(written.sealed).map_err(|_| NotASealedRoot)?,
        }))
    }

    /// Its text, one line.
    pub(super) fn text(&self) -> String {
        let written = Written {
            sealpost: WHAT.into(),
            by: self.by.word().into(),
            key: self.key.clone(),
            installation: self.binding.installation.clone(),
            root_key: self.binding.root_key.clone(),
            sealed: STANDARD.encode(&self.sealed),
        };
        serde_json::to_string(&written).unwrap_or_default() + "\n"
    }

    /// Refuses one that is another installation's before anybody is asked: the service would only say that it doesn't open.
    pub(super) fn expect_installation(&self, here: &str) -> Result<(), NotForHere> {
        if self.binding.installation == here {
            return Ok(());
        }
        Err(NotForHere { sealed_for: self.binding.installation.clone(), here: here.to_owned() })
    }
}

/// The name of a root key, for people to compare.
pub(super) fn named(root: &RootKey) -> String {
    root.id().0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> SealedRoot {
        SealedRoot {
            by: Custody::Vault,
            key: "sealpost".into(),
            binding: Binding { installation: "a.example/ledger".into(), root_key: "00ff".into() },
            sealed: b"vault:v1:abc".to_vec(),
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_what_is_in_clear_is_not_sealed() {
        assert_eq!(SealedRoot::parse(&one().text()).unwrap(), Some(one()));
        assert_eq!(SealedRoot::parse(&"4f".repeat(32)).unwrap(), None);
    }

    #[test]
    fn one_that_was_tampered_with_is_refused() {
        let text = one().text();
        for (from, to) in
            [("vault", "clear"), ("a root key", "b root key"), ("\"sealed\":\"", "\"sealed\":\"!"), ("}", "")]
        {
            assert!(SealedRoot::parse(&text.replacen(from, to, 1)).is_err(), "{from}");
        }
        assert!(one().expect_installation("b.example/ledger").is_err());
        assert!(one().expect_installation("a.example/ledger").is_ok());
    }
}
