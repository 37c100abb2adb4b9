//! What init will write.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::{PostgresConfig, PublicUrl, SecretSource, StorageConfig};

/// What was asked for.
pub(super) struct Wishes {
    pub(super) dir: PathBuf,
    pub(super) data: PathBuf,
    pub(super) postgres: Option<Postgres>,
    pub(super) organisation: String,
    pub(super) host: String,
    pub(super) bind: String,
    /// Chain and key.
    pub(super) certificate: Option<(PathBuf, PathBuf)>,
}

/// Two PostgreSQL databases instead of SQLite, by the files that hold their URLs: a URL holds a password.
pub(super) struct Postgres {
    pub(super) data_url: PathBuf,
    pub(super) keys_url: PathBuf,
    /// Certificates in PEM.
    pub(super) authorities: Vec<PathBuf>,
}

/// What will be written, checked.
pub(super) struct Plan {
    pub(super) dir: PathBuf,
    pub(super) data: PathBuf,
    pub(super) config: PathBuf,
    pub(super) root: PathBuf,
    pub(super) organisation: String,
    postgres: Option<Postgres>,
    bind: SocketAddr,
    public_url: PublicUrl,
    certificate: Option<(PathBuf, PathBuf)>,
}

impl Plan {
    /// Checks the wishes. `Err` says which can't be and what could.
    pub(super) fn new(wishes: Wishes) -> Result<Self, String> {
        let bind: SocketAddr =
            wishes.bind.parse().map_err(|_| "--bind is an address and a port, such as 0.0.0.0:443".to_owned())?;
        if wishes.certificate.is_none() && !bind.ip().is_loopback() {
            return Err(
                "others can reach that address, so it needs a certificate: --certificate and --key, PEM files".into()
            );
        }
        let host = wishes.host.trim_start_matches("https://").trim_end_matches('/');
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let port = if has_port || bind.port() == 443 { String::new() } else { format!(":{}", bind.port()) };
        let public_url =
            PublicUrl::try_from(format!("https://{host}{port}")).map_err(|error| format!("--host {error}"))?;
        Ok(Self {
            config: wishes.dir.join("sealpost.toml"),
            root: wishes.dir.join("root.key"),
            dir: wishes.dir,
            data: wishes.data,
            postgres: wishes.postgres,
            organisation: wishes.organisation,
            bind,
            public_url,
            certificate: wishes.certificate,
        })
    }

