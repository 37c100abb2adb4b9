//! What a feature lets others see. Its submodules are private, so that `crate::contacts::store` doesn't compile elsewhere and
//! only what `mod.rs` re-exports can be used; this check keeps them private.

use super::{Finding, Source};

/// The crates whose folders are features.
const CONTEXTS: [&str; 3] = ["access", "govern", "messaging"];
/// Submodules others may see: what tests need, and the codes a feature refuses with.
const OPEN: [&str; 2] = ["testing", "codes"];

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| is_front_page(&source.path)) {
        for (line, code) in source.code() {
            if let Some(module) = opened(code).filter(|module| !OPEN.contains(module)) {
                findings.push(format!(
                    "{}:{line}: `{module}` is the feature's own: re-export what others need",
                    source.path
                ));
            }
        }
    }
    findings
}

/// `crates/<context>/src/<feature>/mod.rs`
fn is_front_page(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts[..], ["crates", context, "src", _, "mod.rs"] if CONTEXTS.contains(&context))
}

/// The module that a line opens to others.
fn opened(code: &str) -> Option<&str> {
    let (visibility, rest) = code.trim().split_once("mod ")?;
    (visibility.starts_with("pub") && rest.ends_with([';', '{'])).then(|| rest.trim_end_matches([';', '{', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_submodule_is_found_however_it_is_opened() {
        assert_eq!(opened("pub mod store;"), Some("store"));
        assert_eq!(opened("pub(crate) mod store;"), Some("store"));
        assert_eq!(opened("mod store;"), None);
        assert_eq!(opened("pub use model::Contact;"), None);
        assert!(is_front_page("crates/messaging/src/contacts/mod.rs"));
        assert!(
            !is_front_page("crates/messaging/src/contacts/api/mod.rs") && !is_front_page("crates/store/src/sql/mod.rs")
        );
    }
}
