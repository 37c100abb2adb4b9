//! What this process denies itself before it holds a secret.

/// No core dumps, and no other process of the same user may read our memory: both would hold keys and clear data.
pub(crate) fn no_core_dumps() {
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
