//! The two worlds every key, message and version belongs to exactly one of.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `test` never reaches a real person; `live` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For trying things out: everything lands in the sandbox outbox.
    Test,
    /// For real people.
    Live,
}

/// The text is neither `test` nor `live`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment must be `test` or `live`")]
pub struct NotAnEnvironment;

impl Environment {
    /// `"test"` or `"live"`, as on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = NotAnEnvironment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "test" => Ok(Self::Test),
            "live" => Ok(Self::Live),
            _ => Err(NotAnEnvironment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_exact_and_round_trips() {
        for env in [Environment::Test, Environment::Live] {
            assert_eq!(env.as_str().parse(), Ok(env));
            assert_eq!(serde_json::to_string(&env).unwrap(), format!("\"{env}\""));
        }
        assert_eq!("LIVE".parse::<Environment>(), Err(NotAnEnvironment));
        assert_eq!("".parse::<Environment>(), Err(NotAnEnvironment));
    }
}
