//! The results as a page of tables.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::targets;

/// Between these lines of the page stand the results of the last run that was written down.
const BEGIN: &str = "<!-- results: begin, written by `cargo xtask bench --write` -->";
const END: &str = "<!-- results: end -->";

/// Everything, in Markdown.
pub(crate) fn page(results: &Value) -> String {
    let mut page = String::new();
    // Writing to a String can't fail.
    let _ = machine(&mut page, results);
    let _ = accepting(&mut page, results);
    let _ = delivering(&mut page, results);
    let _ = revocation(&mut page, results);
    let _ = footprint(&mut page, results);
    let _ = pages(&mut page, results);
    let _ = limits(&mut page, &results["limits"]);
    let _ = aims(&mut page, results);
    page
}

/// Replaces the results in the page at `path`.
pub(crate) fn write(path: &Path, results: &Value) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    std::fs::write(path, replaced(&text, &page(results)).context("the page has no place for results")?)?;
    Ok(())
}

fn replaced(text: &str, results: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", results.trim()))
}

fn machine(page: &mut String, results: &Value) -> std::fmt::Result {
    let (machine, plan) = (&results["machine"], &results["plan"]);
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    writeln!(
        page,
        "{} cores ({}), {} GiB, Linux {}, {}; {}, revision {}, plan `{}`: n = {}, {} s each.",
        machine["cores"],
        text(&machine["processor"]),
        machine["memory_mib"].as_u64().unwrap_or(0) / 1024,
        text(&machine["kernel"]),
        text(&machine["file_system"]),
        text(&results["date"]).get(..10).unwrap_or_default(),
        text(&results["revision"]),
        text(&plan["name"]),
        plan["repetitions"],
        plan["measured_seconds"],
    )?;
    if machine["busy"] == Value::Bool(true) {
        let load = machine["load_average_before"].as_f64().unwrap_or(0.0);
        writeln!(
            page,
            "**Measured on a busy machine**: the load average was {load:.1} before the run began, so that all numbers are worse \
             than they would be alone, and ratios within the run say more than they do."
        )?;
    }
    writeln!(page, "Medians; in parentheses the least and the greatest.\n")
}

fn accepting(page: &mut String, results: &Value) -> std::fmt::Result {
    writeln!(
        page,
        "| `POST /v1/messages` | connections | accepted/s | p50 ms | p99 ms | server CPU s/1,000 | database CPU s/1,000 | \
         client, cores |\n| --- | --: | --: | --: | --: | --: | --: | --: |"
    )?;
    for (engine, measured) in engines(results) {
        for (list, note) in [("accept", ""), ("accept_with_idempotency_key", ", with `Idempotency-Key`")] {
            for level in measured[list].as_array().into_iter().flatten() {
                writeln!(
                    page,
                    "| {engine}{note} | {} | {} | {} | {} | {} | {} | {} |",
                    level["connections"],
                    spread(&level["per_second"], 0),
                    spread(&level["p50_ms"], 2),
                    spread(&level["p99_ms"], 2),
                    spread(&level["server_cpu_seconds_per_1000"], 3),
                    spread(&level["database_cpu_seconds_per_1000"], 3),
                    spread(&level["client_cores"], 2),
                )?;
            }
        }
    }
    writeln!(page)
}

fn delivering(page: &mut String, results: &Value) -> std::fmt::Result {
    writeln!(
        page,
        "| accepted to receipted by webhook | messages | webhooks/s | server CPU s/1,000 | database CPU s/1,000 | duplicates |\n\
         | --- | --: | --: | --: | --: | --: |"
    )?;
    for (engine, measured) in engines(results) {
        let deliver = &measured["deliver"];
        writeln!(
            page,
            "| {engine} | {} | {} | {} | {} | {} |",
            deliver["messages"],
            spread(&deliver["per_second"], 0),
            spread(&deliver["server_cpu_seconds_per_1000"], 3),
            spread(&deliver["database_cpu_seconds_per_1000"], 3),
            deliver["duplicates"],
        )?;
    }
    writeln!(page)
}

fn revocation(page: &mut String, results: &Value) -> std::fmt::Result {
    for (engine, measured) in engines(results) {
        let revocation = &measured["revocation"];
        if let Some(trials) = revocation["trials"].as_u64() {
            let row = |what: &str, ms: &Value| {
                let number = |name: &str| ms[name].as_f64().map_or_else(|| "—".to_owned(), |ms| format!("{ms:.1}"));
                format!(
                    "| {what}, {engine} | {trials} | {} | {} | {} |",
                    number("median"),
                    number("p99"),
                    number("max")
                )
            };
            writeln!(
                page,
                "| revoked on one node, ended on another: ms from the revocation's answer | trials | p50 | p99 | max |\n\
                 | --- | --: | --: | --: | --: |\n{}\n{}\n{}\n",
                row("a key, until the first refusal", &revocation["ms"]),
                row("a member's session, until the first refusal", &revocation["sessions_ms"]),
                row("a stream that was open, until its end", &revocation["streams_ms"]),
            )?;
        }
    }
    Ok(())
}

