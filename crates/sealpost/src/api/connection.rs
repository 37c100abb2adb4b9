//! Which server, which key: flags, then the environment, then a saved profile.

use std::path::{Path, PathBuf};

use sealpost_egress::client::Client;
use sealpost_egress::guard::{Cidr, Policy};
use sealpost_egress::network::Network;
use sealpost_seal::SecretText;
use serde::{Deserialize, Serialize};

use super::{Api, ApiError};
use crate::config::Environment;
use crate::{files, trust};

/// Where `sealpost demo` saves how to reach it.
pub(crate) const DEMO_PROFILE: &str = "sealpost-data/client.toml";
/// Blocks of private addresses: a server of one's own may well be there (RFC 1918, RFC 4193, RFC 6598).
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// How to reach the API.
#[derive(Clone, Default, clap::Args)]
pub(crate) struct Connection {
    /// The server, such as https://localhost:7700 [env: SEALPOST_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// A file that holds an API key [env: SEALPOST_KEY_FILE; or the key itself in SEALPOST_KEY]
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The server's certificate authority in PEM, if it is no public one [env: SEALPOST_CA]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// A file with `url`, `key_file` and `ca` [env: SEALPOST_PROFILE; default: what `sealpost demo` saved in ./sealpost-data]
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
}

/// A saved connection. Paths are relative to its own folder.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) url: Option<String>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) ca: Option<PathBuf>,
}

impl Connection {
    /// A connection to the API.
    pub(crate) fn open(&self, environment: &Environment) -> Result<Api, ApiError> {
        let profile = self.saved(environment)?;
        let set = |variable: &str| environment.get(variable).map(str::to_owned);
        let url = self.url.clone().or_else(|| set("SEALPOST_URL")).or(profile.url).ok_or_else(|| {
            ApiError::usage(
                "no server is named",
                Some("use --url or SEALPOST_URL, or run `sealpost demo` in this folder"),
            )
        })?;
        let key = match (&self.key_file, environment.get("SEALPOST_KEY")) {
            (None, Some(key)) => SecretText::new(key.to_owned()),
            (given, _) => {
                let file = given.clone().or_else(|| set("SEALPOST_KEY_FILE").map(PathBuf::from)).or(profile.key_file);
                read_key(&file.ok_or_else(|| {
                    ApiError::usage("no API key is named", Some("use --key-file, SEALPOST_KEY_FILE or SEALPOST_KEY"))
                })?)?
            }
        };
        let ca = self.ca.clone().or_else(|| set("SEALPOST_CA").map(PathBuf::from)).or(profile.ca);
        let trust = trust::of_files(ca).map_err(|error| ApiError::usage(format!("{error:#}"), None))?;
        let client = Client::new(Network::system(own_servers()), &trust)
            .map_err(|error| ApiError::usage(error.to_string(), None))?;
        Api::new(client, &url, &key)
    }

    fn saved(&self, environment: &Environment) -> Result<Profile, ApiError> {
        let named = self.profile.clone().or_else(|| environment.get("SEALPOST_PROFILE").map(PathBuf::from));
        let path = match named {
            Some(path) => path,
            None if Path::new(DEMO_PROFILE).is_file() => DEMO_PROFILE.into(),
            None => return Ok(Profile::default()),
        };
        Profile::read(&path)
    }
}

impl Profile {
    fn read(path: &Path) -> Result<Self, ApiError> {
        let refused = |what: &dyn std::fmt::Display| ApiError::usage(format!("{}: {what}", path.display()), None);
        let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
        let mut profile: Self = toml::from_str(&text).map_err(|error| refused(&error.message()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in [&mut profile.key_file, &mut profile.ca].into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(profile)
    }

    /// Saves it for the commands that come after.
    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        let text = toml::to_string(self).map_err(std::io::Error::other)?;
        files::write_private(path, text.as_bytes())
    }
}

fn read_key(path: &Path) -> Result<SecretText, ApiError> {
    let text = crate::config::read_secret_file(path).map_err(|error| ApiError::usage(error.to_string(), None))?;
    Ok(SecretText::new(text.expose().trim().to_owned()))
}

/// The user has named the server: it may be on this machine, in a private network, and on any port.
fn own_servers() -> Policy {
    let policy = Policy::strict().with_any_port().with_loopback();
    PRIVATE.iter().filter_map(|block| block.parse::<Cidr>().ok()).fold(policy, Policy::with_allowed)
}

/// For what stays on this machine: loopback, any port.
pub(crate) fn local_policy() -> Policy {
    Policy::strict().with_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(error: Result<Api, ApiError>) -> String {
        error.err().unwrap().to_string()
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_profile() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("test.key");
        std::fs::write(&key, "sk_test_x\n").unwrap();
        let profile = folder.path().join("client.toml");
        std::fs::write(&profile, "url = \"https://profile.example:1\"\nkey_file = \"test.key\"\n").unwrap();
        let mut connection = Connection { profile: Some(profile), ..Connection::default() };
        assert_eq!(connection.open(&Environment::default()).ok().unwrap().url(), "https://profile.example:1");
        let environment = Environment::of(&[("SEALPOST_URL", "https://environment.example")]);
        assert_eq!(connection.open(&environment).ok().unwrap().url(), "https://environment.example");
        connection.url = Some("https://flag.example/".into());
        assert_eq!(connection.open(&environment).ok().unwrap().url(), "https://flag.example");
    }

    #[test]
    fn what_is_missing_is_named() {
        let nowhere = Environment::of(&[("SEALPOST_PROFILE", "/nonexistent/client.toml")]);
        assert!(text_of(Connection::default().open(&nowhere)).contains("/nonexistent/client.toml"));
        let connection = Connection { url: Some("https://x.example".into()), ..Connection::default() };
        assert_eq!(text_of(connection.open(&Environment::default())), "no API key is named");
    }
}
