//! The server's process, if it runs on this host: its environment and command line, and that its memory is written nowhere.

use std::path::{Path, PathBuf};

use super::Look;
use crate::needles::Needles;

/// Looks at one process, or at every server of this program that there is.
pub(super) fn environment(pid: Option<u32>, needles: &Needles, when: &str) -> Look {
    let mut look = Look::at(format!("process of the server{when}"));
    let all = match pid {
        Some(pid) => vec![PathBuf::from(format!("/proc/{pid}"))],
        None => servers(),
    };
    let (mut closed, mut swapped) = (0, 0);
    for process in &all {
        let name = |file: &str| format!("{}/{file}", process.display());
        for file in ["cmdline", "environ"] {
            match std::fs::read(process.join(file)) {
                Ok(bytes) => look.found(needles, &name(file), &bytes),
                Err(_) => closed += 1,
            }
        }
        if let Ok(limits) = std::fs::read_to_string(process.join("limits"))
            && writes_core_dumps(&limits)
        {
            look.leaks.push(format!("{}: core dumps are on", name("limits")));
        }
        swapped += std::fs::read_to_string(process.join("status")).map_or(0, |status| in_swap(&status));
    }
    look.note = match (all.len(), closed) {
        (0, _) => Some("it doesn't run on this host".into()),
        _ if swapped > 0 => Some(format!("{swapped} kB of its memory are in swap: LimitMEMLOCK=infinity keeps it out")),
        (_, 0) => None,
        _ => Some("its environment is closed to this user, as it should be".into()),
    };
    look
}

/// Every process that looks like a server of this program.
fn servers() -> Vec<PathBuf> {
    let own = std::process::id().to_string();
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered = all.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.bytes().all(|byte| byte.is_ascii_digit()) && *name != own
    });
    numbered.map(|entry| entry.path()).filter(|path| is_server(path)).collect()
}

fn is_server(process: &Path) -> bool {
    let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
    let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let program = words.next().unwrap_or_default();
    Path::new(&*program).file_name().is_some_and(|name| name == "sealpost")
        && words.any(|word| word == "serve" || word == "demo")
}

/// `/proc/<pid>/limits` says how large a core file may become: neither now nor later may it be larger than nothing.
fn writes_core_dumps(limits: &str) -> bool {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
    !line.is_some_and(|line| line.split_whitespace().take(2).all(|size| size == "0"))
}

/// `/proc/<pid>/status` says how many kB of a process are in swap.
fn in_swap(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmSwap:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_dumps_are_off_when_neither_limit_leaves_room_for_one() {
        let limits =
            |size: &str| format!("Limit  Soft Limit  Hard Limit  Units\nMax core file size        {size}  bytes\n");
        assert!(!writes_core_dumps(&limits("0                    0        ")));
        for on in ["unlimited   unlimited", "0           unlimited"] {
            assert!(writes_core_dumps(&limits(on)), "{on}");
        }
        assert!(writes_core_dumps("nothing about it"));
    }

    #[test]
    fn what_is_in_swap_is_told_in_kilobytes() {
        assert_eq!(in_swap("Name:\tsealpost\nVmSwap:\t    1284 kB\nThreads:\t3\n"), 1284);
        assert_eq!((in_swap("VmSwap:\t0 kB\n"), in_swap("Name:\tsealpost\n")), (0, 0));
    }
}