fn pages(page: &mut String, results: &Value) -> std::fmt::Result {
    for (engine, measured) in engines(results) {
        let (pages, stored) = (&measured["pages"], &measured["start"]["stored"]);
        let Some(rows) = pages["pages"].as_array() else { continue };
        writeln!(
            page,
            "| page, {engine}, {stored} messages, {} times each | p50 ms | p99 ms |\n| --- | --: | --: |",
            pages["times"]
        )?;
        for row in rows {
            let name = row["page"].as_str().unwrap_or_default();
            writeln!(page, "| `{name}` | {} | {} |", one(&row["p50_ms"], 1), one(&row["p99_ms"], 1))?;
        }
        writeln!(page)?;
    }
    Ok(())
}

fn footprint(page: &mut String, results: &Value) -> std::fmt::Result {
    writeln!(
        page,
        "| footprint | RSS idle MiB | RSS peak under load MiB | messages stored | start to ready ms | of an empty one ms | \
         batches of 1,000: messages/s |\n| --- | --: | --: | --: | --: | --: | --: |"
    )?;
    for (engine, measured) in engines(results) {
        let (memory, start) = (&measured["resident_mib"], &measured["start"]);
        writeln!(
            page,
            "| {engine} | {} | {} | {} | {} | {} | {} |",
            one(&memory["idle"], 1),
            one(&memory["peak_under_load"], 1),
            start["stored"],
            spread(&start["ready_ms"], 0),
            one(&start["empty_ready_ms"], 0),
            one(&measured["batch"]["per_second"], 0),
        )?;
    }
    writeln!(page)
}

fn limits(page: &mut String, limits: &Value) -> std::fmt::Result {
    let bare = &limits["bare_axum"];
    writeln!(page, "| limits of the machine, same run | |\n| --- | --: |")?;
    writeln!(page, "| bare axum, 64 connections, requests/s | {} |", spread(&bare["per_second"], 0))?;
    writeln!(page, "| bare axum, CPU µs/request | {} |", spread(&bare["cpu_us"], 1))?;
    for sync in ["fsync", "fdatasync"] {
        let disk = &limits["disk"][sync];
        let [rate, p50, p99] = [("per_second", 0), ("p50_ms", 2), ("p99_ms", 2)].map(|(name, d)| one(&disk[name], d));
        writeln!(page, "| {sync} of an appended 4 KiB: /s, p50 ms, p99 ms | {rate}, {p50}, {p99} |")?;
    }
    for (name, shown) in [("aes_256_gcm_1_kib", "AES-256-GCM"), ("hmac_sha256_1_kib", "HMAC-SHA256")] {
        let row = &limits["cryptography"][name];
        writeln!(page, "| {shown} of 1 KiB, one core: MiB/s | {} |", one(&row["mib_per_second"], 0))?;
    }
    writeln!(page)
}

fn aims(page: &mut String, results: &Value) -> std::fmt::Result {
    writeln!(page, "| target | wanted | measured | |\n| --- | --: | --: | --- |")?;
    for target in targets::all(results) {
        let verdict = match target.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured",
        };
        writeln!(page, "| {} | {} | {} | {verdict} |", target.what, target.wanted, target.measured)?;
    }
    Ok(())
}

fn engines(results: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let names = [("sqlite", "SQLite"), ("postgresql", "PostgreSQL")];
    names.into_iter().filter_map(|(key, name)| Some((name, results["engines"].get(key)?)))
}

/// `12 (11–14)`, with so many decimals.
fn spread(value: &Value, decimals: usize) -> String {
    if value["median"].is_null() {
        return "—".to_owned();
    }
    let [median, min, max] = ["median", "min", "max"].map(|name| one(&value[name], decimals));
    format!("{median} ({min}–{max})")
}

fn one(value: &Value, decimals: usize) -> String {
    value.as_f64().map_or_else(|| "—".to_owned(), |value| format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        assert_eq!(replaced(&text, "new\n").unwrap(), format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(replaced("no marks", "new"), None);
    }

    #[test]
    fn a_busy_machine_is_said_to_be_one() {
        let busy =
            |busy| page(&json!({ "machine": { "busy": busy, "load_average_before": 5.0 } })).contains("busy machine");
        assert!(busy(true) && !busy(false));
    }
}
