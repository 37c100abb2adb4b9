//! A block of addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

/// A block of addresses in CIDR notation, e.g. `10.20.0.0/16` or `fd12::/48`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    base: IpAddr,
    prefix: u8,
}

/// Why a text is not a block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CidrError {
    /// The part before `/` is not an IP address.
    #[error("not an IP address")]
    Address,
    /// The prefix length is missing, not a number, or longer than the address.
    #[error("prefix length out of range")]
    Prefix,
    /// Bits are set behind the prefix: a slip of the pen that would open another block than meant.
    #[error("address has bits set outside the prefix")]
    HostBits,
}

impl Cidr {
    /// Builds a block; refuses prefixes that are too long and bases with host bits.
    pub fn new(base: IpAddr, prefix: u8) -> Result<Self, CidrError> {
        let (bits, width) = left_aligned(base);
        if prefix > width {
            return Err(CidrError::Prefix);
        }
        if bits & !mask(prefix) != 0 {
            return Err(CidrError::HostBits);
        }
        Ok(Self { base, prefix })
    }

    /// Whether `address` lies inside. Addresses of the other family never do.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (base, width) = left_aligned(self.base);
        let (bits, other) = left_aligned(address);
        width == other && (base ^ bits) & mask(self.prefix) == 0
    }
}

impl From<IpAddr> for Cidr {
    /// The block of exactly one address.
    fn from(base: IpAddr) -> Self {
        let (_, width) = left_aligned(base);
        Self { base, prefix: width }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = text.split_once('/').ok_or(CidrError::Prefix)?;
        let address = address.parse().map_err(|_| CidrError::Address)?;
        let prefix = prefix.parse().map_err(|_| CidrError::Prefix)?;
        Self::new(address, prefix)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

fn left_aligned(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

fn mask(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}
