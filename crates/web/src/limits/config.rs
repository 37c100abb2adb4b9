//! Quotas, by what a route does.

use serde::{Deserialize, Serialize};

/// What kind of work a route is, for its rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Class {
    /// Accepts one message.
    Send = 0,
    /// Accepts many things at once.
    Batch = 1,
    /// Reads one thing or one page.
    Read = 2,
    /// Searches by whole values.
    Search = 3,
    /// Searches by parts of values, which are few enough to try them all.
    Partial = 4,
    /// Changes configuration, contacts, templates.
    Write = 5,
    /// Shows clear data.
    Reveal = 6,
    /// Reads everything there is.
    Whole = 7,
    /// Keeps members as a directory has them.
    Provision = 8,
    /// Open to all: limited by network only.
    Open = 9,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 10] = [
        Self::Send,
        Self::Batch,
        Self::Read,
        Self::Search,
        Self::Partial,
        Self::Write,
        Self::Reveal,
        Self::Whole,
        Self::Provision,
        Self::Open,
    ];

    /// Its name in headers, metrics and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Batch => "batch",
            Self::Read => "read",
            Self::Search => "search",
            Self::Partial => "partial",
            Self::Write => "write",
            Self::Reveal => "reveal",
            Self::Whole => "whole",
            Self::Provision => "provision",
            Self::Open => "open",
        }
    }
}

/// So many requests in so many seconds; all of them may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Declared")]
pub struct Quota {
    /// Requests, at least 1.
    count: u32,
    /// Seconds, at least 1.
    seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    count: u32,
    seconds: u32,
}

impl TryFrom<Declared> for Quota {
    type Error = &'static str;
    fn try_from(declared: Declared) -> Result<Self, Self::Error> {
        if declared.count == 0 || declared.seconds == 0 || declared.seconds > 86_400 {
            return Err("a quota is at least 1 request in 1 to 86400 seconds");
        }
        Ok(Self { count: declared.count, seconds: declared.seconds })
    }
}

impl Quota {
    /// `count` requests in `seconds` seconds; noughts count as one.
    pub const fn new(count: u32, seconds: u32) -> Self {
        Self { count: if count == 0 { 1 } else { count }, seconds: if seconds == 0 { 1 } else { seconds } }
    }

    /// How many requests.
    pub const fn count(self) -> u32 {
        self.count
    }

    /// In how many seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }
}

/// A quota for each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is the class of the same name")]
pub struct ByClass {
    pub send: Quota,
    pub batch: Quota,
    pub read: Quota,
    pub search: Quota,
    pub partial: Quota,
    pub write: Quota,
    pub reveal: Quota,
    pub whole: Quota,
    pub provision: Quota,
}

impl ByClass {
    /// The quota of `class`; what is open is limited by network only.
    pub const fn of(&self, class: Class) -> Quota {
        match class {
            Class::Send => self.send,
            Class::Batch => self.batch,
            Class::Read | Class::Open => self.read,
            Class::Search => self.search,
            Class::Partial => self.partial,
            Class::Write => self.write,
            Class::Reveal => self.reveal,
            Class::Whole => self.whole,
            Class::Provision => self.provision,
        }
    }

    /// The same quota for every class; for tests and benchmarks.
    pub const fn all(quota: Quota) -> Self {
        let [send, batch, read, search, partial, write, reveal, whole, provision] = [quota; 9];
        Self { send, batch, read, search, partial, write, reveal, whole, provision }
    }
}

/// All quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// For each credential.
    pub caller: ByClass,
    /// For each organisation, over all its credentials.
    pub organisation: ByClass,
    /// For each network (an IPv4 address, an IPv6 /64) of strangers: open routes, unknown paths and refused credentials.
    pub peer: Quota,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let caller = ByClass {
            send: Quota::new(6_000, 60),
            batch: Quota::new(120, 60),
            read: Quota::new(3_000, 60),
            search: Quota::new(300, 60),
            partial: Quota::new(30, 60),
            write: Quota::new(600, 60),
            reveal: Quota::new(60, 60),
            whole: Quota::new(6, 60),
            provision: Quota::new(1_500, 60),
        };
        let organisation = ByClass {
            send: Quota::new(30_000, 60),
            batch: Quota::new(600, 60),
            read: Quota::new(15_000, 60),
            search: Quota::new(1_500, 60),
            partial: Quota::new(150, 60),
            write: Quota::new(3_000, 60),
            reveal: Quota::new(300, 60),
            whole: Quota::new(12, 60),
            provision: Quota::new(3_000, 60),
        };
        Self { caller, organisation, peer: Quota::new(300, 60) }
    }
}
