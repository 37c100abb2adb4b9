//! Which addresses are this machine's own.
//!
//! Nothing is listed and nothing remembered: interfaces come and go while the server runs, and a list made at its start would be
//! wrong by the evening. The kernel knows at any moment, and says so without a packet leaving.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Whether packets to `address` would come back to this machine.
pub(crate) fn is_ours(address: IpAddr) -> bool {
    if address.is_unspecified() {
        return true;
    }
    // Only an address of one's own can be bound, unless `ip_nonlocal_bind` lets anything be.
    (can_be_bound(address) && !can_be_bound(nobodys(address))) || leads_back(address)
}

fn can_be_bound(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

/// The kernel calls a local address from itself. Connecting a datagram socket chooses the route and sends nothing.
fn leads_back(address: IpAddr) -> bool {
    let from = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let Ok(socket) = UdpSocket::bind(SocketAddr::new(from, 0)) else { return false };
    let connected = socket.connect(SocketAddr::new(address, 9));
    connected.is_ok() && socket.local_addr().is_ok_and(|local| local.ip() == address)
}

/// An address for documentation (RFC 5737, RFC 3849), which no interface has.
fn nobodys(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_ours_and_what_is_elsewhere_is_not() {
        for text in ["127.0.0.1", "0.0.0.0"] {
            assert!(is_ours(text.parse().unwrap()), "{text}");
        }
        for text in ["192.0.2.1", "198.51.100.7", "2001:db8::7"] {
            assert!(!is_ours(text.parse().unwrap()), "{text}");
        }
    }

    /// The address other machines see, where this one has a way to them.
    #[test]
    fn the_address_of_an_interface_is_ours() {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        if socket.connect("192.0.2.1:9").is_ok() {
            let outside = socket.local_addr().unwrap().ip();
            assert!(is_ours(outside), "{outside}");
        }
    }
}
