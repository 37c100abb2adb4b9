//! What the kernel says about processes: processor time and memory, from `/proc`.

use std::fs;

use anyhow::{Context, Result};

/// `sysconf(_SC_CLK_TCK)`: 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time of a process so far, all threads, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |stat| stat.own)
}

/// The same for a process and its children, those that have ended too.
pub(crate) fn cpu_seconds_of_family(pid: u32) -> f64 {
    let family = processes().filter(|child| stat(*child).is_some_and(|stat| stat.parent == pid));
    let living: f64 = family.map(cpu_seconds).sum();
    living + stat(pid).map_or(0.0, |stat| stat.own + stat.ended_children)
}

/// Resident memory now and at its highest, in MiB.
pub(crate) fn resident_mib(pid: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    Ok((field("VmRSS:").unwrap_or(0.0) / 1024.0, field("VmHWM:").unwrap_or(0.0) / 1024.0))
}

/// The PostgreSQL server that listens on `port`, by its command line.
pub(crate) fn postmaster(port: u16) -> Option<u32> {
    let port = port.to_string();
    processes().find(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        let is_postgres = words.first().is_some_and(|program| program.ends_with(b"postgres"));
        is_postgres && words.windows(2).any(|pair| pair[0] == b"-p" && pair[1] == port.as_bytes())
    })
}

/// Processor seconds this machine has spent on anything since it booted, and those taken from it by its host.
pub(crate) fn machine_cpu_seconds() -> (f64, f64) {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0.0) / TICKS_PER_SECOND;
    ([0, 1, 2, 5, 6].into_iter().map(at).sum(), at(7))
}

struct Stat {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may have spaces; what follows it starts with field 3.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(14)? + ticks(15)?) / TICKS_PER_SECOND,
        ended_children: (ticks(16)? + ticks(17)?) / TICKS_PER_SECOND,
    })
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
