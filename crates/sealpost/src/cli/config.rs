//! `sealpost config`

use super::{Exit, Outcome, Shell, Stop};
use crate::config::{Flags, load};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Print every setting with where it came from, and what is wrong
    Check,
}

pub(super) fn run(shell: &Shell, verb: &Verb) -> Outcome {
    match verb {
        Verb::Check => check(shell),
    }
}

fn check(shell: &Shell) -> Outcome {
    let out = shell.out;
    let loaded = match load(shell.config.as_deref(), &shell.environment, &Flags::default()) {
        Ok(loaded) => loaded,
        Err(problems) if out.is_json() => {
            out.record(&serde_json::json!({ "ok": false, "problems": problems.0 }));
            return Err(Stop::new(Exit::Config, format!("{} values are wrong", problems.0.len())));
        }
        Err(problems) => return Err(problems.into()),
    };
    let settings = loaded.settings();
    let file = loaded.file.as_ref().map(|path| path.display().to_string());
    out.result(&serde_json::json!({ "ok": true, "file": file, "settings": settings }), || {
        let widest = |of: fn(&crate::config::Setting) -> usize| settings.iter().map(of).max().unwrap_or(0);
        let (key, value) = (widest(|s| s.key.chars().count()), widest(|s| s.value.chars().count()).min(40));
        for setting in &settings {
            out.say(format_args!("{:key$}  {:value$}  {}", setting.key, setting.value, setting.from));
        }
        out.say(format_args!("\nok  {} settings, file: {}", settings.len(), file.as_deref().unwrap_or("none")));
    });
    Ok(())
}
