//! `sealpost doctor`: what could be safer.

mod egress;
mod leaks;

use std::path::Path;

use sealpost_seal::key::Custody;
use sealpost_store::{Clock as _, Standing, Store, StoreError, World};
use serde::Serialize;
use serde_json::json;

use super::{Outcome, Shell, Stop};
use crate::config::{Config, Environment, Flags};
use crate::root_key::{self, NotForHere, ProviderError};
use crate::running::Tls;
use crate::telemetry::Telemetry;
use crate::{files, hardening, house, siem, trust};

/// Less free space than this is a warning.
const LITTLE_SPACE: u64 = 1 << 30;
/// A file system's clock and ours may differ by so much.
const SKEW_MS: i64 = 5_000;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Bad,
}

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    what: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn say(&mut self, verdict: Verdict, check: &'static str, what: impl Into<String>) {
        self.0.push(Finding { check, verdict, what: what.into() });
    }

    fn require(&mut self, holds: bool, otherwise: Verdict, check: &'static str, good: &str, bad: &str) {
        if holds { self.say(Verdict::Ok, check, good) } else { self.say(otherwise, check, bad) }
    }
}

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Plant marks in the test environment of a running server, and look for them wherever they must not be
    Leaks(leaks::Args),
    /// Say whether receivers would be called from here, and why not
    Egress(egress::Args),
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    match args.verb {
        Some(Verb::Leaks(args)) => Box::pin(leaks::run(shell, args)).await,
        Some(Verb::Egress(args)) => egress::run(shell, args).await,
        None => installation(shell).await,
    }
}

/// What is said about this installation, mostly from outside.
async fn look(shell: &Shell) -> Outcome<Findings> {
    let loaded = shell.load(&Flags::default())?;
    let config = &loaded.config;
    let mut findings = Findings::default();
    hardening::apply();
    process(&mut findings);
    swap(&mut findings);
    root_key(config, &shell.environment, &mut findings).await;
    folder(config, &mut findings);
    tls(config, &mut findings);
    proxies(config, &mut findings);
    openings(config, &mut findings);
    watchers(shell, config, &mut findings).await;
    connection(config, &shell.environment, &mut findings);
    store(shell, config, &mut findings).await;
    Ok(findings)
}

/// What each check came to, without what it says: that may name places and addresses.
pub(super) async fn verdicts(shell: &Shell) -> Outcome<Vec<(&'static str, &'static str)>> {
    let word = |verdict| match verdict {
        Verdict::Ok => "ok",
        Verdict::Warn => "warn",
        Verdict::Bad => "bad",
    };
    Ok(look(shell).await?.0.into_iter().map(|finding| (finding.check, word(finding.verdict))).collect())
}

async fn installation(shell: &Shell) -> Outcome {
    let findings = look(shell).await?;
    let worst = |verdict| findings.0.iter().filter(|finding| finding.verdict == verdict).count();
    let (bad, warnings) = (worst(Verdict::Bad), worst(Verdict::Warn));
    shell.out.result(&json!({ "ok": bad == 0, "findings": findings.0 }), || {
        for Finding { check, verdict, what } in &findings.0 {
            let mark = match verdict {
                Verdict::Ok => "ok   ",
                Verdict::Warn => "warn ",
                Verdict::Bad => "BAD  ",
            };
            shell.out.say(format_args!("{mark} {check:16} {what}"));
        }
        shell.out.say(format_args!("\n{bad} bad, {warnings} to look at, {} fine", worst(Verdict::Ok)));
    });
    if bad == 0 { Ok(()) } else { Err(Stop::refused(format!("{bad} checks failed"))) }
}

fn process(findings: &mut Findings) {
    findings.require(hardening::core_dumps_are_off(), Verdict::Bad, "core dumps", "off", "could not be switched off");
    let user = rustix::process::geteuid();
    findings.require(!user.is_root(), Verdict::Warn, "user", "not root", "runs as root: give it a user of its own");
}

