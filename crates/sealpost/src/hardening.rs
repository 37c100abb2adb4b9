//! What this process denies itself before it holds a secret.

/// Everything a process that holds secrets denies itself.
pub(crate) fn apply() {
    no_core_dumps();
    stay_in_memory();
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

/// Memory that may be locked without end is: then nothing of it is ever written to swap. Where only some may be, a growing process
/// would one day get no more, so nothing is; what keeps keys from swap there is the machine's own (`sealpost doctor`).
fn stay_in_memory() {
    #[cfg(target_os = "linux")]
    if rustix::process::getrlimit(rustix::process::Resource::Memlock).current.is_none() {
        use rustix::mm::MlockAllFlags as Flags;
        // Pages that are touched, now and later: what is only reserved costs nothing.
        if let Err(error) = rustix::mm::mlockall(Flags::CURRENT | Flags::FUTURE | Flags::ONFAULT) {
            tracing::warn!(error = %error, "process.lock_failed");
        }
    }
}

/// Whether core dumps are off.
pub(crate) fn core_dumps_are_off() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::Core).current == Some(0)
}
