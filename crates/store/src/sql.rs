//! The only makers of a statement.

/// Which of its first parameters the transaction binds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoping {
    /// `$1` is the organisation, `$2` the environment; the caller's begin at `$3`.
    Environment,
    /// `$1` is the organisation; the caller's begin at `$2`.
    Organisation,
    /// None: a statement about the installation. Only `store` may make one.
    Installation,
}

/// A statement, in both spellings. Only [`sql!`](crate::sql) and [`org_sql!`](crate::org_sql) make one, from literals.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    pub(crate) scoping: Scoping,
}

impl Sql {
    #[doc(hidden)]
    pub const fn new(sqlite: &'static str, postgres: &'static str, scoping: Scoping) -> Self {
        match scoping {
            Scoping::Environment => {
                assert!(
                    has(postgres, "org = $1 and env = $2") || (has(postgres, "(org, env") && has(postgres, "($1, $2")),
                    "a statement names its scope: `org = $1 and env = $2`, or `insert into … (org, env, …) values ($1, $2, …)`"
                );
            }
            Scoping::Organisation => {
                assert!(
                    has(postgres, "org = $1") || (has(postgres, "(org") && has(postgres, "($1")),
                    "a statement names its organisation: `org = $1`, or `insert into … (org, …) values ($1, …)`"
                );
            }
            Scoping::Installation => {}
        }
        Self { sqlite, postgres, scoping }
    }

    pub(crate) const fn system(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres, scoping: Scoping::Installation }
    }

    /// Whether it changes anything.
    pub(crate) fn writes(self) -> bool {
        !self.postgres.trim_start().starts_with("select")
    }

    /// Whether it locks the rows that it finds, for as long as the transaction lasts.
    pub(crate) fn locks(self) -> bool {
        self.postgres.contains("for update")
    }

    /// The table it writes to; of a query, nothing of use.
    pub(crate) fn table(self) -> &'static str {
        let text = self.postgres;
        let rest = ["insert into ", "update ", "delete from "].into_iter().find_map(|verb| text.strip_prefix(verb));
        rest.and_then(|rest| rest.split([' ', '(']).next()).unwrap_or_default()
    }

    /// How many of its first parameters the transaction binds itself.
    pub(crate) const fn own(self) -> usize {
        match self.scoping {
            Scoping::Environment => 2,
            Scoping::Organisation => 1,
            Scoping::Installation => 0,
        }
    }

    /// A name for this statement in caches: its text's address.
    pub(crate) fn key(self) -> usize {
        self.postgres.as_ptr() as usize
    }
}

const fn has(hay: &str, needle: &str) -> bool {
    let (hay, needle) = (hay.as_bytes(), needle.as_bytes());
    let mut at = 0;
    while at + needle.len() <= hay.len() {
        let mut i = 0;
        while i < needle.len() && hay[at + i] == needle[i] {
            i += 1;
        }
        if i == needle.len() {
            return true;
        }
        at += 1;
    }
    false
}

/// Turns `$1` into `?1`: SQLite numbers `$1` by first appearance, not by its digits, and would bind the wrong value.
#[doc(hidden)]
pub const fn numbered<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        out[at] = bytes[at];
        if bytes[at] == b'$' && at + 1 < N && bytes[at + 1].is_ascii_digit() {
            out[at] = b'?';
        }
        at += 1;
    }
    out
}

/// The text of [`numbered`]'s bytes.
#[doc(hidden)]
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// A statement about one organisation in one environment. `$1` and `$2` are bound by the transaction; the caller's
/// parameters begin at `$3`. A statement that names neither doesn't compile.
///
/// ```
/// use sealpost_store::{sql, Sql};
/// const FIND: Sql = sql!("select state from message where org = $1 and env = $2 and id = $3");
/// ```
///
/// Where the engines must differ, both spellings stand side by side: `sql!(sqlite: "…", postgres: "…")`.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $crate::statement!($text, $text, $crate::Scoping::Environment)
    };
    (sqlite: $sqlite:literal, postgres: $postgres:literal) => {
        $crate::statement!($sqlite, $postgres, $crate::Scoping::Environment)
    };
}

/// A statement about one organisation, whatever the environment: the ledger, settings. `$1` is bound by the transaction; the
/// caller's parameters begin at `$2`.
#[macro_export]
macro_rules! org_sql {
    ($text:literal) => {
        $crate::statement!($text, $text, $crate::Scoping::Organisation)
    };
    (sqlite: $sqlite:literal, postgres: $postgres:literal) => {
        $crate::statement!($sqlite, $postgres, $crate::Scoping::Organisation)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! statement {
    ($sqlite:expr, $postgres:expr, $scoping:expr) => {{
        const NUMBERED: [u8; $sqlite.len()] = $crate::__private::numbered($sqlite);
        const STATEMENT: $crate::Sql = $crate::Sql::new($crate::__private::text(&NUMBERED), $postgres, $scoping);
        STATEMENT
    }};
}

/// A statement about the installation itself; only this crate has any.
macro_rules! system_sql {
    ($text:literal) => { system_sql!(sqlite: $text, postgres: $text) };
    (sqlite: $sqlite:literal, postgres: $postgres:literal) => {{
        const NUMBERED: [u8; $sqlite.len()] = $crate::sql::numbered($sqlite);
        const STATEMENT: $crate::Sql = $crate::Sql::system($crate::sql::text(&NUMBERED), $postgres);
        STATEMENT
    }};
}
pub(crate) use system_sql;
