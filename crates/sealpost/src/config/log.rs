//! `[log]`

use serde::{Deserialize, Serialize};

/// What is logged, to standard error.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// One line of text or one JSON object for each event.
    pub(crate) format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or by target: `info,sealpost_egress=debug`. The variable `SEALPOST_LOG` overrides it.
    pub(crate) filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "`text` or `json`")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}
