//! How what is there differs from what shall be: plain functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sealpost_seal::key::sha256;
use serde_json::Value;

use super::kinds::{About, Removal};
use super::model::{Act, Change, Fields, Line, Standing, Wanted};

/// What there is of one kind, and how it differs.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Difference {
    /// What is to be made and changed, by name.
    pub(super) changes: Vec<Change>,
    /// What is to go, by name.
    pub(super) removals: Vec<Change>,
    /// What is in no file and stays.
    pub(super) others: Vec<String>,
}

/// Compares all of one kind. What is in no file goes only if `prune` says so, and there is a way.
pub(super) fn compare(about: &About, wanted: &[Wanted], there: &[Standing], prune: bool) -> Difference {
    let there: BTreeMap<&str, &Standing> = there.iter().map(|standing| (&*standing.name, standing)).collect();
    let mut difference = Difference::default();
    for wanted in wanted {
        difference.changes.extend(change(about, wanted, there.get(&*wanted.name).copied()));
    }
    let named: BTreeSet<&str> = wanted.iter().map(|wanted| &*wanted.name).collect();
    for standing in there.values().filter(|standing| !named.contains(&*standing.name)) {
        match about.removal {
            Removal::Possible if prune => difference.removals.push(removal(about, standing)),
            Removal::Possible | Removal::Never => difference.others.push(format!("{} {}", about.word, standing.name)),
        }
    }
    difference
}

/// How one thing differs from what it shall be; nothing if it doesn't.
pub(super) fn change(about: &About, wanted: &Wanted, there: Option<&Standing>) -> Option<Change> {
    let nothing = Fields::new();
    let lines = lines(about, there.map_or(&nothing, |standing| &standing.fields), &wanted.fields);
    let act = if there.is_some() { Act::Change } else { Act::Create };
    (!lines.is_empty() || act == Act::Create).then(|| Change {
        kind: about.word.to_owned(),
        name: wanted.name.clone(),
        act,
        lines,
        wanted: wanted.fields.clone(),
    })
}

/// Whether somebody who wants this finds it said.
pub(super) fn is_said(about: &About, wanted: &Fields, by: &Fields) -> bool {
    lines(about, by, wanted).is_empty()
}

/// That it shall be gone.
pub(super) fn removal(about: &About, there: &Standing) -> Change {
    Change {
        kind: about.word.to_owned(),
        name: there.name.clone(),
        act: Act::Remove,
        lines: lines(&About { stays: &[], ..*about }, &there.fields, &Fields::new()),
        wanted: Fields::new(),
    }
}

fn lines(about: &About, before: &Fields, after: &Fields) -> Vec<Line> {
    let (before, after) = (flat(before), flat(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let stays = |field: &str| {
        let top = field.split('.').next().unwrap_or_default();
        let is_said = || about.tables.contains(&top) && after.keys().any(|said| said.split('.').next() == Some(top));
        !after.contains_key(field) && about.stays.contains(&top) && !is_said()
    };
    let line = |field: &String| {
        let side = |side: &BTreeMap<String, Value>| side.get(field).cloned().unwrap_or(Value::Null);
        Line { field: field.clone(), before: side(&before), after: side(&after) }
    };
    let differs = |line: &Line| line.before != line.after;
    fields.into_iter().filter(|field| !stays(field)).map(line).filter(differs).collect()
}

/// Every value that isn't itself made of fields, by its path. What is null isn't there.
fn flat(fields: &Fields) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    flatten(&mut all, "", fields);
    all
}

fn flatten(all: &mut BTreeMap<String, Value>, below: &str, fields: &Fields) {
    for (name, value) in fields {
        let path = format!("{below}{name}");
        match value {
            Value::Object(inner) => flatten(all, &format!("{path}."), inner),
            Value::Null => {}
            value => {
                all.insert(path, value.clone());
            }
        }
    }
}

/// SHA-256 of changes that are to be made there, in hexadecimal: who says it back says which they looked at.
pub(super) fn digest(environment: &str, changes: &[Change]) -> String {
    let text = serde_json::json!([environment, changes]).to_string();
    sha256(&[text.as_bytes()]).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
