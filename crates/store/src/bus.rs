//! What changed, told to everybody who listens, after the commit.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

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

type Listeners = Vec<(&'static str, mpsc::UnboundedSender<Change>)>;

/// Hands changes to those who subscribed to their topic, in this process; PostgreSQL's `NOTIFY` carries them to other nodes.
#[derive(Clone, Default)]
pub struct Bus(Arc<Mutex<Listeners>>);

impl Bus {
    /// From now on, changes of `topic` arrive here.
    pub fn subscribe(&self, topic: &'static str) -> mpsc::UnboundedReceiver<Change> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.listeners().push((topic, sender));
        receiver
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