/// What is in memory may be written to swap, keys and clear data too.
fn swap(findings: &mut Findings) {
    let Ok(swaps) = std::fs::read_to_string("/proc/swaps") else { return };
    findings.require(
        swaps.lines().count() <= 1,
        Verdict::Warn,
        "swap",
        "none: memory is written nowhere",
        "memory may be written to it: switch it off, encrypt it, or keep the server out of it (LimitMEMLOCK=infinity or MemorySwapMax=0)",
    );
}

async fn root_key(config: &Config, environment: &Environment, findings: &mut Findings) {
    let Some(source) = &config.keys.root else {
        return findings.say(Verdict::Bad, "root key", "keys.root is not set: `sealpost init` makes one");
    };
    match root_key::reach(source, config, environment).await {
        Ok(Some(custody)) => {
            return findings.say(Verdict::Ok, "root key", format!("sealed, and {} opens it", service(custody)));
        }
        // Whose file can't be read is told below, and whose text is no key when the store is opened.
        Err(error) if error.is::<ProviderError>() || error.is::<NotForHere>() => {
            return findings.say(Verdict::Bad, "root key", format!("sealed: {error:#}"));
        }
        Ok(None) | Err(_) => {}
    }
    if config.keys.aws_kms.is_some() || config.keys.vault.is_some() {
        findings.say(
            Verdict::Warn,
            "root key",
            "a key service is configured and keys.root is in clear: `sealpost keys wrap-root` has it sealed",
        );
    }
    let Some(path) = source.path() else {
        return findings.say(Verdict::Ok, "root key", "from the environment");
    };
    let mode = files::mode(&path);
    findings.require(
        mode.is_some_and(|mode| mode & 0o077 == 0),
        Verdict::Bad,
        "root key mode",
        "readable by its owner only",
        &format!("{} can be read by others, or isn't there: chmod 600", path.display()),
    );
    let data = config.storage.folder.relative();
    let beside =
        path.canonicalize().ok().zip(data.canonicalize().ok()).is_some_and(|(key, data)| key.starts_with(data));
    findings.require(
        !beside,
        Verdict::Warn,
        "root key place",
        "not in the data folder",
        "lies in the data folder: whoever copies that has both; move it and set keys.root",
    );
}

fn service(custody: Custody) -> &'static str {
    match custody {
        Custody::Clear => "nobody",
        Custody::AwsKms => "AWS KMS",
        Custody::Vault => "Vault",
    }
}

fn folder(config: &Config, findings: &mut Findings) {
    let folder = config.storage.folder.relative();
    let mode = files::mode(&folder);
    let Some(mode) = mode else {
        return findings.say(Verdict::Warn, "data folder", format!("{} is not there yet", folder.display()));
    };
    findings.require(
        mode & 0o077 == 0,
        Verdict::Warn,
        "data folder",
        "for its owner only",
        "others may enter it: chmod 700",
    );
    for name in ["data.db", "keys.db"] {
        let is_open = mode & 0o007 != 0 && files::mode(&folder.join(name)).is_some_and(|mode| mode & 0o007 != 0);
        if is_open {
            findings.say(Verdict::Bad, "database mode", format!("{name} can be read by everybody: chmod 600"));
        }
    }
    space(&folder, findings);
    clock(&folder, findings);
}

fn space(folder: &Path, findings: &mut Findings) {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let text = format!("{} MiB free", free >> 20);
            findings.require(free >= LITTLE_SPACE, Verdict::Warn, "disk", &text, &format!("only {text}"));
        }
        Err(error) => findings.say(Verdict::Warn, "disk", error.to_string()),
    }
}

