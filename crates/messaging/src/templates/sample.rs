//! Data that fills a template for whoever looks at it: each thing it looks up has its own name as its value.

use serde_json::{Map, Value};

use super::compiled::{Compiled, Rendered};
use super::model::Content;
use crate::channels::ChannelKind;

/// An object with what the template looks up.
pub(super) fn data(channel: ChannelKind, content: &Content) -> Map<String, Value> {
    let variables =
        Compiled::new(channel, content).map(|compiled| compiled.variables().map(str::to_owned).collect::<Vec<_>>());
    variables
        .unwrap_or_default()
        .into_iter()
        .map(|name| {
            let example = example(&name);
            (name, Value::String(example))
        })
        .collect()
}

/// The content filled with such data; nothing where names don't fit as values.
pub(super) fn filled(channel: ChannelKind, content: &Content) -> Option<Rendered> {
    Compiled::new(channel, content).ok()?.render(&data(channel, content)).ok()
}

fn example(name: &str) -> String {
    match name {
        "code" => "417-233".into(),
        "name" => "Ada Example".into(),
        "day" => "Thursday, 15 January".into(),
        other => format!("‹{other}›"),
    }
}
