//! The only place that prints. Results go to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use serde::Serialize;

use super::exit::Stop;

/// Where a command prints, and how.
#[derive(Clone, Copy)]
pub(crate) struct Out {
    json: bool,
}

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a machine reads this.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// A line for people; nothing if a machine reads.
    pub(crate) fn say(self, line: impl Display) {
        if !self.json {
            print(line);
        }
    }

    /// A result: one JSON document in one line, or what `people` prints.
    pub(crate) fn result(self, value: &impl Serialize, people: impl FnOnce()) {
        if self.json {
            self.record(value);
        } else {
            people();
        }
    }

    /// One JSON document in one line, of which several may follow.
    pub(crate) fn record(self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(value) {
            print(text);
        }
    }

    /// Text as it is, for files and pipes: no line end is added.
    pub(crate) fn raw(self, text: &[u8]) {
        let _ = std::io::stdout().lock().write_all(text);
    }

    /// What takes a while; only people at a terminal see it.
    pub(crate) fn progress(self, line: impl Display) {
        if !self.json && std::io::stderr().is_terminal() {
            complain(line);
        }
    }

    /// What deserves attention and isn't the result.
    pub(crate) fn note(self, line: impl Display) {
        if !self.json {
            complain(line);
        }
    }

    /// Why the command ends early.
    pub(crate) fn stop(self, stop: &Stop) {
        if self.json {
            let text = serde_json::to_string(&serde_json::json!({ "error": stop })).unwrap_or_default();
            return complain(text);
        }
        complain(format_args!("sealpost: {}", stop.what));
        if let Some(fix) = &stop.fix {
            complain(format_args!("  fix  {fix}"));
        }
    }
}

// Whoever closed the pipe has read enough.
fn print(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
