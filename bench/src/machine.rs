//! On what all this was measured.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Processors, kernel, file system, and how busy the machine was before anything started.
pub(crate) fn describe(data: &Path) -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let model = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| Some(line.strip_prefix("model name")?.split_once(':')?.1.trim().to_owned()));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg").split(' ').next().and_then(|load| load.parse::<f64>().ok()).unwrap_or(0.0);
    json!({
        "processor": model.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        "cores": cores,
        "memory_mib": memory_mib(),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "file_system": file_system(data),
        "load_average_before": load,
        // Somebody else wants more than a tenth of a core.
        "busy": load > 0.1 * cores as f64,
    })
}

/// How large a program is once its symbols are gone.
pub(crate) fn stripped_mib(program: &Path, work: &Path) -> Result<f64> {
    let stripped = work.join("stripped");
    let done =
        Command::new("strip").arg("-o").arg(&stripped).arg(program).status().is_ok_and(|status| status.success());
    // Without `strip`, its size as it is: never too small.
    let measured = if done { &stripped } else { program };
    Ok(std::fs::metadata(measured).context("the server's program")?.len() as f64 / 1_048_576.0)
}

fn memory_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().next().and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

fn file_system(path: &Path) -> String {
    let output = Command::new("df").arg("--output=fstype").arg(path).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().nth(1).unwrap_or("unknown").trim().to_owned()
}
