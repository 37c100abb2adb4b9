//! How fast runs of a workflow go through it: many at once, and one after the other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::engine::Bench;
use crate::load::{self, Requests};
use crate::postgres::Postgres;
use crate::seeding::{self, Seeder};
use crate::server::Installation;
use crate::spread::Spread;
use crate::wire::{Target, Wire, request};

/// A run comes to so many conditions before each of its sends, and to an end.
const CONDITIONS: usize = 4;
const SENDS: usize = 2;
const STEPS: usize = (CONDITIONS + 1) * SENDS + 1;
/// Runs are begun over so many connections.
const CONNECTIONS: usize = 16;
/// Runs that go through alone.
const ALONE: usize = 200;
/// How long all of them may take.
const PATIENCE: Duration = Duration::from_secs(600);
const RUNS: &str = "/v1/workflow-runs";

/// Begins so many runs at once, and as many as that takes one after the other.
pub(crate) async fn measure(bench: &Bench<'_>, runs: usize) -> Result<Value> {
    let databases = bench.postgres.map(Postgres::databases).transpose()?;
    let (installation, key) =
        Installation::create(bench.binary, bench.folder.clone(), bench.certificates, databases).await?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    let mut seeder = Seeder::connect(&target, &key).await?;
    seeder.everything().await?;
    seeder.workflow(&definition()).await?;
    let requests = seeding::runs(&key);
    let mut all = Spread::default();
    for _ in 0..bench.plan.repetitions {
        load::send(&target, &requests, runs, CONNECTIONS).await?;
        let newest = ended(&target, &key, runs).await?;
        let begun = newest.iter().map(|(begun, _)| *begun).min().context("no runs")?;
        let end = newest.iter().map(|(_, end)| *end).max().context("no runs")?;
        all.push((runs * STEPS) as f64 * 1000.0 / (end - begun).max(1) as f64);
    }
    let alone = one_by_one(&target, &key, &requests).await?;
    server.stop()?;
    Ok(json!({
        "runs": runs,
        "steps_in_a_run": STEPS,
        "connections": CONNECTIONS,
        "steps_per_second": all.json(),
        "alone": { "runs": ALONE, "p50_ms": alone.0, "p99_ms": alone.1 },
    }))
}

/// From its acceptance to its end, as the server's clock has it: half of the runs took no longer, and 99 of a hundred.
async fn one_by_one(target: &Target, key: &str, requests: &Requests) -> Result<(i64, i64)> {
    let mut took = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        load::send(target, requests, 1, 1).await?;
        took.extend(ended(target, key, 1).await?.into_iter().map(|(begun, end)| end - begun));
    }
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).copied().context("no runs");
    Ok((at(50)?, at(99)?))
}

/// When each of the newest runs began and ended, in Unix milliseconds, once all of them have.
async fn ended(target: &Target, key: &str, runs: usize) -> Result<Vec<(i64, i64)>> {
    let (until, bearer) = (Instant::now() + PATIENCE, format!("authorization: Bearer {key}\r\n"));
    let mut wire = target.connect().await?;
    'again: while Instant::now() < until {
        let (mut all, mut cursor) = (Vec::with_capacity(runs), String::new());
        while all.len() < runs {
            let page = page(&mut wire, &bearer, &cursor, (runs - all.len()).min(250)).await?;
            for run in page["data"].as_array().context("no runs")? {
                match run["state"].as_str() {
                    Some("done") => all.push((time(&run["created_at"])?, time(&run["updated_at"])?)),
                    Some("running" | "waiting") => {
                        tokio::time::sleep(Duration::from_millis(if runs == 1 { 2 } else { 50 })).await;
                        continue 'again;
                    }
                    _ => bail!("a run ended otherwise: {run}"),
                }
            }
            cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
        }
        return Ok(all);
    }
    bail!("not every run came through")
}

async fn page(wire: &mut Wire, bearer: &str, cursor: &str, limit: usize) -> Result<Value> {
    let answer = wire.exchange(&request("GET", &format!("{RUNS}?limit={limit}{cursor}"), bearer, "")).await?;
    serde_json::from_slice(answer.body).context("no page")
}

fn time(value: &Value) -> Result<i64> {
    let text = value.as_str().context("no time")?;
    Ok(text.parse::<jiff::Timestamp>()?.as_millisecond())
}

/// Conditions and sends in turns: nothing that waits, so that what is measured is what each step costs.
fn definition() -> Value {
    let mut nodes = Map::new();
    let name = |at: usize| if at + 1 == STEPS { "end".to_owned() } else { format!("n{at}") };
    for at in 0..STEPS - 1 {
        let next = name(at + 1);
        let node = match at % (CONDITIONS + 1) {
            CONDITIONS => json!({ "type": "send", "event": "bench.order", "next": next,
                "data": { "number": { "field": "/data/number" }, "total": { "field": "/data/total" } } }),
            _ => {
                json!({ "type": "condition", "if": { "field": "/data/total", "exists": true }, "then": next, "else": next })
            }
        };
        nodes.insert(name(at), node);
    }
    nodes.insert("end".to_owned(), json!({ "type": "end" }));
    json!({ "class": "transactional", "start": "n0", "nodes": nodes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_has_as_many_nodes_as_are_counted() {
        let definition = definition();
        let nodes = definition["nodes"].as_object().unwrap();
        assert_eq!(nodes.len(), STEPS);
        assert_eq!(nodes.values().filter(|node| node["type"] == "send").count(), SENDS);
    }
}
