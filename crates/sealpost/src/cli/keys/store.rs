//! `sealpost keys rotate-root`, `wrap-root`, `backup`, `restore`: what an operator does to the key store itself, also beside a server that runs.

use std::path::{Path, PathBuf};

use sealpost_seal::RootKey;
use sealpost_seal::key::Custody;
use sealpost_seal::rng::SystemRng;
use sealpost_store::{Keys, StoreError, World};
use serde_json::json;

use super::super::{Outcome, Shell, Stop};
use crate::config::{Flags, SecretSource};
use crate::{files, hardening, house, root_key};

#[derive(clap::Args)]
pub(in crate::cli) struct RotateRoot {
    /// The file of the new root key; made with mode 0600 if it isn't there
    #[arg(long, value_name = "FILE", required_unless_present_any = ["to_env", "finish"])]
    to: Option<PathBuf>,
    /// The environment variable that holds the new root key
    #[arg(long, value_name = "NAME", conflicts_with = "to")]
    to_env: Option<String>,
    /// Who keeps the new root key, if its file is made; whoever keeps the one before, unless said otherwise
    #[arg(long, value_name = "PROVIDER", value_parser = custody, requires = "to")]
    provider: Option<Custody>,
    /// End it: the configuration names the new key by now, and the one before shall open nothing any more
    #[arg(long, conflicts_with_all = ["to", "to_env"])]
    finish: bool,
}

#[derive(clap::Args)]
pub(in crate::cli) struct WrapRoot {
    /// Who keeps it from now on: aws-kms, vault, or none
    #[arg(long, value_name = "PROVIDER", value_parser = custody)]
    provider: Custody,
    /// The file of the same root key, as they keep it; it must not be there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Backup {
    /// The folder of the copy; older copies there are removed
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// The folder of the keys of copies: on another disk, and in no backup
    #[arg(long, value_name = "FOLDER")]
    copy_keys: PathBuf,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Restore {
    /// The copy
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The folder of the keys of copies
    #[arg(long, value_name = "FOLDER")]
    copy_keys: PathBuf,
}

/// The key store, opened beside whatever else uses it.
async fn open(shell: &Shell) -> Outcome<Keys> {
    hardening::apply();
    let config = shell.load(&Flags::default())?.config;
    Ok(house::open_keys(&config, &shell.environment).await?)
}

pub(super) async fn rotate_root(shell: &Shell, args: RotateRoot) -> Outcome {
    let keys = open(shell).await?;
    if args.finish {
        let wrapped = keys.finish_root().await.map_err(of_store)?;
        let said = json!({ "finished": true, "keys": wrapped });
        shell.out.result(&said, || shell.out.say(format_args!("the root key before opens nothing here any more")));
        return Ok(());
    }
    let (next, place) = match (args.to, args.to_env) {
        (Some(path), _) => {
            (of_file(shell, &path, args.provider.unwrap_or(keys.custody())).await?, path.display().to_string())
        }
        (None, Some(name)) => (of_place(shell, &SecretSource::Env(name.clone())).await?, name),
        (None, None) => return Err(Stop::usage("say where the new root key is: --to or --to-env")),
    };
    let wrapped = keys.turn_root(&next).await.map_err(of_store)?;
    shell.out.result(&json!({ "keys": wrapped, "to": place, "finished": false }), || {
        shell.out.say(format_args!("{wrapped} keys are under the new root key; the one before still opens them"));
        shell.out.say(format_args!("1. name {place} as keys.root in the configuration of every node"));
        shell.out.say(format_args!("2. sealpost keys rotate-root --finish"));
        shell.out.say(format_args!("3. destroy the root key before, and make a new copy of the keys"));
    });
    Ok(())
}

/// The root key in this file; made, if it isn't there.
async fn of_file(shell: &Shell, path: &Path, custody: Custody) -> Outcome<RootKey> {
    if !path.exists() {
        let config = shell.load(&Flags::default())?.config;
        let fresh = RootKey::generate(&SystemRng);
        let text = root_key::text(&fresh, custody, &config, &shell.environment).await?;
        files::write_private(path, text.as_bytes())?;
    }
    of_place(shell, &SecretSource::File(path.to_owned().into())).await
}

async fn of_place(shell: &Shell, place: &SecretSource) -> Outcome<RootKey> {
    let config = shell.load(&Flags::default())?.config;
    Ok(root_key::read(place, &config, &shell.environment).await?)
}

pub(super) async fn wrap_root(shell: &Shell, args: WrapRoot) -> Outcome {
    hardening::apply();
    let config = shell.load(&Flags::default())?.config;
    if args.to.exists() {
        return Err(Stop::refused(format!("{} is there already", args.to.display())).fix("name a new file with --to"));
    }
    let root = root_key::open(&config, &shell.environment).await?;
    let text = root_key::text(&root, args.provider, &config, &shell.environment).await?;
    files::write_new(&args.to, text.as_bytes(), 0o600)?;
    let (before, now) = (root.custody().word(), args.provider.word());
    let said = json!({ "to": args.to, "before": before, "now": now });
    shell.out.result(&said, || {
        let (out, to) = (shell.out, args.to.display());
        out.say(match args.provider {
            Custody::Clear => format!("{to} holds the root key in clear"),
            _ => format!("{to} holds the root key sealed; {now} has opened it once to prove it"),
        });
        out.say(format_args!("1. name {to} as keys.root in the configuration of every node, and start them anew"));
        out.say("2. destroy the file before, unless it is your recovery");
        if root.custody() == Custody::Clear {
            out.say("3. it was in clear until now: if somebody may have seen it, `sealpost keys rotate-root`");
        }
    });
    Ok(())
}

/// `aws-kms`, `vault`, `none`.
fn custody(name: &str) -> Result<Custody, String> {
    match name {
        "aws-kms" => Ok(Custody::AwsKms),
        "vault" => Ok(Custody::Vault),
        "none" => Ok(Custody::Clear),
        _ => Err("one of aws-kms, vault, none".into()),
    }
}

pub(super) async fn backup(shell: &Shell, args: Backup) -> Outcome {
    if args.to == args.copy_keys {
        return Err(Stop::usage("a copy and its key belong into different folders, on different disks"));
    }
    let keys = open(shell).await?;
    let copy = keys.copy(&args.to, &args.copy_keys).await.map_err(of_store)?;
    let said = json!({ "file": copy.file, "rows": copy.rows, "opens_until": copy.ends_at });
    shell.out.result(&said, || {
        shell.out.say(format_args!("{}  {} rows  opens until {}", copy.file.display(), copy.rows, copy.ends_at));
    });
    Ok(())
}

pub(super) async fn restore(shell: &Shell, args: Restore) -> Outcome {
    hardening::apply();
    let config = shell.load(&Flags::default())?.config;
    let root = root_key::open(&config, &shell.environment).await?;
    let database = house::database(&config.storage, &shell.environment)?;
    let rows = Keys::restore(database, root, World::real(), &args.from, &args.copy_keys).await.map_err(of_store)?;
    shell.out.result(&json!({ "rows": rows }), || {
        shell.out.say(format_args!("{rows} rows restored; whoever was erased since is erased anew at the next start"));
    });
    Ok(())
}

fn of_store(error: StoreError) -> Stop {
    match error {
        StoreError::Unsuitable(says) => Stop::refused(says),
        error => anyhow::Error::from(error).into(),
    }
}
