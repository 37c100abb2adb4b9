//! The server under test: its configuration, its process, its database.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sealpost_access::organisations::{self, OrganisationName};
use sealpost_seal::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_store::{Database, Store, StoreConfig, World};
use serde_json::Value;

use crate::certificates::Certificates;
use crate::postgres::Databases;

/// How long a server may take to stop; it drains what it has accepted.
const STOP: Duration = Duration::from_secs(60);

/// What its ledger is called.
const ORIGIN: &str = "localhost/sealpost-bench";

/// An installation: a folder with everything in it.
pub(crate) struct Installation {
    binary: PathBuf,
    folder: PathBuf,
    databases: Option<Databases>,
}

/// A running server, killed when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process until `/readyz` answered 200.
    pub(crate) ready_after: Duration,
}

impl Installation {
    /// Makes one with an organisation; answers a secret key of its test environment too.
    pub(crate) async fn create(
        binary: &Path,
        folder: PathBuf,
        certificates: &Certificates,
        databases: Option<Databases>,
    ) -> Result<(Self, String)> {
        std::fs::create_dir_all(&folder)?;
        let installation = Self { binary: binary.to_owned(), folder, databases };
        let root = RootKey::generate(&SystemRng);
        let root_file = installation.folder.join("root.key");
        std::fs::write(&root_file, root.to_file_text().as_bytes())?;
        std::fs::set_permissions(&root_file, std::fs::Permissions::from_mode(0o600))?;
        std::fs::write(installation.folder.join("sealpost.toml"), installation.configuration(certificates))?;
        installation.found(root).await?;
        let create =
            ["--json", "keys", "create", "--local", "--environment", "test", "--name", "bench", "--scope", "all"];
        let created: Value = serde_json::from_slice(&installation.run(&create)?)?;
        let key = created["key"].as_str().context("no key was made")?.to_owned();
        Ok((installation, key))
    }

    /// Makes the organisation. Through the store: `sealpost init` does it on SQLite only.
    async fn found(&self, root: RootKey) -> Result<()> {
        let database = match &self.databases {
            None => Database::Sqlite { folder: self.folder.join("data") },
            Some(Databases { data, keys, .. }) => Database::Postgres {
                data: data.clone(),
                keys: keys.clone(),
                writers: 1,
                roots: Arc::new(rustls::RootCertStore::empty()),
            },
        };
        std::fs::create_dir_all(self.folder.join("data"))?;
        let origin = ORIGIN.to_owned();
        let store = Store::open(StoreConfig { database, root, world: World::real(), origin }).await?;
        organisations::create(&store, OrganisationName::parse("Bench")?).await?;
        Ok(())
    }

    /// Rate limits out of the way, loopback endpoints allowed; everything else as it comes.
    fn configuration(&self, certificates: &Certificates) -> String {
        let classes = ["send", "batch", "read", "search", "partial", "write", "reveal", "whole"];
        let quota = "{ count = 10000000, seconds = 1 }";
        let quotas = classes.map(|class| format!("{class} = {quota}")).join(", ");
        let postgres = match &self.databases {
            Some(_) => "[storage.postgres]\ndata = { env = \"BENCH_DATA_URL\" }\nkeys = { env = \"BENCH_KEYS_URL\" }\n",
            None => "",
        };
        format!(
            "[server]\nbind = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
             [tls]\ncertificate = {certificate:?}\nkey = {key:?}\n\
             [storage]\nfolder = {data:?}\n{postgres}\
             [keys]\nroot = {{ file = {root:?} }}\n\
             [ledger]\norigin = {ORIGIN:?}\n\
             [egress]\nloopback = true\nauthorities = [{authority:?}]\n\
             [limits]\npeer = {quota}\ncaller = {{ {quotas} }}\norganisation = {{ {quotas} }}\n",
            certificate = certificates.certificate,
            key = certificates.key,
            authority = certificates.authority,
            data = self.path("data"),
            root = self.path("root.key"),
        )
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some(databases) = &self.databases {
            command.env("BENCH_DATA_URL", &databases.data).env("BENCH_KEYS_URL", &databases.keys);
        }
        command
    }

    /// A link that signs the first owner in, once; on SQLite, the server must not run.
    pub(crate) fn owner_link(&self) -> Result<String> {
        let made: Value = serde_json::from_slice(&self.run(&["--json", "members", "link"])?)?;
        Ok(made["sign_in"].as_str().context("no link was made")?.to_owned())
    }

    fn run(&self, args: &[&str]) -> Result<Vec<u8>> {
        let output = self.command().args(args).output()?;
        if !output.status.success() {
            bail!("`sealpost {}`: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    }

    /// Starts the server and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Server> {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("server.log"))?;
        let begun = Instant::now();
        let mut process = self.command().args(["--json", "serve"]).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).with_context(|| format!("see {}", self.path("server.log")))?;
        let address = |name: &str| ready[name].as_str()?.parse::<SocketAddr>().ok();
        let (public, admin) = (address("address").context("no address")?, address("admin").context("no admin")?);
        let mut server = Server { process, address: public, ready_after: Duration::ZERO };
        while !is_ready(admin)? {
            std::thread::sleep(Duration::from_millis(1));
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }
}

fn is_ready(admin: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect(admin)?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

impl Server {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Stops it as an operator would.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        let until = Instant::now() + STOP;
        while self.process.try_wait()?.is_none() {
            if Instant::now() > until {
                bail!("the server didn't stop in {STOP:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
