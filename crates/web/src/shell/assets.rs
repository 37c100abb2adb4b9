//! The style sheet and the script: in the binary, under names that change with their content, so that a browser may keep them
//! for ever.

use hyper::body::Bytes;
use sealpost_seal::key::sha256;

const STYLE: &str = include_str!("assets/app.css");
const SCRIPT: &str = include_str!("assets/app.js");

/// One file.
pub(crate) struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const ALL: [Asset; 2] = [
    Asset { name: "app.css", media_type: "text/css; charset=utf-8", text: STYLE },
    Asset { name: "app.js", media_type: "text/javascript; charset=utf-8", text: SCRIPT },
];

/// All files, with where they are.
pub(crate) struct Assets {
    hash: String,
}

impl Default for Assets {
    fn default() -> Self {
        let parts: Vec<&[u8]> = ALL.iter().map(|asset| asset.text.as_bytes()).collect();
        let hash = sha256(&parts).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { hash }
    }
}

impl Assets {
    /// Where the file of this name is.
    pub(crate) fn href(&self, name: &str) -> String {
        format!("/assets/{}/{name}", self.hash)
    }

    /// The file of this name, if the hash is that of this version: under another hash there would be another file.
    pub(crate) fn find(&self, hash: &str, name: &str) -> Option<(&'static str, Bytes)> {
        let asset = ALL.iter().find(|asset| asset.name == name).filter(|_| hash == self.hash)?;
        Some((asset.media_type, Bytes::from_static(asset.text.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_under_its_own_hash_and_no_other() {
        let assets = Assets::default();
        let href = assets.href("app.css");
        let hash = href.split('/').nth(2).unwrap();
        assert!(
            assets
                .find(hash, "app.css")
                .is_some_and(|(media_type, text)| media_type.starts_with("text/css") && !text.is_empty())
        );
        assert!(assets.find(hash, "app.map").is_none() && assets.find("0000000000000000", "app.css").is_none());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_nothing_is_evaluated() {
        for text in [STYLE, SCRIPT] {
            let without_names = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !without_names.contains("http://") && !without_names.contains("https://") && !text.contains("@import")
            );
        }
        for word in ["eval(", "new Function", "document.write", "localStorage", "sessionStorage"] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