/// A file written now bears the file system's time; on a network file system that is another clock.
fn clock(folder: &Path, findings: &mut Findings) {
    let probe = folder.join(".doctor");
    let now = World::real().clock.now();
    let changed = std::fs::write(&probe, b"").and_then(|()| std::fs::metadata(&probe)?.modified());
    let _ = std::fs::remove_file(&probe);
    let since_epoch = changed.ok().and_then(|changed| changed.duration_since(std::time::UNIX_EPOCH).ok());
    let skew = since_epoch.map(|there| (now.unix_ms() - i64::try_from(there.as_millis()).unwrap_or(0)).abs());
    match skew {
        Some(skew) if skew <= SKEW_MS => findings.say(Verdict::Ok, "clock", format!("{now}, as the file system's")),
        Some(skew) => findings.say(Verdict::Warn, "clock", format!("{skew} ms away from the file system's")),
        None => findings.say(Verdict::Bad, "data folder", "can't be written to"),
    }
}

fn tls(config: &Config, findings: &mut Findings) {
    if config.tls.certificate.is_none() && !config.storage.folder.relative().join("tls").is_dir() {
        return findings.say(
            Verdict::Warn,
            "TLS",
            "a local authority and its certificate will be made at the first start",
        );
    }
    match Tls::load(config, World::real().clock.now()) {
        Ok(Tls { authority: Some(_), .. }) => {
            findings.say(
                Verdict::Warn,
                "TLS",
                "certificate of the local authority: clients have to be told to trust it",
            );
        }
        Ok(_) => findings.say(Verdict::Ok, "TLS", "certificate and key belong together; 1.3 only"),
        Err(error) => findings.say(Verdict::Bad, "TLS", format!("{error:#}")),
    }
    if let Some(key) = &config.tls.key {
        let private = files::mode(&key.relative()).is_some_and(|mode| mode & 0o007 == 0);
        findings.require(
            private,
            Verdict::Bad,
            "TLS key mode",
            "not for everybody",
            "everybody can read it: chmod 600",
        );
    }
}

fn proxies(config: &Config, findings: &mut Findings) {
    let trusted = &config.server.trusted_proxies;
    if trusted.is_empty() {
        return findings.say(Verdict::Ok, "proxies", "none is trusted; forwarded headers are not read");
    }
    findings.require(
        !trusted.iter().any(|block| block.is_public()),
        Verdict::Warn,
        "proxies",
        "private addresses; whoever comes through one without saying for whom is refused",
        "server.trusted_proxies has public addresses: whoever else is there can pass for anybody",
    );
}

fn openings(config: &Config, findings: &mut Findings) {
    findings.require(
        !config.egress.loopback,
        Verdict::Warn,
        "egress",
        "loopback is closed",
        "egress.loopback lets endpoints call what listens on this machine: for trying out only",
    );
}

/// Whether what is sent to those who watch can be sent. A collector is connected to: nothing is said, and the end is orderly.
async fn watchers(shell: &Shell, config: &Config, findings: &mut Findings) {
    let trust = match trust::of_files(config.egress.authorities.iter().map(|path| path.relative())) {
        Ok(trust) => trust,
        Err(error) => return findings.say(Verdict::Bad, "authorities", format!("egress.authorities: {error:#}")),
    };
    match siem::sinks(config, &shell.environment, &trust) {
        Ok(sinks) => {
            for sink in &sinks {
                match sink.reach().await {
                    Ok(what) => findings.say(Verdict::Ok, "SIEM", what),
                    Err(error) => findings.say(Verdict::Bad, "SIEM", error.to_string()),
                }
            }
        }
        Err(error) => findings.say(Verdict::Bad, "SIEM", format!("{error:#}")),
    }
    match Telemetry::new(config, &shell.environment, &trust) {
        Ok(None) => {}
        Ok(Some(_)) => findings.say(Verdict::Ok, "telemetry", "the collector's address can be read"),
        Err(error) => findings.say(Verdict::Bad, "telemetry", format!("{error:#}")),
    }
}

/// Unless it is required, TLS is only preferred: somebody in between declines it, and everything goes in clear.
fn connection(config: &Config, environment: &Environment, findings: &mut Findings) {
    let Some(postgres) = &config.storage.postgres else { return };
    for (name, source) in [("storage.postgres.data", &postgres.data), ("storage.postgres.keys", &postgres.keys)] {
        let Ok(text) = source.read(environment) else { continue };
        let Ok(url) = url::Url::parse(text.expose()) else { continue };
        let verdict = if goes_in_clear(&url) { Verdict::Warn } else { Verdict::Ok };
        let what = match verdict {
            Verdict::Ok => "by TLS, or on this machine",
            _ => "may go in clear over a network: add sslmode=require to its URL",
        };
        findings.say(verdict, "connection", format!("{name}: {what}"));
    }
}

