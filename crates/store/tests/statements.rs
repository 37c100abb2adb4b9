//! Every statement of the product, prepared on both engines. What fails is named by file and line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::path::{Path, PathBuf};

use sealpost_store::testing::TestStore;

/// One `sql!`, `org_sql!` or `system_sql!`, in both spellings.
#[derive(Debug, PartialEq, Eq)]
struct Statement {
    place: String,
    sqlite: String,
    postgres: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_one_that_sqlite_knows() {
    let house = TestStore::sqlite().await;
    let databases = support::sqlite(&house);
    let mut refused = Vec::new();
    for statement in statements() {
        let text = numbered(&statement.sqlite);
        let answers = databases.each_ref().map(|database| database.prepare(&text).map(drop));
        if answers.iter().all(Result::is_err) {
            refused.push(explain(&statement.place, &text, answers.map(|a| a.unwrap_err().to_string())));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_one_that_postgresql_knows() {
    let Some(house) = TestStore::postgres().await else { return };
    let [data, keys] = support::postgres(&house).await;
    let mut refused = Vec::new();
    for statement in statements() {
        let Err(by_data) = data.prepare(&statement.postgres).await else { continue };
        let Err(by_keys) = keys.prepare(&statement.postgres).await else { continue };
        let reasons =
            [by_data, by_keys].map(|error| error.as_db_error().map_or(error.to_string(), |db| db.to_string()));
        refused.push(explain(&statement.place, &statement.postgres, reasons));
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

fn explain(place: &str, text: &str, [data, keys]: [String; 2]) -> String {
    format!("{place}: {text}\n    on data: {data}\n    on keys: {keys}")
}

/// As `sealpost_store::sql` binds them: SQLite counts `?1` by its digits and `$1` by its first appearance.
fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = text.chars().peekable();
    while let Some(c) = left.next() {
        let parameter = c == '$' && left.peek().is_some_and(char::is_ascii_digit);
        out.push(if parameter { '?' } else { c });
    }
    out
}

/// Every statement in the sources of all crates. A macro call that can't be read fails the test: it would go unchecked.
fn statements() -> Vec<Statement> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        rust_files(&entry.unwrap().path().join("src"), &mut files);
    }
    files.sort();
    let maker = crates.join("store/src/sql.rs");
    let mut all = Vec::new();
    for file in files.iter().filter(|file| **file != maker) {
        let text = std::fs::read_to_string(file).unwrap();
        all.extend(read(&file.strip_prefix(crates).unwrap().display().to_string(), &text));
    }
    assert!(all.len() > 25, "only {} statements were found: this test looks in the wrong place", all.len());
    all
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn read(file: &str, text: &str) -> Vec<Statement> {
    let calls = text.match_indices("sql!").filter(|(at, _)| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default();
        !line.contains("//") && text[at + 4..].trim_start().starts_with('(')
    });
    calls
        .map(|(at, _)| {
            let place = format!("{file}:{}", text[..at].matches('\n').count() + 1);
            let (sqlite, postgres) =
                spellings(&text[at + 4..]).unwrap_or_else(|| panic!("{place}: this statement can't be read"));
            Statement { place, sqlite, postgres }
        })
        .collect()
}

/// The arguments after `sql!`: one literal, or `sqlite: <literal>, postgres: <literal>`.
fn spellings(text: &str) -> Option<(String, String)> {
    let inside = text.trim_start().strip_prefix('(')?.trim_start();
    let Some(first) = inside.strip_prefix("sqlite:") else {
        let (text, _) = literal(inside)?;
        return Some((text.clone(), text));
    };
    let (sqlite, rest) = literal(first.trim_start())?;
    let second = rest.trim_start().strip_prefix(',')?.trim_start().strip_prefix("postgres:")?;
    Some((sqlite, literal(second.trim_start())?.0))
}

/// A string literal at the beginning of `text`, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix('r') {
        let body = raw.trim_start_matches('#');
        let end = format!("\"{}", "#".repeat(raw.len() - body.len()));
        return body.strip_prefix('"')?.split_once(&end).map(|(inside, rest)| (inside.to_owned(), rest));
    }
    let mut out = String::new();
    let mut left = text.strip_prefix('"')?.chars();
    loop {
        match left.next()? {
            '"' => return Some((out, left.as_str())),
            '\\' => match left.next()? {
                'n' => out.push('\n'),
                // A line that goes on: its indentation isn't part of the text.
                '\n' => left = left.as_str().trim_start().chars(),
                escaped => out.push(escaped),
            },
            c => out.push(c),
        }
    }
}

#[test]
fn the_sources_are_read_as_the_compiler_reads_them() {
    let source = "a(sql!(\"one \\\n      two $1\"));\n// sql!(no)\norg_sql!(\n    sqlite: \"x \\\"y\\\"\",\n    postgres: r#\"z \"q\"\"#\n)";
    let statement = |place: &str, sqlite: &str, postgres: &str| Statement {
        place: place.into(),
        sqlite: sqlite.into(),
        postgres: postgres.into(),
    };
    assert_eq!(
        read("f.rs", source),
        [statement("f.rs:1", "one two $1", "one two $1"), statement("f.rs:4", "x \"y\"", "z \"q\"")]
    );
    assert_eq!(numbered("a = $1 and b = '$' and c = $12"), "a = ?1 and b = '$' and c = ?12");
}
