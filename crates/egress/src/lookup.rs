//! Names to addresses by name servers alone.
//!
//! `getaddrinfo` also reads the hosts file and, for a name with few dots, asks below the search domains first. In a cluster that says
//! every customer's host to the cluster's name server, and lets whoever may make names there answer for them. Here a name is asked for
//! as it is written, and never held in a thread that can't be cancelled.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::lookup::Lookup as Found;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::{RData, RecordType};

use crate::resolve::{Lookup, ResolveError, Resolver};
use crate::text::NameServers;

/// How long both questions may take with all their tries.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Aliases on the way to an address. Nobody needs more than a few; each may lead to another zone, whose owner answers next.
const ALIASES: usize = 8;

/// Addresses of one name. Each is judged; a name that has more is nobody's receiver.
const ADDRESSES: usize = 32;

impl NameServers {
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        // The dot says that the name is whole.
        let name = format!("{host}.");
        let (v4, v6) =
            tokio::join!(self.0.lookup(name.as_str(), RecordType::A), self.0.lookup(name.as_str(), RecordType::AAAA));
        let mut all = Vec::new();
        let mut failed = None;
        for found in [v4, v6] {
            match found {
                Ok(found) => collect(&found, &mut all)?,
                Err(NetError::Timeout) => failed = Some(ResolveError::TimedOut),
                Err(_) => failed = failed.or(Some(ResolveError::NotFound)),
            }
        }
        match failed {
            Some(error) if all.is_empty() => Err(error),
            _ => Ok(all),
        }
    }
}

/// All addresses of the answer, whatever name each stands under: what we don't call is judged too.
fn collect(found: &Found, all: &mut Vec<IpAddr>) -> Result<(), ResolveError> {
    let mut aliases = 0;
    for record in found.answers() {
        let address = match &record.data {
            RData::A(address) => IpAddr::V4(address.0),
            RData::AAAA(address) => IpAddr::V6(address.0),
            RData::CNAME(_) => {
                aliases += 1;
                continue;
            }
            _ => continue,
        };
        if !all.contains(&address) {
            all.push(address);
        }
    }
    if aliases > ALIASES || all.len() > ADDRESSES { Err(ResolveError::NotFound) } else { Ok(()) }
}

impl Resolver for NameServers {
    fn resolve<'a>(&'a self, host: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            tokio::time::timeout(TIMEOUT, self.addresses(host)).await.unwrap_or(Err(ResolveError::TimedOut))
        })
    }
}
