//! What is wrong with the configuration, written for the person who has to mend it. Never quotes a refused value: it may be a
//! secret that was put where its name belongs.

use std::fmt;
use std::path::Path;

use figment::error::Kind;
use figment::{Metadata, Source};
use serde::Serialize;

use super::environment::variable;
use super::load::at_line;
use super::{Config, SECTIONS};

/// One wrong value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// The dotted key; empty if it is the file as a whole.
    pub(crate) key: String,
    /// Where the value came from: `sealpost.toml:3`, `SEALPOST_SERVER__BIND`, `flag --bind`, `default`.
    pub(crate) from: String,
    /// What is wrong, and what mends it.
    #[serde(flatten)]
    pub(crate) fault: Fault,
}

/// What is wrong, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    what: String,
    fix: String,
}

/// All that is wrong.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Fault {
    pub(super) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

impl Problems {
    pub(super) fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Problem {
    /// A file that can't be read.
    pub(super) fn of_file(path: &Path, error: &std::io::Error) -> Self {
        let fault = Fault::new(
            format!("can't be read: {error}"),
            "check the path and its mode, or make a configuration with `sealpost init`",
        );
        Self { key: String::new(), from: path.display().to_string(), fault }
    }

    /// A value that a section refuses. `text` is the file's, to name the line.
    pub(super) fn of_figment(error: figment::Error, text: &str) -> Self {
        let mut key = error.path.clone();
        if let Kind::UnknownField(field, _) = &error.kind
            && key.last() != Some(field)
        {
            key.push(field.clone());
        }
        if let Kind::MissingField(field) = &error.kind
            && key.last().map(String::as_str) != Some(field)
        {
            key.push(field.clone().into_owned());
        }
        let from = origin(error.metadata.as_ref(), &key.join("."), text);
        Self { key: key.join("."), from, fault: fault(&error.kind, &key) }
    }

    fn inconsistent(key: &str, what: &str, fix: &str) -> Self {
        Self { key: key.into(), from: "all layers together".into(), fault: Fault::new(what, fix) }
    }
}

/// Values that are right alone and wrong together.
pub(super) fn inconsistencies(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut require = |holds: bool, key: &str, what: &str, fix: &str| {
        if !holds {
            problems.push(Problem::inconsistent(key, what, fix));
        }
    };
    let (server, tls) = (&config.server, &config.tls);
    require(
        server.admin.is_none_or(|admin| admin.ip().is_loopback()),
        "server.admin",
        "the admin listener speaks plain HTTP and may listen on loopback only",
        "use 127.0.0.1 or [::1]; let a proxy on this host carry it further",
    );
    require(
        tls.certificate.is_some() == tls.key.is_some(),
        "tls",
        "certificate and key go together",
        "set both `tls.certificate` and `tls.key`, or neither to use the local authority",
    );
    require(
        tls.certificate.is_some() || server.bind.ip().is_loopback(),
        "tls.certificate",
        "the local authority's certificate is for localhost, and `server.bind` is not a loopback address",
        "set `tls.certificate` and `tls.key` to PEM files for the public name, or bind to 127.0.0.1",
    );
    require(
        (100..=60_000).contains(&config.ledger.checkpoint_ms),
        "ledger.checkpoint_ms",
        "out of range",
        "use 100 to 60000 milliseconds",
    );
    require(
        !server.trusted_proxies.iter().any(|block| block.is_too_wide()),
        "server.trusted_proxies",
        "so many would be believed about whose request they bring that anybody could pass for anybody",
        "name your proxies' own addresses, such as 10.0.0.7 or 10.0.0.0/24",
    );
    require(server.max_connections > 0, "server.max_connections", "nobody could connect", "use at least 1");
    require(
        config.storage.postgres.as_ref().is_none_or(|postgres| (1..=64).contains(&postgres.writers)),
        "storage.postgres.writers",
        "out of range",
        "use 1 to 64",
    );
    require(
        (0.0..=1.0).contains(&config.telemetry.sample),
        "telemetry.sample",
        "out of range",
        "use 0 to 1: 0.1 records every tenth trace",
    );
    require(
        config.security_txt.contact.is_empty() == config.security_txt.expires.is_none(),
        "security_txt",
        "RFC 9116 wants both a contact and a date of expiry",
        "set `contact` and `expires`, or neither",
    );
    require(
        config.doors.wrong_host(server.public_url.host()).is_none(),
        "doors",
        "a host is not a name, leads through two doors, or is the server's own",
        "name hosts as in fyno.example.com, each once, and leave the host of `server.public_url` to the API",
    );
    problems
}

/// Where a value came from, as its reader would look for it.
pub(super) fn origin(metadata: Option<&Metadata>, key: &str, text: &str) -> String {
    let Some(metadata) = metadata else { return "missing".into() };
    match &metadata.source {
        Some(Source::File(path)) => at_line(path, text, offset(text, key)),
        _ if metadata.name == "environment" => variable(key),
        _ if metadata.name.starts_with("flag ") => metadata.name.clone().into_owned(),
        _ => "default".into(),
    }
}

/// Where a key stands in the file.
fn offset(text: &str, key: &str) -> Option<usize> {
    let mut table = toml::de::DeTable::parse(text).ok()?.into_inner();
    let mut found = None;
    for part in key.split('.') {
        let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref() == part) else { break };
        found = Some(name.span().start);
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => table = inner.clone(),
            _ => break,
        }
    }
    found
}

