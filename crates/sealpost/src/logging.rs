//! Events to standard error.

use std::io::IsTerminal;

use tracing_subscriber::filter::EnvFilter;

use crate::config::{Environment, LogConfig, LogFormat};

/// The variable that overrides the configured filter.
const VARIABLE: &str = "SEALPOST_LOG";

/// From now on, events are written as configured. A filter that can't be read falls back to `info`.
pub(crate) fn begin(config: &LogConfig, environment: &Environment) {
    let filter = environment.get(VARIABLE).unwrap_or(&config.filter);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let ansi = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi);
    // A line that can't be written, on a full disk for example, would be complained about where lines can't be written: a panic.
    let builder = builder.log_internal_errors(false);
    // A second call is a second command in one process: tests only.
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    };
}
