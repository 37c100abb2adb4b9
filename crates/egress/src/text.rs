//! TXT records (RFC 1035 §3.3.14): how whoever runs a domain says something about it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{ResolverBuilder, TokioResolver};

use crate::resolve::ResolveError;

/// How long a look-up may take with all its tries.
const TIMEOUT: Duration = Duration::from_secs(8);
/// How many records of a name are read, and how many bytes of each: a name may have any number.
const MOST: usize = 64;
const LONGEST: usize = 1024;

/// The future of a look-up.
pub type TextLookup<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, ResolveError>> + Send + 'a>>;

/// Answers with the TXT records of a name.
pub trait TextResolver: Send + Sync + 'static {
    /// The records of `name`, a host name in ASCII without the dot at its end. Those that aren't UTF-8 or are too long are left out.
    fn text<'a>(&'a self, name: &'a str) -> TextLookup<'a>;
}

/// Asks name servers: those of the operating system, or others. For TXT records, and for addresses ([`crate::resolve::Resolver`]).
pub struct NameServers(pub(crate) TokioResolver);

impl NameServers {
    /// The operating system's. `Err` if it doesn't say which.
    pub fn of_the_system() -> Result<Self, ResolveError> {
        Self::built(TokioResolver::builder_tokio().map_err(|_| ResolveError::NotFound)?)
    }

    /// These, and no others.
    pub fn these(addresses: &[SocketAddr]) -> Result<Self, ResolveError> {
        let servers = addresses.iter().map(|address| {
            let ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut way| {
                way.port = address.port();
                way
            });
            NameServerConfig::new(address.ip(), true, ways.into())
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        Self::built(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
    }

    /// Name servers alone: what the hosts file says is this machine's business.
    fn built(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> Result<Self, ResolveError> {
        builder.options_mut().use_hosts_file = ResolveHosts::Never;
        Ok(Self(builder.build().map_err(|_| ResolveError::NotFound)?))
    }

    async fn look_up(&self, name: &str) -> Result<Vec<String>, ResolveError> {
        // What was true a minute ago is of no use to somebody who has just entered a record.
        self.0.clear_cache();
        let found = match self.0.txt_lookup(format!("{name}.")).await {
            Ok(found) => found,
            Err(NetError::Timeout) => return Err(ResolveError::TimedOut),
            Err(_) => return Err(ResolveError::NotFound),
        };
        let texts = found.answers().iter().take(MOST).filter_map(|record| match &record.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
        Ok(texts.filter(|bytes| bytes.len() <= LONGEST).filter_map(|bytes| String::from_utf8(bytes).ok()).collect())
    }
}

impl TextResolver for NameServers {
    fn text<'a>(&'a self, name: &'a str) -> TextLookup<'a> {
        Box::pin(async move {
            tokio::time::timeout(TIMEOUT, self.look_up(name)).await.unwrap_or(Err(ResolveError::TimedOut))
        })
    }
}
