//! What the operating system asks of us.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT, heard from the moment this is made.
pub(crate) struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    /// Begins to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Ready once somebody wants the process to end.
    pub(crate) async fn asked_for(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Lets a write beyond the limit of a file's size fail as on a full disk, instead of ending the process (SIGXFSZ): tokio keeps
/// what it has once heard of from having its default effect.
pub(crate) fn survive_size_limits() -> io::Result<()> {
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)
}

/// Calls `reload` at every SIGHUP. Ends only if signals can't be had.
pub(crate) async fn on_hangup(reload: impl Fn()) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        reload();
    }
}
