//! A question, if the answer wasn't given.

use std::io::{BufRead, IsTerminal};

use crate::cli::{Outcome, Shell, Stop};

/// The given answer; at a terminal what is typed, or the suggestion if that is nothing; elsewhere the suggestion.
pub(super) fn or_ask(
    shell: &Shell,
    given: Option<String>,
    flag: &str,
    question: &str,
    suggestion: Option<&str>,
) -> Outcome<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    let mut typed = String::new();
    if std::io::stdin().is_terminal() {
        let hint = suggestion.map(|suggestion| format!(" [{suggestion}]")).unwrap_or_default();
        shell.out.note(format_args!("{flag}: {question}{hint}"));
        std::io::stdin().lock().read_line(&mut typed)?;
    }
    match (typed.trim(), suggestion) {
        ("", Some(suggestion)) => Ok(suggestion.to_owned()),
        ("", None) => Err(Stop::usage(format!("{flag} is needed")).fix(format!("give it with --{flag}"))),
        (typed, _) => Ok(typed.to_owned()),
    }
}
