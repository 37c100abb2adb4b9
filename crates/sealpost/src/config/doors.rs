//! `[doors]`

use sealpost_messaging::doors::Door;
use sealpost_web::Hosts;
use serde::{Deserialize, Serialize};

/// Doors for clients of other systems, which move by changing host and key. Closed unless opened here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DoorsConfig {
    /// `/fyno/v1/{WSID}/{test|live}/event`, as Fyno's clients ask.
    pub(crate) fyno: DoorConfig,
    /// `/safravo/v1/messages`, as Safravo's clients ask.
    pub(crate) safravo: DoorConfig,
}

/// One door.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DoorConfig {
    /// Whether it is open.
    pub(crate) open: bool,
    /// Host names that lead through it: for clients that can change their host and nothing else. The certificate has to name them.
    pub(crate) hosts: Vec<String>,
}

impl DoorsConfig {
    fn each(&self) -> [(Door, &DoorConfig); 2] {
        [(Door::Fyno, &self.fyno), (Door::Safravo, &self.safravo)]
    }

    /// Doors that are open.
    pub(crate) fn open(&self) -> Vec<Door> {
        self.each().into_iter().filter(|(_, door)| door.open).map(|(door, _)| door).collect()
    }

    /// Hosts that lead through them.
    pub(crate) fn hosts(&self) -> Hosts {
        let open = self.each().into_iter().filter(|(_, door)| door.open);
        Hosts::new(open.flat_map(|(door, of)| of.hosts.iter().map(move |host| (host.clone(), door.prefix()))).collect())
    }

    /// A host that can't be one, that leads through two doors, or is what `own` is reached by.
    pub(super) fn wrong_host(&self, own: &str) -> Option<&str> {
        let all: Vec<&str> = self.each().into_iter().flat_map(|(_, door)| &door.hosts).map(String::as_str).collect();
        let is_name = |host: &str| {
            host.split('.').all(|label| {
                !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        };
        let twice = |at: usize, host: &str| all[..at].iter().any(|other| other.eq_ignore_ascii_case(host));
        let wrong = |at: usize, host: &str| !is_name(host) || host.eq_ignore_ascii_case(own) || twice(at, host);
        all.iter().enumerate().find(|(at, host)| wrong(*at, host)).map(|(_, host)| *host)
    }
}
