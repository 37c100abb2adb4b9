//! What a file of very many rows costs: how fast it is written and fetched, and how much memory and disk that takes beside what is there.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::engine::Bench;
use crate::load;
use crate::postgres::Postgres;
use crate::processes;
use crate::seeding;
use crate::server::Installation;
use crate::visitor;
use crate::wire::{Target, request};

/// How long a file may take to be written.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// How often it is asked how far it is, and how much disk it takes.
const LOOK: Duration = Duration::from_millis(100);
/// What is added at first comes in over so many connections.
const CONNECTIONS: usize = 16;
const MIB: f64 = 1024.0 * 1024.0;

/// Stores so many people, and takes all of them as a table and as lines.
pub(crate) async fn measure(bench: &Bench<'_>, people: usize) -> Result<Value> {
    let databases = bench.postgres.map(Postgres::databases).transpose()?;
    let (installation, key) =
        Installation::create(bench.binary, bench.folder.clone(), bench.certificates, databases).await?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    let begun = Instant::now();
    load::send(&target, &seeding::people(&key), people, CONNECTIONS).await?;
    let seeded = begun.elapsed();
    server.stop()?;

    let link = installation.owner_link()?;
    let server = installation.start()?;
    let target = Target { address: server.address, tls: bench.certificates.client()? };
    let owner = visitor::sign_in(&mut target.connect().await?, &link).await?;
    let rules = json!({ "always": false, "personal": false, "above_rows": null, "keep_hours": 1, "files_per_day": 50,
        "rows_per_day": 100_000_000, "reason": "a benchmark" });
    let put = request("PUT", "/v1/settings/downloads", &owner.headers(), &rules.to_string());
    let mut wire = target.connect().await?;
    let answer = wire.exchange(&put).await?;
    if answer.status != 200 {
        bail!("the rules were answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    let mut formats = serde_json::Map::new();
    for format in ["csv", "jsonl"] {
        let one = file(&target, &key, (server.pid(), &bench.folder), format).await.context(format)?;
        formats.insert(format.to_owned(), one);
    }
    server.stop()?;
    Ok(json!({ "people": people, "seeded_in_seconds": seeded.as_secs_f64(), "formats": formats }))
}

/// Asks for all of them as a file, waits for it, and fetches it.
async fn file(target: &Target, key: &str, (pid, folder): (u32, &Path), format: &str) -> Result<Value> {
    let bearer = format!("authorization: Bearer {key}\r\n");
    // What came before is none of this file's.
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").context("its peak of memory can't be set back")?;
    let (before, _) = processes::resident_mib(pid)?;
    let (disk_before, cpu_before) = (mib_in(folder), processes::cpu_seconds(pid));
    let order = json!({ "source": "contacts", "format": format, "reason": "a benchmark" }).to_string();
    let (begun, mut disk_most) = (Instant::now(), disk_before);
    let asked = call(target, &request("POST", "/v1/downloads", &bearer, &order)).await?;
    let path = format!("/v1/downloads/{}", asked["id"].as_str().context("no id")?);
    let ready = loop {
        let shown = call(target, &request("GET", &path, &bearer, "")).await?;
        disk_most = disk_most.max(mib_in(folder));
        match shown["state"].as_str() {
            Some("ready") => break shown,
            Some("queued" | "writing") if begun.elapsed() < PATIENCE => tokio::time::sleep(LOOK).await,
            _ => bail!("it isn't written: {shown}"),
        }
    };
    let written = begun.elapsed().as_secs_f64();
    let (_, peak_written) = processes::resident_mib(pid)?;
    let begun = Instant::now();
    let mut wire = target.connect().await?;
    let fetched = wire.pour(&request("POST", &format!("{path}/deliver"), &bearer, "")).await?;
    let delivered = begun.elapsed().as_secs_f64();
    let bytes = ready["bytes"].as_u64().context("no length")?;
    if fetched != bytes {
        bail!("{fetched} bytes of {bytes} came");
    }
    let (_, peak) = processes::resident_mib(pid)?;
    let rows = ready["rows"].as_f64().context("no rows")?;
    Ok(json!({
        "rows": rows,
        "mib": bytes as f64 / MIB,
        "written_in_seconds": written,
        "rows_per_second": rows / written,
        "fetched_in_seconds": delivered,
        "fetched_mib_per_second": bytes as f64 / MIB / delivered,
        "server_cpu_seconds": processes::cpu_seconds(pid) - cpu_before,
        "resident_before_mib": before,
        "peak_while_written_over_before_mib": peak_written - before,
        "peak_over_before_mib": peak - before,
        "disk_most_over_before_mib": disk_most - disk_before,
    }))
}

async fn call(target: &Target, bytes: &[u8]) -> Result<Value> {
    let mut wire = target.connect().await?;
    let answer = wire.exchange(bytes).await?;
    if !(200..300).contains(&answer.status) {
        bail!("answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    Ok(serde_json::from_slice(answer.body)?)
}

/// What lies below a folder; of a database elsewhere, nothing.
fn mib_in(folder: &Path) -> f64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => mib_in(&entry.path()),
        Ok(about) => about.len() as f64 / MIB,
        Err(_) => 0.0,
    };
    entries.map(size).sum()
}
