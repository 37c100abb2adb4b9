//! Which fields are encrypted, and what an object with ciphertext calls it.

/// A place in the notice's `data`: a JSON pointer (RFC 6901), which may point at all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer(String);

/// Which fields: 1 to 32 places, none of them within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields(Vec<Pointer>);

/// The name under which ciphertext stands in an object: 1 to 64 letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member(String);

impl Pointer {
    /// The most bytes.
    const LONGEST: usize = 256;

    /// The pointer, if it is one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let starts = text.is_empty() || text.starts_with('/');
        let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        let fits = text.len() <= Self::LONGEST && !text.chars().any(char::is_control);
        (starts && escaped && fits).then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `other`, or something inside of what `other` points at.
    fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Fields {
    /// The most of them.
    pub(super) const MOST: usize = 32;

    /// These places, or why not.
    pub(super) fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, &'static str> {
        if !(1..=Self::MOST).contains(&texts.len()) {
            return Err("count_out_of_range");
        }
        let all = texts.iter().map(|text| Pointer::parse(text.as_ref())).collect::<Option<Vec<_>>>();
        let all = all.ok_or("pointer_invalid")?;
        // What is encrypted twice would depend on which came first.
        let nested = all
            .iter()
            .enumerate()
            .any(|(at, one)| all.iter().enumerate().any(|(other_at, other)| at != other_at && one.is_within(other)));
        if nested { Err("pointer_within_another") } else { Ok(Self(all)) }
    }

    /// Them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Pointer> {
        self.0.iter()
    }

    /// Their texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.iter().map(|one| one.as_str().to_owned()).collect()
    }
}

impl Member {
    /// What an envelope's own members are called: an object with one of these could be either.
    const TAKEN: [&str; 7] = ["v", "alg", "kid", "aad", "iv", "tag", "ciphertext"];

    /// The name, if it is one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            && !Self::TAKEN.contains(&text);
        fits.then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Member {
    fn default() -> Self {
        Self("encrypted".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_read_by_rfc_6901() {
        for right in ["", "/", "/a", "/a~1b/m~0n", "/0", "/é", "/a//b"] {
            assert!(Pointer::parse(right).is_some(), "{right}");
        }
        for wrong in ["a", "/~", "/~2", "/a\n", &"/a".repeat(129)] {
            assert!(Pointer::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn no_field_is_encrypted_twice() {
        assert!(Fields::parse(&["/a", "/ab", "/b/a"]).is_ok());
        assert_eq!(Fields::parse(&["/a", "/a/b"]), Err("pointer_within_another"));
        assert_eq!(Fields::parse(&["/a", "/a"]), Err("pointer_within_another"));
        assert_eq!(Fields::parse(&["", "/a"]), Err("pointer_within_another"));
        assert_eq!(Fields::parse(&["/a", "b"]), Err("pointer_invalid"));
        assert_eq!(Fields::parse::<&str>(&[]), Err("count_out_of_range"));
        let many: Vec<_> = (0..33).map(|at| format!("/{at}")).collect();
        assert_eq!(Fields::parse(&many), Err("count_out_of_range"));
        assert!(Fields::parse(&many[..32]).is_ok());
    }

    #[test]
    fn a_member_is_a_plain_name() {
        assert!(Member::parse("payload_1-x").is_some());
        for wrong in ["", "a b", "é", "a.b", "ciphertext", &"a".repeat(65)] {
            assert!(Member::parse(wrong).is_none(), "{wrong}");
        }
    }
}
