//! How routes are said, and how the steps of one are written in a form.

use std::collections::BTreeMap;

use sealpost_store::ChannelId;
use sealpost_web::Refusal;

use crate::routes::codes::ROUTE_INVALID;
use crate::routes::rules::Change;
use crate::routes::{OnUnknown, Plan, Step, Strategy};

/// A strategy as people read it.
pub(in crate::routes) const fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::FailOver => "In this order",
        Strategy::RoundRobin => "By turns",
        Strategy::Weighted => "By shares",
    }
}

/// What follows an attempt of which nobody knows, as people read it.
pub(in crate::routes) const fn on_unknown(on_unknown: OnUnknown) -> &'static str {
    match on_unknown {
        OnUnknown::Same => "The same channel is asked again",
        OnUnknown::Next => "The next step is tried",
    }
}

/// What there is to say of a step, of all of these.
pub(super) fn step(plan: &Plan, at: usize) -> String {
    let Some(step) = plan.steps.get(at) else { return String::new() };
    let begins = match (plan.strategy, step.share) {
        (Strategy::FailOver, _) if at == 0 => "every message begins here".to_owned(),
        (Strategy::FailOver, _) => "where the step before it fails".to_owned(),
        (Strategy::RoundRobin, _) => format!("one of {} messages begins here", plan.steps.len()),
        (Strategy::Weighted, share) => {
            let whole: u32 = plan.steps.iter().filter_map(|step| step.share).sum();
            format!("{} of {whole} messages begin here", share.unwrap_or_default())
        }
    };
    match step.accepted_within_s {
        Some(within) => format!("{begins}; has to be taken within {within} s"),
        None => begins,
    }
}

/// What is different, as people read it.
pub(super) fn change(change: &Change) -> String {
    let said = |text: &Option<String>| text.as_deref().unwrap_or("nothing").to_owned();
    format!("{}: {} instead of {}", change.at, said(&change.to), said(&change.from))
}

/// The steps as a form has them: a line for each.
pub(super) fn written(steps: &[Step], names: &BTreeMap<ChannelId, String>) -> String {
    let line = |step: &Step| {
        let mut line = names.get(&step.channel).cloned().unwrap_or_else(|| step.channel.to_string());
        if let Some(share) = step.share {
            line.push_str(&format!(" share {share}"));
        }
        if let Some(within) = step.accepted_within_s {
            line.push_str(&format!(" within {within}"));
        }
        line
    };
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The steps that these lines say; a channel is called by its name or its id.
pub(super) fn read(text: &str, names: &BTreeMap<ChannelId, String>) -> Result<Vec<Step>, Refusal> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let wrong = |code: &'static str| Refusal::of(&ROUTE_INVALID).at("/steps", code);
    let mut steps = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let called = words.next().unwrap_or_default();
        let by_name = names.iter().find(|(_, name)| *name == called).map(|(id, _)| *id);
        let channel = by_name.or_else(|| called.parse().ok()).ok_or_else(|| wrong("channel_unknown"))?;
        let mut step = Step { channel, share: None, accepted_within_s: None };
        while let Some(word) = words.next() {
            let number =
                words.next().and_then(|number| number.parse::<u32>().ok()).ok_or_else(|| wrong("not_a_step"))?;
            match word {
                "share" => step.share = Some(number),
                "within" => step.accepted_within_s = Some(number),
                _ => return Err(wrong("not_a_step")),
            }
        }
        steps.push(step);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_are_written_are_read_again() {
        let id = |number: u8| ChannelId::from_bytes([number; 16]);
        let names: BTreeMap<_, _> = [(id(1), "relay-a".to_owned()), (id(2), "share".to_owned())].into();
        let step = |number, share, accepted_within_s| Step { channel: id(number), share, accepted_within_s };
        let steps = vec![step(1, Some(70), Some(20)), step(2, Some(30), None), step(3, None, Some(5))];
        let text = written(&steps, &names);
        assert_eq!(text, format!("relay-a share 70 within 20\nshare share 30\n{} within 5", id(3)));
        assert_eq!(read(&format!("\r\n {text} \n\n"), &names).unwrap(), steps);
        for wrong in ["relay-b", "relay-a share", "relay-a share x", "relay-a 70", "relay-a within -1"] {
            assert!(read(wrong, &names).is_err(), "{wrong}");
        }
    }
}
