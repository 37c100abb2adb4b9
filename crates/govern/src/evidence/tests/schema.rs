//! The categories against the migrations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::evidence::categories::{TABLES, held};

/// The tables that the migrations make, with their columns.
fn schema(engine: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations/data").join(engine);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with("--")).map(|line| format!("{line}\n")).collect();
        for statement in text.split(';') {
            let words: Vec<&str> = statement.split_whitespace().collect();
            match words[..] {
                ["create", "table", name, ..] => {
                    let (_, body) = statement.split_once('(').unwrap();
                    let columns = tables.entry(name.trim_end_matches('(').to_owned()).or_default();
                    for line in body.lines().map(str::trim) {
                        let first = line.split_whitespace().next().unwrap_or_default();
                        let is_column = first.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit());
                        if !first.is_empty()
                            && is_column
                            && !["primary", "unique", "foreign", "check", "constraint"].contains(&first)
                        {
                            columns.insert(first.to_owned());
                        }
                    }
                }
                ["alter", "table", name, "add", "column", column, ..] => {
                    tables.get_mut(name).unwrap().insert(column.to_owned());
                }
                ["alter", "table", name, "drop", "column", column, ..] => {
                    tables.get_mut(name).unwrap().remove(column);
                }
                ["drop", "table", name, ..] => {
                    tables.remove(name);
                }
                _ => {}
            }
        }
    }
    tables
}

#[test]
fn every_column_of_the_database_has_a_category() {
    for engine in ["sqlite", "postgres"] {
        let schema = schema(engine);
        assert!(schema.len() > 50, "{} tables: the migrations aren't read", schema.len());
        let mut wrong = Vec::new();
        for (name, columns) in &schema {
            let Some(table) = TABLES.iter().find(|table| table.name == *name) else {
                wrong.push(format!("table {name} has no categories: add it to evidence/categories.rs"));
                continue;
            };
            let everywhere = ["org", "env", "id"].map(str::to_owned);
            let about = table.about.iter().flat_map(|(columns, ..)| columns.iter());
            let known: Vec<String> = about.chain(table.others).map(|column| (*column).to_owned()).collect();
            let known_once: BTreeSet<String> = known.iter().cloned().collect();
            assert_eq!(known.len(), known_once.len(), "{name} names a column twice");
            let new = columns.iter().filter(|column| !known_once.contains(*column) && !everywhere.contains(column));
            wrong
                .extend(new.map(|column| format!("{name}.{column} has no category: add it to evidence/categories.rs")));
            let gone = known_once.iter().filter(|column| !columns.contains(*column));
            wrong.extend(gone.map(|column| format!("{name}.{column} is not there any more")));
        }
        let gone = TABLES.iter().filter(|table| !schema.contains_key(table.name));
        wrong.extend(gone.map(|table| format!("table {} is not there any more", table.name)));
        assert!(wrong.is_empty(), "{engine}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn every_category_has_a_place_and_people_are_sealed_under_their_own_keys() {
    let held = held();
    assert!(held.iter().all(|one| !one.places.is_empty()));
    let identity = held.iter().find(|one| one.category == "identity").unwrap();
    let names = identity.places.iter().find(|place| place.columns.iter().any(|column| column == "email")).unwrap();
    assert_eq!((names.table.as_str(), names.protection.as_str()), ("contact", "sealed under the person's own key"));
}