    /// Every file and folder: path, mode, what it is.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, u32, &'static str)> {
        let data = match self.postgres {
            None => "folder of the data: data.db, keys.db",
            Some(_) => "folder of the certificates; the data is on PostgreSQL",
        };
        [
            (&*self.dir, 0o700, "folder of the configuration"),
            (&*self.config, 0o600, "configuration"),
            (&*self.root, 0o600, "root key: random, the one secret outside the database"),
            (&*self.data, 0o700, data),
        ]
        .into_iter()
    }

    /// Where the data will be, as the configuration will say it.
    pub(super) fn storage(&self) -> StorageConfig {
        let secret = |path: &PathBuf| SecretSource::File(path.clone().into());
        let postgres = self.postgres.as_ref().map(|Postgres { data_url, keys_url, authorities }| {
            let authorities = authorities.iter().map(|path| path.clone().into()).collect();
            PostgresConfig::new(secret(data_url), secret(keys_url), authorities)
        });
        StorageConfig { folder: self.data.clone().into(), postgres }
    }

    /// What the root key opens, for people.
    pub(super) fn opens(&self) -> String {
        match &self.postgres {
            None => self.data.display().to_string(),
            Some(Postgres { data_url, keys_url, .. }) => {
                format!("the databases of {} and {}", data_url.display(), keys_url.display())
            }
        }
    }

    /// The configuration file.
    pub(super) fn config_text(&self) -> String {
        let quoted = |text: &dyn std::fmt::Display| toml::Value::String(text.to_string()).to_string();
        let tls = match &self.certificate {
            Some((certificate, key)) => {
                format!("\n[tls]\ncertificate = {}\nkey = {}\n", quoted(&certificate.display()), quoted(&key.display()))
            }
            None => String::new(),
        };
        let postgres = match &self.postgres {
            Some(Postgres { data_url, keys_url, authorities }) => {
                let authorities: Vec<String> = authorities.iter().map(|path| quoted(&path.display())).collect();
                format!(
                    "\n[storage.postgres]\ndata = {{ file = {} }}\nkeys = {{ file = {} }}\nauthorities = [{}]\n",
                    quoted(&data_url.display()),
                    quoted(&keys_url.display()),
                    authorities.join(", ")
                )
            }
            None => String::new(),
        };
        format!(
            "# Written by `sealpost init`. `sealpost config check` shows every setting.\n\n\
             [server]\nbind = {}\npublic_url = {}\n{tls}\n\
             [storage]\nfolder = {}\n{postgres}\n\
             [keys]\nroot = {{ file = {} }}\n\n\
             [ledger]\norigin = {}\n",
            quoted(&self.bind),
            quoted(&self.public_url.as_str()),
            quoted(&self.data.display()),
            quoted(&self.root.display()),
            quoted(&format_args!("{}/ledger", self.public_url.authority())),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes() -> Wishes {
        Wishes {
            dir: "/etc/sealpost".into(),
            data: "/var/lib/sealpost".into(),
            postgres: None,
            organisation: "Example Bank".into(),
            host: "sealpost.example.com".into(),
            bind: "127.0.0.1:443".into(),
            certificate: None,
        }
    }

    #[test]
    fn what_is_written_is_read_back_as_it_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(Wishes { dir: folder.path().join("with \"quotes\""), ..wishes() }).unwrap();
        let file = folder.path().join("sealpost.toml");
        std::fs::write(&file, plan.config_text()).unwrap();
        let config = crate::config::load(Some(&file), &Default::default(), &Default::default()).unwrap().config;
        assert_eq!(config.server.public_url.as_str(), "https://sealpost.example.com");
        assert_eq!(config.keys.root.unwrap().path().unwrap(), plan.root);
        assert_eq!(config.ledger.origin.as_deref(), Some("sealpost.example.com/ledger"));
    }

    #[test]
    fn databases_are_named_by_the_files_that_hold_their_urls() {
        let folder = tempfile::tempdir().unwrap();
        let postgres = Postgres {
            data_url: "/etc/sealpost/data.url".into(),
            keys_url: "/etc/sealpost/keys.url".into(),
            authorities: vec!["/etc/sealpost/db.pem".into()],
        };
        let plan = Plan::new(Wishes { dir: folder.path().into(), postgres: Some(postgres), ..wishes() }).unwrap();
        let file = folder.path().join("sealpost.toml");
        std::fs::write(&file, plan.config_text()).unwrap();
        let config = crate::config::load(Some(&file), &Default::default(), &Default::default()).unwrap().config;
        let (read, meant) = (config.storage.postgres.unwrap(), plan.storage().postgres.unwrap());
        assert_eq!((read.data.path(), read.keys.path()), (meant.data.path(), meant.keys.path()));
        assert_eq!(read.authorities[0].relative(), meant.authorities[0].relative());
        assert_eq!(read.writers, meant.writers);
    }

    #[test]
    fn a_port_that_people_have_to_type_is_in_the_url() {
        let plan = |bind: &str, host: &str| {
            let certificate = Some(("c.pem".into(), "k.pem".into()));
            Plan::new(Wishes { bind: bind.into(), host: host.into(), certificate, ..wishes() }).unwrap()
        };
        assert_eq!(plan("0.0.0.0:8443", "a.example").public_url.as_str(), "https://a.example:8443");
        assert_eq!(plan("0.0.0.0:8443", "a.example:444").public_url.as_str(), "https://a.example:444");
        assert_eq!(plan("[::]:443", "https://a.example/").public_url.as_str(), "https://a.example");
    }

    #[test]
    fn an_address_others_reach_needs_a_certificate() {
        let refused = Plan::new(Wishes { bind: "0.0.0.0:443".into(), ..wishes() }).err().unwrap();
        assert!(refused.contains("--certificate"));
        assert!(Plan::new(Wishes { bind: "443".into(), ..wishes() }).is_err());
    }
}
