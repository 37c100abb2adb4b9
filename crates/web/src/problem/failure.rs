//! Two kinds of failure, kept apart by type.

use std::error::Error;

use sealpost_store::StoreError;

use super::{CHANGED_MEANWHILE, OVERLOADED, Refusal, STORAGE_UNAVAILABLE};

/// Why there is no answer as asked for.
#[derive(Debug)]
pub enum Failure {
    /// A decision; the client learns why.
    Refused(Refusal),
    /// A bug or an outage; only the log learns why.
    Fault(Fault),
}

/// What went wrong on our side. Its text never reaches a client.
#[derive(Debug)]
pub struct Fault {
    context: Option<&'static str>,
    source: Box<dyn Error + Send + Sync>,
}

impl Fault {
    /// A fault with this cause.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { context: None, source: source.into() }
    }

    /// Says what was being attempted.
    pub fn context(mut self, attempted: &'static str) -> Self {
        self.context = Some(attempted);
        self
    }
}

impl std::fmt::Display for Fault {
    /// The whole chain, for the log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(context) = self.context {
            write!(f, "{context}: ")?;
        }
        write!(f, "{}", self.source)?;
        let mut next = self.source.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded | StoreError::Stopped => Self::Refused(Refusal::of(&OVERLOADED).retry_after(1)),
            // Nothing of it happened, and it may go better next time.
            StoreError::Unwritable(_)
            | StoreError::Unreachable(_)
            | StoreError::RolledBack
            | StoreError::Unrecorded => {
                tracing::error!(error = %Fault::new(error), "storage.unavailable");
                Self::Refused(Refusal::of(&STORAGE_UNAVAILABLE).retry_after(5))
            }
            StoreError::Superseded => Self::Refused(Refusal::of(&CHANGED_MEANWHILE)),
            error => Self::Fault(Fault::new(error)),
        }
    }
}

/// A feature's own enum of refusals becomes a failure by `?`, once it says how it becomes a [`Refusal`].
impl<R: Into<Refusal>> From<R> for Failure {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}
