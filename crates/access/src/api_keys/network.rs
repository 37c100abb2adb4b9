//! Where a key is used from, coarsely, and so that it can't be turned back into an address.

use std::net::IpAddr;

use sealpost_store::{ApiKeyId, OrgKeys, Time};

use super::day::Day;

/// The network of an address: its /24 (IPv4) or /48 (IPv6). Lives in memory for seconds; what is kept is a [`NetworkName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CoarseNetwork([u8; 7]);

impl CoarseNetwork {
    pub(crate) fn of(peer: IpAddr) -> Self {
        let mut network = [0; 7];
        match peer.to_canonical() {
            IpAddr::V4(v4) => {
                network[0] = 4;
                network[1..4].copy_from_slice(&v4.octets()[..3]);
            }
            IpAddr::V6(v6) => {
                network[0] = 6;
                network[1..].copy_from_slice(&v6.octets()[..6]);
            }
        }
        Self(network)
    }

    pub(crate) fn bytes(&self) -> &[u8; 7] {
        &self.0
    }
}

/// What a key's network is called on one day: keyed, so that nobody without the organisation's key can try all networks, and
/// different for each day and key, so that names can't be followed or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NetworkName(pub(super) [u8; 4]);

impl NetworkName {
    pub(super) fn new(keys: &OrgKeys, key: ApiKeyId, network: CoarseNetwork, at: Time) -> Self {
        let day = Day::of(at).bytes();
        let mac = keys.purpose("ip").mac(&[b"api_key", &key.bytes(), &day, &network.0]);
        let mut name = [0; 4];
        name.copy_from_slice(&mac[..4]);
        Self(name)
    }

    /// Eight hexadecimal digits.
    pub(super) fn to_hex(self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.0))
    }
}

/// What a network is called as long as a key is known from it: keyed and different for each key, never shown, and forgotten some
/// time after its last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FamiliarNetwork(pub(super) [u8; 8]);

impl FamiliarNetwork {
    pub(super) fn new(keys: &OrgKeys, key: ApiKeyId, network: CoarseNetwork) -> Self {
        let mac = keys.purpose("ip").mac(&[b"api_key_familiar", &key.bytes(), &network.0]);
        let mut name = [0; 8];
        name.copy_from_slice(&mac[..8]);
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_coarse() {
        let of = |text: &str| CoarseNetwork::of(text.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("192.0.2.254"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.9"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff::"));
        assert_ne!(of("2001:db8:1::"), of("2001:db8:2::"));
    }
}
