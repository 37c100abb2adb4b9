//! Plans and what came of them, for people.

use serde_json::Value;

use super::apply::Done;
use super::model::Act;
use super::plan::Plan;
use super::server::Waiting;
use crate::cli::Out;

/// The longest value that is shown whole.
const LONGEST: usize = 60;

/// What would change.
pub(super) fn plan(out: Out, plan: &Plan, waiting: &[Waiting]) {
    for change in &plan.changes {
        out.say(format_args!("{} {}", change.act.mark(), change.title()));
        let lines = if change.act == Act::Remove { &[][..] } else { &change.lines };
        for line in lines {
            match change.act {
                Act::Create => out.say(format_args!("    {}  {}", line.field, value(&line.after))),
                _ => out.say(format_args!("    {}  {} -> {}", line.field, value(&line.before), value(&line.after))),
            }
        }
    }
    for one in waiting {
        out.say(format_args!("  {} waits already: {}  digest {}", one.change, one.url, one.digest));
    }
    for other in &plan.others {
        out.say(format_args!("  {other} is in no file, and stays"));
    }
    let count = |act: Act| plan.changes.iter().filter(|change| change.act == act).count();
    if plan.changes.is_empty() {
        return out.say("no changes");
    }
    let [create, change, remove] = [Act::Create, Act::Change, Act::Remove].map(count);
    out.say(format_args!("{create} to create, {change} to change, {remove} to remove  digest {}", plan.digest));
}

/// What was changed, and what is still to be.
pub(super) fn done(out: Out, done: &Done) {
    for title in &done.applied {
        out.say(title);
    }
    for one in &done.waiting {
        out.say(format_args!("? {} waits for an approval: {}  digest {}", one.change, one.url, one.digest));
    }
    for one in &done.left {
        out.say(format_args!("! {} is for a signed-in member: {}", one.change, one.url));
    }
    for title in &done.remaining {
        out.say(format_args!("  {title} was not changed"));
    }
    if done.applied.is_empty() && done.waiting.is_empty() && done.left.is_empty() && done.remaining.is_empty() {
        out.say("no changes");
    }
}

/// A value on one line.
fn value(value: &Value) -> String {
    if value.is_null() {
        return "(nothing)".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
