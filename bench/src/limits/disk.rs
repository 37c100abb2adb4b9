//! How fast the disk under the data folder makes 4 KiB durable.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::histogram::Histogram;

const BLOCK: [u8; 4096] = [0x5a; 4096];

/// Appends blocks one after the other, each made durable before the next: as a write-ahead log grows.
pub(crate) fn disk(folder: &Path, each: Duration) -> Result<Value> {
    let fsync = appended(&folder.join("fsync"), each, File::sync_all)?;
    let fdatasync = appended(&folder.join("fdatasync"), each, File::sync_data)?;
    Ok(json!({ "fsync": fsync, "fdatasync": fdatasync }))
}

fn appended(path: &Path, time: Duration, sync: fn(&File) -> std::io::Result<()>) -> Result<Value> {
    let mut file = File::create(path)?;
    let mut latencies = Histogram::new();
    let begun = Instant::now();
    while begun.elapsed() < time {
        let before = Instant::now();
        file.write_all(&BLOCK)?;
        sync(&file)?;
        latencies.record(before.elapsed());
    }
    let per_second = latencies.total() as f64 / begun.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(json!({
        "per_second": per_second,
        "p50_ms": latencies.percentile_ms(0.5),
        "p99_ms": latencies.percentile_ms(0.99),
    }))
}
