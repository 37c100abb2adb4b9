//! Names to addresses, all of them.
//!
//! What the API names is looked up by [`crate::text::NameServers`]: no search domains, no hosts file. What the operator wrote into the
//! configuration, such as a collector beside this machine, is looked up by the operating system.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Semaphore;

/// How long the system's resolver may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Look-ups at a time. `getaddrinfo` holds a thread of the blocking pool and can't be cancelled; a flood
/// of dead names must not take every thread.
const CONCURRENT: usize = 64;

/// Why a name has no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// The resolver said no, or gave no address.
    #[error("name not resolved")]
    NotFound,
    /// The resolver did not answer in time.
    #[error("name look-up timed out")]
    TimedOut,
}

/// The future of a look-up.
pub type Lookup<'a> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, ResolveError>> + Send + 'a>>;

/// Answers with **all** A and AAAA addresses of a name: the guard judges the name by every one of them.
pub trait Resolver: Send + Sync + 'static {
    /// Looks `host` up. Called only with names that [`crate::target::Target`] or
    /// [`crate::smtp::SmtpRelay`] has read, never with address literals.
    fn resolve<'a>(&'a self, host: &'a str) -> Lookup<'a>;
}

/// The operating system's resolver.
#[derive(Debug)]
pub struct SystemResolver {
    slots: Semaphore,
}

impl SystemResolver {
    /// A resolver with a limit of 5 s per look-up.
    pub fn new() -> Self {
        Self { slots: Semaphore::new(CONCURRENT) }
    }

    async fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let _slot = self.slots.acquire().await.map_err(|_| ResolveError::NotFound)?;
        let answers = tokio::net::lookup_host((host, 0)).await.map_err(|_| ResolveError::NotFound)?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for answer in answers {
            if !addresses.contains(&answer.ip()) {
                addresses.push(answer.ip());
            }
        }
        Ok(addresses)
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new()
    }
}

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            tokio::time::timeout(TIMEOUT, self.lookup(host)).await.unwrap_or(Err(ResolveError::TimedOut))
        })
    }
}

/// A fixed table of names, for tests and simulation.
#[derive(Debug, Clone, Default)]
pub struct FixedResolver {
    names: HashMap<String, Vec<IpAddr>>,
}

impl FixedResolver {
    /// A resolver that knows no name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a name with its addresses.
    pub fn with(mut self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.names.insert(host.to_owned(), addresses.into_iter().collect());
        self
    }
}

impl Resolver for FixedResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Lookup<'a> {
        let answer = self.names.get(host).cloned().ok_or(ResolveError::NotFound);
        Box::pin(std::future::ready(answer))
    }
}
