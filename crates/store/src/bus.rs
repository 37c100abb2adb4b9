//! What changed, told to everybody who listens, after the commit.

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::ctx::Org;

/// Something that changed.
#[derive(Clone)]
pub struct Change {
    /// What kind of change: `key.changed`, `outbox.pushed`.
    pub topic: &'static str,
    /// Where.
    pub org: Org,
    /// Which object.
    pub id: [u8; 16],
    /// What a listener in this process may use instead of reading it back. Never leaves the process.
    pub hint: Option<Arc<dyn Any + Send + Sync>>,
    /// Whether other nodes hear of it.
    pub(crate) travels: bool,
}

impl Change {
    /// A change without a hint.
    pub fn new(topic: &'static str, org: Org, id: [u8; 16]) -> Self {
        Self { topic, org, id, hint: None, travels: true }
    }

    /// The same, told in this process only.
    pub fn here(mut self) -> Self {
        self.travels = false;
        self
    }

    /// The same with something a listener in this process may use.
    pub fn with<T: Any + Send + Sync>(mut self, hint: T) -> Self {
        self.hint = Some(Arc::new(hint));
        self
    }
}

/// A transaction that was committed, measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Jobs that shared it.
    pub jobs: usize,
    /// Leaves they left.
    pub leaves: usize,
    /// How long the commit itself took: on SQLite one `fsync`.
    pub took: Duration,
}

type Listeners = Vec<(&'static str, mpsc::UnboundedSender<Change>)>;
type Watcher = Box<dyn Fn(Commit) + Send + Sync>;

/// Hands changes to those who subscribed to their topic, in this process; PostgreSQL's `NOTIFY` carries them to other nodes.
#[derive(Clone, Default)]
pub struct Bus {
    listeners: Arc<Mutex<Listeners>>,
    watcher: Arc<OnceLock<Watcher>>,
}

impl Bus {
    /// From now on, changes of `topic` arrive here.
    pub fn subscribe(&self, topic: &'static str) -> mpsc::UnboundedReceiver<Change> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.listeners().push((topic, sender));
        receiver
    }

    /// From now on `watcher` is told of every commit, on the thread that made it. One watches; a second is not heard.
    pub fn watch_commits(&self, watcher: impl Fn(Commit) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Tells whoever watches.
    pub(crate) fn committed(&self, commit: Commit) {
        if let Some(watcher) = self.watcher.get() {
            watcher(commit);
        }
    }

    /// Tells the listeners of this process.
    pub(crate) fn publish(&self, change: Change) {
        self.listeners().retain(|(topic, listener)| *topic != change.topic || listener.send(change.clone()).is_ok());
    }

    /// The topic of this name that somebody here subscribed to.
    pub(crate) fn topic(&self, name: &str) -> Option<&'static str> {
        self.listeners().iter().map(|(topic, _)| *topic).find(|topic| *topic == name)
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
