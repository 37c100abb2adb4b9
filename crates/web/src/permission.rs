//! Permissions: a closed vocabulary that one crate owns, and sets of them.

/// One thing a caller may do, such as `messages:send`. Only [`permissions!`](crate::permissions) makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    name: &'static str,
    title: &'static str,
    bit: u8,
}

impl Permission {
    #[doc(hidden)]
    pub const fn new(name: &'static str, title: &'static str, bit: u8) -> Self {
        assert!(bit < 128, "a permission set holds 128 permissions");
        Self { name, title, bit }
    }

    /// Its name on the wire: `messages:send`.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What it allows, for people: `Send messages`.
    pub const fn title(self) -> &'static str {
        self.title
    }
}

/// A set of permissions. Bits are this process's own numbering: stored and sent sets are lists of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet(u128);

impl PermissionSet {
    /// Nothing allowed.
    pub const EMPTY: Self = Self(0);

    /// The set of these.
    pub const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < permissions.len() {
            bits |= 1 << permissions[at].bit;
            at += 1;
        }
        Self(bits)
    }

    /// Whether `permission` is in it.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 >> permission.bit & 1 == 1
    }

    /// Adds `permission`.
    pub const fn insert(&mut self, permission: Permission) {
        self.0 |= 1 << permission.bit;
    }

    /// Whether everything in it is also in `other`.
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// What is in both.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in it and not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of `vocabulary` that are in it, in the vocabulary's order.
    pub fn iter(self, vocabulary: &'static [Permission]) -> impl Iterator<Item = Permission> {
        vocabulary.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

/// Declares a vocabulary of permissions: a constant for each, `ALL`, `find(name)`, and `PermissionNames`, a set that
/// is a list of names in JSON.
///
/// ```
/// mod permission {
///     sealpost_web::permissions! {
///         MESSAGES_SEND = "messages:send" "Send messages";
///         MESSAGES_READ = "messages:read" "Read masked messages";
///     }
/// }
/// use permission::{MESSAGES_READ, MESSAGES_SEND, PermissionNames};
///
/// let names: PermissionNames = serde_json::from_str(r#"["messages:send"]"#).unwrap();
/// assert!(names.0.contains(MESSAGES_SEND) && !names.0.contains(MESSAGES_READ));
/// assert_eq!(serde_json::to_string(&names).unwrap(), r#"["messages:send"]"#);
/// assert!(serde_json::from_str::<PermissionNames>(r#"["messages:burn"]"#).is_err());
/// assert_eq!(permission::find("messages:read"), Some(MESSAGES_READ));
/// ```
#[macro_export]
macro_rules! permissions {
    ($($name:ident = $text:literal $title:literal;)+) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u8)]
        enum Bit { $($name),+ }

        $(
            #[doc = $title]
            pub const $name: $crate::Permission = $crate::Permission::new($text, $title, Bit::$name as u8);
        )+

        /// Every permission there is.
        pub const ALL: &[$crate::Permission] = &[$($name),+];

        /// The permission of this name.
        pub fn find(name: &str) -> Option<$crate::Permission> {
            match name {
                $($text => Some($name),)+
                _ => None,
            }
        }

        /// A set of permissions that is a list of names in JSON.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct PermissionNames(pub $crate::PermissionSet);

        impl $crate::__private::serde::Serialize for PermissionNames {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter(ALL).map(|permission| permission.name()))
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for PermissionNames {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let names = <Vec<String> as $crate::__private::serde::Deserialize>::deserialize(deserializer)?;
                let mut set = $crate::PermissionSet::EMPTY;
                for name in names {
                    let unknown = || $crate::__private::serde::de::Error::custom("permission_unknown");
                    set.insert(find(&name).ok_or_else(unknown)?);
                }
                Ok(Self(set))
            }
        }

        impl $crate::__private::schemars::JsonSchema for PermissionNames {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Permissions".into()
            }
            fn json_schema(_: &mut $crate::__private::schemars::SchemaGenerator) -> $crate::__private::schemars::Schema {
                $crate::__private::schemars::json_schema!({
                    "type": "array",
                    "items": { "type": "string", "enum": [$($text),+] },
                })
            }
        }
    };
}

/// Two permissions for tests of other modules.
#[cfg(test)]
pub(crate) mod tests_of_support {
    use super::Permission;

    pub(crate) const READ: Permission = Permission::new("things:read", "Read things", 0);
    pub(crate) const WRITE: Permission = Permission::new("things:write", "Write things", 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(unreachable_pub, reason = "a vocabulary is public where it is not a test")]
    mod things {
        crate::permissions! {
            READ = "things:read" "Read things";
            WRITE = "things:write" "Write things";
            BURN = "things:burn" "Burn things";
        }
    }
    use things::*;

    #[test]
    fn a_set_contains_exactly_what_was_put_into_it() {
        let mut set = PermissionSet::of(&[READ]);
        set.insert(BURN);
        assert!(set.contains(READ) && set.contains(BURN) && !set.contains(WRITE));
        assert_eq!(set.iter(ALL).map(Permission::name).collect::<Vec<_>>(), ["things:read", "things:burn"]);
        assert!(PermissionSet::of(&[READ]).is_subset(set) && !PermissionSet::of(&[WRITE]).is_subset(set));
        assert!(set.intersection(PermissionSet::of(&[WRITE])).is_empty());
    }

    #[test]
    fn a_set_is_stored_as_names() {
        let names = PermissionNames(PermissionSet::of(&[BURN, READ]));
        let text = serde_json::to_string(&names).unwrap();
        assert_eq!(text, r#"["things:read","things:burn"]"#);
        assert_eq!(serde_json::from_str::<PermissionNames>(&text).unwrap(), names);
        assert!(serde_json::from_str::<PermissionNames>(r#"["things:sell"]"#).is_err());
        assert_eq!(find("things:write"), Some(WRITE));
        assert_eq!(WRITE.title(), "Write things");
    }
}
