//! Ports besides those that every policy permits: which others may agree to, and that they have.

/// What a policy permits by itself.
pub(super) const HTTPS_PORTS: [u16; 2] = [443, 8443];

/// Bad ports of the Fetch standard (§2.9, port blocking; with those of 2024): whoever listens there speaks something else, and may take a
/// request for it.
const BAD: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// A port that no policy permits by itself and that others may agree to: not 443 or 8443, and none where something else is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherPort(u16);

impl OtherPort {
    /// The port, if others may agree to it.
    pub fn of(port: u16) -> Option<Self> {
        (!HTTPS_PORTS.contains(&port) && !BAD.contains(&port)).then_some(Self(port))
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// That others have agreed to a port, for the one URL they have seen. A [`Target`](crate::target::Target) that is read with it may be called
/// there, and nothing else may: no policy has it, and no flag stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgreedPort(OtherPort);

impl AgreedPort {
    /// Says so. Only whoever has seen that others agreed may: `clippy.toml` names it, and the one place that does says why.
    pub const fn by_approval(port: OtherPort) -> Self {
        Self(port)
    }

    /// Whether it is this port.
    pub(crate) const fn is(self, port: u16) -> bool {
        self.0.0 == port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_agrees_to_a_port_where_something_else_is_spoken() {
        assert!(BAD.is_sorted_by(|one, next| one < next));
        for port in [0, 22, 25, 443, 465, 587, 993, 5060, 6667, 8443, 10080] {
            assert_eq!(OtherPort::of(port), None, "{port}");
        }
        for port in [80, 444, 4443, 8080, 9000, 9443, 65535] {
            assert_eq!(OtherPort::of(port).map(OtherPort::number), Some(port));
        }
    }
}
