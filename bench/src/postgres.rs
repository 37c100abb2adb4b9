//! Databases of our own on the PostgreSQL server that `cargo xtask bench` has started.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::processes;

/// A server, by the URL of one of its databases.
#[derive(Clone)]
pub(crate) struct Postgres {
    url: String,
    /// Its first process; unknown if it runs elsewhere.
    pub(crate) pid: Option<u32>,
}

/// Two databases for one installation, dropped with this.
pub(crate) struct Databases {
    pub(crate) data: String,
    pub(crate) keys: String,
    names: [String; 2],
    server: Postgres,
}

impl Postgres {
    pub(crate) fn at(url: &str) -> Self {
        let port = authority(url).and_then(|(_, authority, _)| authority.rsplit_once(':')?.1.parse().ok());
        Self { url: url.to_owned(), pid: port.and_then(processes::postmaster) }
    }

    /// Makes two empty databases.
    pub(crate) fn databases(&self) -> Result<Databases> {
        let names = ["data", "keys"].map(|what| format!("sealpost_bench_{what}_{}", std::process::id()));
        for name in &names {
            self.run(&format!("drop database if exists {name}"))?;
            self.run(&format!("create database {name}"))?;
        }
        let url = |name: &str| {
            let (scheme, authority, options) = authority(&self.url)?;
            Some(format!("{scheme}{authority}/{name}{options}"))
        };
        let [data, keys] = [&names[0], &names[1]].map(|name| url(name).context("not a PostgreSQL URL"));
        Ok(Databases { data: data?, keys: keys?, names, server: self.clone() })
    }

    fn run(&self, statement: &str) -> Result<()> {
        let mut psql = Command::new(psql().context("psql is not to be found")?);
        let output = psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).arg(&self.url).output()?;
        if !output.status.success() {
            bail!("{statement}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        for name in &self.names {
            // What is left behind is a database on a server that goes away, or one to look at.
            let _ = self.server.run(&format!("drop database if exists {name} with (force)"));
        }
    }
}

/// `postgres://user@host:port`, in two parts, and `?options`: what surrounds the name of the database.
fn authority(url: &str) -> Option<(&str, &str, &str)> {
    let start = url.find("://")? + 3;
    let end = url[start..].find('/')? + start;
    let options = url[end..].find('?').map_or("", |at| &url[end + at..]);
    Some((&url[..start], &url[start..end], options))
}

fn psql() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "looks for a program; no part of the product")]
    let path = std::env::var_os("PATH")?;
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("psql")).find(|path| path.is_file());
    on_path.or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        versions.map(|version| version.path().join("bin/psql")).find(|path| path.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_around_its_database() {
        let url = "postgres://sealpost@127.0.0.1:5432/postgres?sslmode=disable";
        assert_eq!(authority(url), Some(("postgres://", "sealpost@127.0.0.1:5432", "?sslmode=disable")));
        assert_eq!(authority("nonsense"), None);
    }
}
