//! Networks of strangers, named so that nobody can tell which they were.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use sealpost_seal::key::Key;
use sealpost_store::{Time, World};

/// Names networks by a keyed hash. The key is random, lives in memory only and is a new one every UTC day: yesterday's names
/// can't be traced to an address, nor linked to today's.
pub(super) struct Peers {
    world: World,
    today: Mutex<Option<(i64, Arc<Key>)>>,
}

impl Peers {
    pub(super) fn new(world: World) -> Self {
        Self { world, today: Mutex::new(None) }
    }

    /// The name of the network `peer` is in: the address (IPv4), its /64 (IPv6: a household or a host has a whole one).
    pub(super) fn name(&self, peer: IpAddr, now: Time) -> [u8; 16] {
        let mut network = [0; 9];
        match peer.to_canonical() {
            IpAddr::V4(address) => {
                network[0] = 4;
                network[1..5].copy_from_slice(&address.octets());
            }
            IpAddr::V6(address) => {
                network[0] = 6;
                network[1..].copy_from_slice(&address.octets()[..8]);
            }
        }
        let mac = self.key(now).mac(&[&network]);
        let mut name = [0; 16];
        name.copy_from_slice(&mac[..16]);
        name
    }

    fn key(&self, now: Time) -> Arc<Key> {
        let day = now.unix_ms().div_euclid(86_400_000);
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        match &*today {
            Some((of, key)) if *of == day => key.clone(),
            _ => {
                let key = Arc::new(Key::generate(&*self.world.rng));
                *today = Some((day, key.clone()));
                key
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(peers: &Peers, peer: &str, day: i64) -> [u8; 16] {
        peers.name(peer.parse().unwrap(), Time::from_unix_ms(day * 86_400_000 + 5))
    }

    #[test]
    fn a_network_has_another_name_every_day() {
        let peers = Peers::new(World::real());
        let first = name(&peers, "192.0.2.1", 100);
        assert_eq!(first, name(&peers, "192.0.2.1", 100));
        assert_ne!(first, name(&peers, "192.0.2.1", 101));
        assert_ne!(first, name(&peers, "192.0.2.1", 100), "a key once forgotten does not come back");
    }

    #[test]
    fn an_ipv6_network_is_its_first_64_bits() {
        let peers = Peers::new(World::real());
        assert_eq!(name(&peers, "2001:db8::1", 1), name(&peers, "2001:db8::ffff:1", 1));
        assert_ne!(name(&peers, "2001:db8::1", 1), name(&peers, "2001:db8:0:1::1", 1));
        assert_eq!(name(&peers, "::ffff:192.0.2.7", 1), name(&peers, "192.0.2.7", 1));
        assert_ne!(name(&peers, "192.0.2.7", 1), name(&peers, "192.0.2.8", 1));
    }
}
