//! Names under which others register theirs: `co.uk`, `github.io`.
//!
//! The list is Mozilla's (<https://publicsuffix.org/list/>), compiled in with the crate `psl2`: what is registered after a release isn't
//! known to it. So it only ever refuses what it names; a name below a suffix that it doesn't know passes.

/// Whose customers register names below this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// A registry's: nobody's own name (`com`, `co.uk`; the list's first part, from ICANN).
    Registry,
    /// A provider's, who owns the name itself (`github.io`; the list's second part).
    Provider,
}

impl Suffix {
    /// The suffix that this very name is. Names are in lower case and ASCII, as [`crate::target::Target`] has them.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.strip_suffix('.').unwrap_or(name);
        // A rule `*.kobe.jp` says nothing of `kobe.jp` itself, which is nobody's own either.
        Self::rule(name).or_else(|| Self::rule(&format!("0.{name}")))
    }

    fn rule(name: &str) -> Option<Self> {
        let found = psl2::lookup(name).filter(|found| found.is_known() && found.suffix() == name)?;
        Some(if found.is_icann() { Self::Registry } else { Self::Provider })
    }
}

/// When the list was last changed that this program knows, as it says itself: `2026-11-04_19-07-29_UTC`.
pub fn list_version() -> &'static str {
    psl2::psl_version()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From <https://github.com/publicsuffix/list/blob/main/tests/tests.txt>: names without a registrable domain, where a rule says so.
    #[test]
    fn names_that_others_register_below_are_known() {
        for registry in [
            "com",
            "biz",
            "uk.com.",
            "co.uk",
            "jp",
            "ac.jp",
            "kobe.jp",
            "kyoto.jp",
            "ide.kyoto.jp",
            "c.kobe.jp",
            "us",
            "ak.us",
            "k12.ak.us",
            "xn--55qx5d.cn",
            "xn--fiqs8s",
            "test.ck",
        ] {
            let suffix = if registry.starts_with("uk.com") { Suffix::Provider } else { Suffix::Registry };
            assert_eq!(Suffix::of(registry), Some(suffix), "{registry}");
        }
        for provider in ["github.io", "blogspot.com", "s3.amazonaws.com", "cloudfront.net", "herokuapp.com"] {
            assert_eq!(Suffix::of(provider), Some(Suffix::Provider), "{provider}");
        }
    }

    #[test]
    fn names_that_somebody_has_registered_are_not() {
        for own in [
            "example.com",
            "bbc.co.uk",
            "octocat.github.io",
            "city.kobe.jp",
            "www.ck",
            "b.test.ck",
            "example.test",
            "localhost",
            "",
            ".",
            "clinic.internal",
            "xn--85x722f.xn--55qx5d.cn",
        ] {
            assert_eq!(Suffix::of(own), None, "{own}");
        }
    }

    #[test]
    fn the_list_says_how_old_it_is() {
        assert!(list_version().starts_with("20"), "{}", list_version());
    }

    proptest! {
        #[test]
        fn nothing_makes_the_look_up_panic(name: String, label in "[a-z0-9.-]{0,40}") {
            let _ = Suffix::of(&name);
            let _ = Suffix::of(&format!("{label}.co.uk"));
        }
    }
}
