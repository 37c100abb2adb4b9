//! What this process denies itself before it holds a secret.

/// Everything a process that holds secrets denies itself.
pub(crate) fn apply() {
    no_core_dumps();
    // What is created from now on is for its owner only, whoever creates it: databases, logs, exports.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// No core dumps, and no other process of the same user may read our memory: both would hold keys and clear data.
fn no_core_dumps() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Core, none) {
        tracing::warn!(error = %error, "process.core_limit_failed");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        tracing::warn!(error = %error, "process.dumpable_failed");
    }
}

/// Whether core dumps are off.
pub(crate) fn core_dumps_are_off() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::Core).current == Some(0)
}
