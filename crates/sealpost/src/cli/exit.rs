//! How a command ends. This table is the one that the documentation shows.

use std::process::ExitCode;

use serde::Serialize;

use super::advice;

/// What the exit code tells a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub(crate) enum Exit {
    /// 0: done.
    Ok = 0,
    /// 1: it was tried and failed; the same command may work later.
    Failed = 1,
    /// 2: the command line is wrong.
    Usage = 2,
    /// 3: the answer is no: refused, not found, or what was to be verified is not true.
    Refused = 3,
    /// 4: the server, or the database, could not be reached.
    Unreachable = 4,
    /// 5: the configuration is wrong.
    Config = 5,
    /// 6: all went well, and what is there is not what the files say.
    Differs = 6,
}

/// The table for `--help`.
pub(super) const TABLE: &str = "Exit codes: 0 done · 1 failed · 2 wrong command line · 3 refused, not found or not true · 4 server unreachable · 5 wrong configuration · 6 the files and the server differ";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ends without having done its job, for the person who reads it.
#[derive(Debug, Serialize)]
pub(crate) struct Stop {
    /// The exit code, by its name.
    pub(crate) exit: Exit,
    /// What went wrong.
    pub(crate) what: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

/// What every command comes to.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

impl Stop {
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), fix: None }
    }

    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, what)
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::new(Exit::Refused, what)
    }

    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        let (exit, fix) = advice::on(&error).unwrap_or((Exit::Failed, None));
        Self { exit, what: format!("{error:#}"), fix: fix.map(str::to_owned) }
    }
}

impl From<crate::config::Problems> for Stop {
    fn from(problems: crate::config::Problems) -> Self {
        Self::new(Exit::Config, problems.to_string())
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}
