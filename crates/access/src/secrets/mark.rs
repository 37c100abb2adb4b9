//! What stands for a value, and for a network, where neither may be shown.

use std::net::IpAddr;

use sealpost_store::{OrgKeys, SecretId, Time};

use crate::api_keys::{CoarseNetwork, Day};

/// A keyed hash of a value: tells whether two versions of one secret are the same, and nothing about another secret, so that
/// nobody finds out what one is by storing guesses beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(super) [u8; 4]);

impl Fingerprint {
    pub(super) fn of(keys: &OrgKeys, id: SecretId, value: &str) -> Self {
        Self(cut(keys.purpose("secret-fingerprint").mac(&[&id.bytes(), value.as_bytes()])))
    }

    /// Eight hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex(self.0)
    }
}

/// What a network (/24 or /48) is called in one secret's changes on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkMark(pub(super) [u8; 4]);

impl NetworkMark {
    pub(super) fn of(keys: &OrgKeys, id: SecretId, peer: IpAddr, at: Time) -> Self {
        let (day, network) = (Day::of(at).bytes(), CoarseNetwork::of(peer));
        Self(cut(keys.purpose("ip").mac(&[b"secret", &id.bytes(), &day, network.bytes()])))
    }

    /// Eight hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex(self.0)
    }
}

fn cut(mac: [u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = mac;
    [a, b, c, d]
}

fn hex(bytes: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(bytes))
}