fn fault(kind: &Kind, key: &[String]) -> Fault {
    match kind {
        Kind::Message(message) => Fault::new(message.clone(), hint(key)),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            Fault::new(format!("expected {expected}"), hint(key))
        }
        Kind::UnknownField(_, known) | Kind::UnknownVariant(_, known) => {
            let known = if known.is_empty() { &SECTIONS[..] } else { known };
            Fault::new("not known", format!("use one of: {}", known.join(", ")))
        }
        Kind::MissingField(_) => Fault::new("missing", hint(key)),
        _ => Fault::new("can't be used", hint(key)),
    }
}

/// What a good value looks like.
fn hint(key: &[String]) -> String {
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    match key[..] {
        ["server", "bind" | "admin" | "refuse_http", ..] => "an address and a port, such as 127.0.0.1:7700".into(),
        ["server", "trusted_proxies", ..] => {
            "addresses or blocks without host bits, such as [\"10.0.0.7\", \"10.1.0.0/24\"]".into()
        }
        ["server", "forwarded_by"] => "`x-forwarded-for` or `forwarded`".into(),
        ["server", "public_url", ..] => "such as https://sealpost.example.com".into(),
        ["keys", "root", ..] | ["storage", "postgres", "data" | "keys", ..] => {
            "name where the secret is: { file = \"/etc/sealpost/root.key\" } or { env = \"NAME\" }".into()
        }
        ["keys", "allow", ..] => "blocks such as [\"10.20.0.7/32\"]".into(),
        ["keys", "aws_kms", "credentials", ..] => "name the file: { file = \"/etc/sealpost/aws.credentials\" }".into(),
        ["keys", "aws_kms", ..] => "such as region = \"eu-central-1\" and key = \"alias/sealpost\"".into(),
        ["keys", "vault", "token", ..] => "name where it is: { file = \"/run/sealpost/vault.token\" }".into(),
        ["keys", "vault", ..] => "such as address = \"https://vault.example.com:8200\" and key = \"sealpost\"".into(),
        ["siem", "syslog", ..] => "such as collector = \"tls://siem.example.com:6514\"".into(),
        ["siem", "webhook", "secret", ..] => {
            "name where the secret is: { file = \"/etc/sealpost/siem.secret\" }".into()
        }
        ["telemetry", "authorization", ..] => "name where it is: { file = \"/etc/sealpost/otlp.token\" }".into(),
        ["limits", ..] => "such as { count = 6000, seconds = 60 }".into(),
        ["log", "format"] => "`text` or `json`".into(),
        _ => "`sealpost config check` shows all settings and their types".into(),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { what, fix } = &self.fault;
        if self.key.is_empty() {
            write!(f, "{}: {what}\n  fix  {fix}", self.from)
        } else {
            write!(f, "{} ({}): {what}\n  fix  {fix}", self.key, self.from)
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let line_end = if at == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
