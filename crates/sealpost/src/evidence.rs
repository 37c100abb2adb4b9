//! What the installation itself adds to the evidence: its settings without secrets, who watches, what it is made of.

use sealpost_govern::evidence::{Facts, Measure, Part, Reading, Recipient, Retention, Source};
use sealpost_seal::key::Custody;
use sealpost_store::{Ctx, StoreError};
use sealpost_web::BoxFuture;
use serde_json::Value;

use crate::config::{Config, SecretSource};

/// The libraries it was built with.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// The member in which a path stands that is relative to the configuration's file.
const PATH: &str = "___figment_relative_path";

/// What doesn't change while the server runs.
pub(crate) struct Installed(Facts);

impl Installed {
    /// By this configuration, with a root key that was kept so.
    pub(crate) fn new(config: &Config, custody: Custody) -> Self {
        let mut facts = Facts {
            recipients: watchers(config),
            retention: vec![details(config.ledger.details_days)],
            measures: vec![Measure::new("Where it runs", "on the organisation's own machines, as one process")],
            configuration: settings(config),
            parts: parts(),
            ..Facts::default()
        };
        facts.readings = readings(config, custody, &facts.recipients);
        Self(facts)
    }
}

impl Source for Installed {
    fn facts<'a>(&'a self, _: &'a Ctx) -> BoxFuture<'a, Result<Facts, StoreError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn watchers(config: &Config) -> Vec<Recipient> {
    let leaves = "leaves of the audit ledger: ids, codes, times";
    let mut all = Vec::new();
    let mut push = |kind: &str, address: &str, gets: &str| {
        let host = host(address);
        all.push(Recipient { kind: kind.into(), name: host.clone(), host, gets: gets.into(), personal: false });
    };
    if let Some(syslog) = &config.siem.syslog {
        push("siem", &String::from(syslog.collector.clone()), leaves);
    }
    if let Some(webhook) = &config.siem.webhook {
        push("siem", &webhook.url, leaves);
    }
    if let Some(endpoint) = &config.telemetry.endpoint {
        push("telemetry", endpoint, "traces and metrics: names of operations, times, counts");
    }
    all
}

fn host(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn details(days: u32) -> Retention {
    const WHAT: &str = "details of the ledger, such as reasons for looks";
    if days == 0 { Retention::until(WHAT, "for good: ledger.details_days is 0") } else { Retention::days(WHAT, days) }
}

fn readings(config: &Config, custody: Custody, watchers: &[Recipient]) -> Vec<Reading> {
    let of = |kind: &str| {
        let hosts: Vec<_> = watchers.iter().filter(|one| one.kind == kind).map(|one| one.host.as_str()).collect();
        if hosts.is_empty() { "none is configured".to_owned() } else { format!("to {}", hosts.join(", ")) }
    };
    let root = match &config.keys.root {
        Some(_) if custody == Custody::AwsKms => "sealed by AWS KMS, opened when a server starts",
        Some(_) if custody == Custody::Vault => "sealed by Vault's transit engine, opened when a server starts",
        Some(SecretSource::File(_)) => "in a file outside the database",
        Some(SecretSource::Env(_)) => "from the environment, outside the database",
        None => "not set",
    };
    let storage = match &config.storage.postgres {
        Some(_) => "PostgreSQL: data and keys in two databases, row-level security forced",
        None => "SQLite: data and keys in two files",
    };
    let certificate = match &config.tls.certificate {
        Some(_) => "a certificate of the organisation's own",
        None => "a certificate of the local authority, for localhost",
    };
    let days = match config.ledger.details_days {
        0 => "details are kept for good".to_owned(),
        days => format!("details are deleted after {days} days"),
    };
    let egress = &config.egress;
    let inside = if egress.loopback { "; endpoints on loopback may be called" } else { "" };
    vec![
        Reading::new("tls", format!("TLS 1.3 and nothing older, with {certificate}"), Some(true)),
        Reading::new("root_key", root, Some(config.keys.root.is_some())),
        Reading::new("storage", storage, Some(true)),
        Reading::new(
            "witness",
            if config.ledger.witness.is_some() {
                "every checkpoint is kept in a folder outside"
            } else {
                "none is configured"
            },
            Some(config.ledger.witness.is_some()),
        ),
        Reading::new("siem", of("siem"), None),
        Reading::new("telemetry", of("telemetry"), None),
        Reading::new("ledger_details", days, None),
        Reading::new(
            "egress",
            format!("{} blocks inside are allowed, {} are refused{inside}", egress.allow.len(), egress.refuse.len()),
            Some(!egress.loopback),
        ),
    ]
}

/// Every setting by its dotted name. Of a secret it says from what kind of place it is read.
fn settings(config: &Config) -> Vec<(String, String)> {
    let mut all = Vec::new();
    walk("", &serde_json::to_value(config).unwrap_or_default(), &mut all);
    all
}

fn walk(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        // As what figment keeps paths that are relative to the file that says them.
        Value::Object(map) if map.contains_key(PATH) => walk(name, map.get(PATH).unwrap_or(&Value::Null), into),
        Value::Object(map) => match map.iter().next() {
            Some((kind, _)) if map.len() == 1 && matches!(kind.as_str(), "file" | "env") => {
                into.push((name.to_owned(), format!("a secret, read from: {kind}")));
            }
            _ => map.iter().for_each(|(key, value)| {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                walk(&name, value, into);
            }),
        },
        Value::String(text) => into.push((name.to_owned(), text.clone())),
        Value::Null => into.push((name.to_owned(), "not set".into())),
        other => into.push((name.to_owned(), other.to_string())),
    }
}

fn parts() -> Vec<Part> {
    let part =
        |kind: &str, name: &str, version: &str| Part { kind: kind.into(), name: name.into(), version: version.into() };
    let mut all = vec![part("product", "sealpost", env!("CARGO_PKG_VERSION"))];
    let migrations = sealpost_store::migrations();
    all.extend(
        migrations
            .map(|(database, number, name)| part("migration", &format!("{database}/{name}"), &number.to_string())),
    );
    all.extend(libraries().map(|(name, version)| part("library", name, version)));
    all
}

/// The packages of the lock file that are of others.
fn libraries() -> impl Iterator<Item = (&'static str, &'static str)> {
    LOCK.split("[[package]]").filter_map(|package| {
        let field = |key: &str| {
            package.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix("= \"")?.strip_suffix('"'))
        };
        field("source")?;
        Some((field("name")?, field("version")?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_and_no_place_of_one_is_among_the_settings() {
        let mut config = Config::default();
        config.keys.root = Some(SecretSource::File(std::path::PathBuf::from("/etc/marker/root.key").into()));
        config.ledger.witness = Some(std::path::PathBuf::from("/mnt/witness").into());
        let all = settings(&config);
        assert!(all.iter().any(|(name, value)| name == "keys.root" && value == "a secret, read from: file"), "{all:?}");
        assert!(!all.iter().any(|(_, value)| value.contains("marker")));
        assert!(all.contains(&("ledger.witness".into(), "/mnt/witness".into())), "{all:?}");
        assert!(all.iter().any(|(name, _)| name == "ledger.details_days"));
    }

    #[test]
    fn it_is_made_of_libraries_and_migrations_that_are_named() {
        let all = parts();
        let has = |kind: &str, name: &str| all.iter().any(|part| part.kind == kind && part.name == name);
        assert!(has("library", "rustls") && has("migration", "data/0001_house") && has("migration", "keys/0001_slots"));
        assert!(!has("library", "sealpost-seal"), "our own are the product");
    }
}