fn goes_in_clear(url: &url::Url) -> bool {
    let setting =
        |name: &str| url.query_pairs().filter(|(key, _)| key == name).last().map(|(_, value)| value.into_owned());
    let host = setting("host").or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
    let host = percent_decoded(&host);
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let here =
        host.is_empty() || host.starts_with('/') || host == "localhost" || address.is_ok_and(|one| one.is_loopback());
    !here && setting("sslmode").as_deref() != Some("require")
}

/// A socket's folder stands in a URL as `%2Fvar%2Frun`.
fn percent_decoded(host: &str) -> String {
    host.replace("%2F", "/").replace("%2f", "/")
}

async fn store(shell: &Shell, config: &Config, findings: &mut Findings) {
    let engine = match &config.storage.postgres {
        None => "SQLite",
        Some(_) => "PostgreSQL",
    };
    let is_there = match &config.storage.postgres {
        None => config.storage.folder.relative().join("data.db").is_file(),
        Some(_) => match standing(config, &shell.environment).await {
            Ok(standing) => standing == Standing::Sealpost,
            Err(error) => return findings.say(Verdict::Bad, "store", format!("{engine}: {error:#}")),
        },
    };
    if !is_there {
        return findings.say(Verdict::Warn, "store", format!("{engine} has no installation yet"));
    }
    let mut hasty = config.clone();
    hasty.keys.patience_seconds = 0;
    match house::open_store(&hasty, &shell.environment, World::real()).await {
        Ok(store) => {
            let posture = match engine {
                "SQLite" => {
                    "SQLite opens, migrated; WAL with synchronous=FULL and a library of 3.51.3 or later are required to open"
                }
                _ => "PostgreSQL opens, migrated; row-level security is forced",
            };
            findings.require(store.ready().await, Verdict::Bad, "store", posture, "the database does not answer");
            untold(&store, findings).await;
        }
        Err(error) => {
            let in_use = matches!(error.downcast_ref(), Some(StoreError::InUse));
            let verdict = if in_use { Verdict::Warn } else { Verdict::Bad };
            findings.say(verdict, "store", format!("{engine} was not looked at: {error:#}"));
        }
    }
}

/// Whether owners know of every broken glass. Their letters are written by a server, and nobody else.
async fn untold(store: &Store, findings: &mut Findings) {
    match sealpost_govern::support::untold_glasses(store).await {
        Ok(0) => findings.say(Verdict::Ok, "glass", "owners have heard of every broken glass"),
        Ok(count) => findings.say(
            Verdict::Warn,
            "glass",
            format!("broken {count} times without owners having been written to: that is done once a server runs"),
        ),
        Err(error) => findings.say(Verdict::Bad, "glass", error.to_string()),
    }
}

async fn standing(config: &Config, environment: &Environment) -> anyhow::Result<Standing> {
    Ok(house::database(&config.storage, environment)?.standing().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_is_reached_by_tls_or_warned_about() {
        let clear = |url: &str| goes_in_clear(&url::Url::parse(url).unwrap());
        for url in
            ["postgres://db.example/x", "postgres://u:p@10.0.0.9/x?sslmode=prefer", "postgres:///x?host=10.0.0.9"]
        {
            assert!(clear(url), "{url}");
        }
        for url in [
            "postgres://db.example/x?sslmode=require",
            "postgres://localhost/x",
            "postgres://[::1]/x",
            "postgres://127.0.0.1:5432/x",
            "postgres://u@%2Fvar%2Frun%2Fpostgresql/x",
            "postgres:///x?host=/var/run/postgresql",
        ] {
            assert!(!clear(url), "{url}");
        }
    }
}
