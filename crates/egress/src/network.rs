//! The one door to the outside: resolve, judge, connect to what was judged.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpStream;

use crate::guard::{AgreedPort, Policy, Refusal};
use crate::own;
use crate::resolve::{ResolveError, Resolver, SystemResolver};

/// How long one TCP connection attempt may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Addresses tried before giving up; more would only spend the caller's deadline. All are judged.
const TRIED: usize = 4;

/// A policy and a resolver: all that is needed to reach anything.
#[derive(Clone)]
pub struct Network {
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolver>,
}

/// Why there is no connection. No variant carries the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DialError {
    /// The name was not resolved.
    #[error(transparent)]
    NotResolved(#[from] ResolveError),
    /// The policy refuses the name or the address.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No permitted address accepted the connection.
    #[error("no connection")]
    Unreachable,
}

/// Where to connect: a name to resolve or an address literal that the policy admitted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    Name(Arc<str>),
    Literal(IpAddr),
}

impl Network {
    /// A network with the operating system's resolver.
    pub fn system(policy: Policy) -> Self {
        Self::new(policy, SystemResolver::new())
    }

    /// A network with any resolver, e.g. [`crate::resolve::FixedResolver`].
    pub fn new(policy: Policy, resolver: impl Resolver) -> Self {
        Self { policy: Arc::new(policy), resolver: Arc::new(resolver) }
    }

    /// The policy every connection of this network obeys.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Resolves `host`, judges every answer and connects to one of exactly those addresses. With
    /// `loopback_only` even public addresses are refused (plain-text protocols). A port that the policy doesn't permit takes that others
    /// have agreed to it.
    ///
    /// Nothing is resolved twice: the address that was judged is the address that is called.
    pub(crate) async fn dial(
        &self,
        host: &Host,
        (port, agreed): (u16, Option<AgreedPort>),
        loopback_only: bool,
    ) -> Result<TcpStream, DialError> {
        let addresses = match host {
            Host::Literal(address) => vec![*address],
            Host::Name(name) => self.resolver.resolve(name).await?,
        };
        self.policy.permit(&addresses)?;
        for address in &addresses {
            self.permit_endpoint(*address, (port, agreed), loopback_only)?;
            self.permit_elsewhere(*address)?;
        }
        for address in addresses.into_iter().take(TRIED) {
            if let Some((stream, peer)) = connect(SocketAddr::new(address, port)).await {
                // What the kernel says it is connected to has to pass like what was asked for.
                self.policy.permit_address(peer)?;
                return Ok(stream);
            }
        }
        Err(DialError::Unreachable)
    }

    /// Whether a name may be called of which these are all addresses, as [`Network::dial`] would decide now.
    pub fn permit(&self, addresses: &[IpAddr]) -> Result<(), Refusal> {
        self.policy.permit(addresses)?;
        addresses.iter().try_for_each(|address| self.permit_elsewhere(*address))
    }

    /// Every address `host` has, as those are found that this network calls.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        self.resolver.resolve(host).await
    }

    /// A public address may be this machine's own. Whoever may call loopback may call that too.
    fn permit_elsewhere(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.policy.permits_loopback() || !own::is_ours(address) { Ok(()) } else { Err(Refusal::OwnAddress) }
    }

    fn permit_endpoint(
        &self,
        address: IpAddr,
        (port, agreed): (u16, Option<AgreedPort>),
        loopback_only: bool,
    ) -> Result<(), Refusal> {
        let loopback = address.is_loopback();
        if loopback {
            Ok(())
        } else if loopback_only {
            Err(Refusal::PlainText)
        } else if self.policy.permits_port(port) || agreed.is_some_and(|agreed| agreed.is(port)) {
            Ok(())
        } else {
            Err(Refusal::Port)
        }
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Connects, and believes the connection only if its peer is the address that was asked for.
async fn connect(pinned: SocketAddr) -> Option<(TcpStream, IpAddr)> {
    let stream = tokio::time::timeout(CONNECT, TcpStream::connect(pinned)).await.ok()?.ok()?;
    stream.set_nodelay(true).ok()?;
    let peer = stream.peer_addr().ok()?;
    (peer == pinned).then_some((stream, peer.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::OtherPort;
    use crate::resolve::FixedResolver;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what others have agreed to is what is tested")]
    fn a_port_is_judged_again_when_it_is_called() {
        let network = Network::new(Policy::strict(), FixedResolver::default());
        let public = IpAddr::from([93, 184, 215, 14]);
        let agreed = |port: u16| OtherPort::of(port).map(AgreedPort::by_approval);
        let judged = |port: u16, agreed| network.permit_endpoint(public, (port, agreed), false);
        assert_eq!(judged(443, None), Ok(()));
        assert_eq!(judged(9000, None), Err(Refusal::Port));
        assert_eq!(judged(9000, agreed(9001)), Err(Refusal::Port));
        assert_eq!(judged(9000, agreed(9000)), Ok(()));
        assert_eq!(network.permit_endpoint(public, (9000, agreed(9000)), true), Err(Refusal::PlainText));
    }
}
