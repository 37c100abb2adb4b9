//! What was aimed at, and how far away it is.

use serde_json::Value;

use crate::plan::REFERENCE;

/// Messages a second that the peer creates at 64 connections, with PostgreSQL and Redis, on a busy machine of this kind: as
/// given to us, not measured in this run.
const PEER_PER_SECOND: f64 = 840.0;

/// One target.
pub(crate) struct Target {
    pub(crate) what: &'static str,
    pub(crate) wanted: String,
    pub(crate) measured: String,
    /// Whether it is met; nothing if it was not measured.
    pub(crate) met: Option<bool>,
}

/// All of them, with what this run says.
pub(crate) fn all(results: &Value) -> Vec<Target> {
    let sqlite = |pointer: &str| results.pointer(&format!("/engines/sqlite{pointer}"));
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let accept =
        |engine: &str| reference(results, engine).and_then(|level| number(level.pointer("/per_second/median")));
    let bare = number(results.pointer("/limits/bare_axum/per_second/median"));
    let fsync = number(results.pointer("/limits/disk/fdatasync/p99_ms"));
    let p99 = reference(results, "sqlite").and_then(|level| number(level.pointer("/p99_ms/median")));
    let cpu = number(sqlite("/deliver/server_cpu_seconds_per_1000/median"));
    let idle = number(sqlite("/resident_mib/idle"));
    let peak = number(sqlite("/resident_mib/peak_under_load"));
    let ready = number(sqlite("/start/ready_ms/median"));
    let stored = number(sqlite("/start/stored")).unwrap_or(0.0);
    let revoked = |what: &str| number(results.pointer(&format!("/engines/postgresql/revocation/{what}/max")));
    let binary = number(results.pointer("/binary_mib"));
    let times = |engine, wanted: f64| {
        let ratio = accept(engine).map(|accepted| accepted / PEER_PER_SECOND);
        (ratio.map(|ratio| format!("{ratio:.1} ×")), ratio.map(|ratio| ratio >= wanted))
    };
    let most = |value: Option<f64>, wanted: f64, unit: &str| {
        (value.map(|value| format!("{value:.2} {unit}")), value.map(|value| value <= wanted))
    };
    let slowest = sqlite("/pages/pages")
        .and_then(Value::as_array)
        .and_then(|pages| pages.iter().filter_map(|page| page["p99_ms"].as_f64()).max_by(f64::total_cmp));
    let (page_text, page_met) = most(slowest, 50.0, "ms");
    let page = (page_text.map(|text| format!("{text} with {stored:.0}")), page_met.filter(|met| !met || stored >= 1e6));
    let target = |what, wanted: &str, (measured, met): (Option<String>, Option<bool>)| Target {
        what,
        wanted: wanted.to_owned(),
        measured: measured.unwrap_or_else(|| "—".to_owned()),
        met,
    };
    let share = accept("sqlite").zip(bare).map(|(accepted, bare)| accepted / bare);
    let latency = fsync.map_or(5.0, |fsync| 2.0 * fsync + 5.0);
    let (ready_text, ready_met) = most(ready, 300.0, "ms");
    let ready = ready_text.map(|text| format!("{text} with {stored:.0}"));
    let ready_met = ready_met.filter(|met| !met || stored >= 1e6);
    vec![
        target("accepted/s on SQLite, 64 connections, against the peer", "≥ 10 ×", times("sqlite", 10.0)),
        target("accepted/s on PostgreSQL, 64 connections, against the peer", "≥ 6 ×", times("postgresql", 6.0)),
        target("server CPU per message, accepted to receipted, SQLite", "≤ 0.2 ms", most(cpu, 0.2, "ms")),
        target(
            "accepted/s on SQLite against bare axum, 64 connections",
            "≥ 25 %",
            (share.map(|share| format!("{:.0} %", share * 100.0)), share.map(|share| share >= 0.25)),
        ),
        target(
            "p99 at 64 connections, SQLite: 2 × fdatasync p99 + 5 ms",
            &format!("≤ {latency:.1} ms"),
            most(p99, latency, "ms"),
        ),
        target("resident memory idle", "≤ 60 MiB", most(idle, 60.0, "MiB")),
        target("resident memory under load, peak", "≤ 150 MiB", most(peak, 150.0, "MiB")),
        target("start to ready, 1 M messages stored", "≤ 300 ms", (ready, ready_met)),
        target("a key's revocation on another node, the slowest", "≤ 1,000 ms", most(revoked("ms"), 1000.0, "ms")),
        target("a session's, the slowest", "≤ 1,000 ms", most(revoked("sessions_ms"), 1000.0, "ms")),
        target(
            "the end of a stream whose session was revoked",
            "≤ 1,000 ms",
            most(revoked("streams_ms"), 1000.0, "ms"),
        ),
        target("p99 of the slowest page, 1 M messages stored, SQLite", "≤ 50 ms", page),
        target("stripped binary", "≤ 40 MiB", most(binary, 40.0, "MiB")),
    ]
}

/// What was measured on an engine at the connections that ratios are taken at.
fn reference<'a>(results: &'a Value, engine: &str) -> Option<&'a Value> {
    let levels = results.pointer(&format!("/engines/{engine}/accept"))?.as_array()?;
    levels.iter().find(|level| level["connections"] == REFERENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        assert!(all(&json!({})).iter().all(|target| target.met.is_none()));
    }

    #[test]
    fn a_quick_start_counts_only_with_a_million_messages() {
        let start = |stored: f64, ms: f64| {
            let engine = json!({ "start": { "stored": stored, "ready_ms": { "median": ms } } });
            all(&json!({ "engines": { "sqlite": engine } }))[7].met
        };
        assert_eq!([start(1e6, 200.0), start(1e3, 200.0), start(1e3, 400.0)], [Some(true), None, Some(false)]);
    }

    #[test]
    fn ratios_are_taken_at_the_reference() {
        let level =
            |connections: usize, rate: f64| json!({ "connections": connections, "per_second": { "median": rate } });
        let engine = json!({ "accept": [level(16, 1.0), level(64, 8400.0)] });
        let targets = all(&json!({ "engines": { "sqlite": engine } }));
        assert_eq!((targets[0].measured.as_str(), targets[0].met), ("10.0 ×", Some(true)));
    }
}
