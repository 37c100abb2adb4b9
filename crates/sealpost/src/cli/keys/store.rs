//! `sealpost keys rotate-root`, `backup`, `restore`: what an operator does to the key store itself, also beside a server that runs.

use std::path::PathBuf;

use sealpost_seal::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_store::{Keys, StoreError, World};
use serde_json::json;

use super::super::{Outcome, Shell, Stop};
use crate::config::{Flags, read_secret_file};
use crate::{files, house};

#[derive(clap::Args)]
pub(in crate::cli) struct RotateRoot {
    /// The file of the new root key; made with mode 0600 if it isn't there
    #[arg(long, value_name = "FILE", required_unless_present_any = ["to_env", "finish"])]
    to: Option<PathBuf>,
    /// The environment variable that holds the new root key
    #[arg(long, value_name = "NAME", conflicts_with = "to")]
    to_env: Option<String>,
    /// End it: the configuration names the new key by now, and the one before shall open nothing any more
    #[arg(long, conflicts_with_all = ["to", "to_env"])]
    finish: bool,
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
    let config = shell.load(&Flags::default())?.config;
    let root = house::root_key(&config, &shell.environment)?;
    let database = house::database(&config.storage, &shell.environment)?;
    Keys::open_alone(database, root, World::real()).await.map_err(of_store)
}

pub(super) async fn rotate_root(shell: &Shell, args: RotateRoot) -> Outcome {
    let keys = open(shell).await?;
    if args.finish {
        let wrapped = keys.finish_root().await.map_err(of_store)?;
        let said = json!({ "finished": true, "keys": wrapped });
        shell.out.result(&said, || shell.out.say(format_args!("the root key before opens nothing here any more")));
        return Ok(());
    }
    let (next, place) = match (&args.to, &args.to_env) {
        (Some(path), _) => (of_file(path)?, path.display().to_string()),
        (None, Some(name)) => (of_variable(shell, name)?, name.clone()),
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

fn of_file(path: &std::path::Path) -> Outcome<RootKey> {
    if !path.exists() {
        let fresh = RootKey::generate(&SystemRng);
        files::write_private(path, fresh.to_file_text().as_bytes())?;
    }
    let text = read_secret_file(path).map_err(anyhow::Error::from)?;
    RootKey::parse(text.expose()).map_err(|error| Stop::usage(error.to_string()))
}

fn of_variable(shell: &Shell, name: &str) -> Outcome<RootKey> {
    let text = shell.environment.get(name).ok_or_else(|| Stop::usage(format!("the variable {name} is not set")))?;
    RootKey::parse(text).map_err(|error| Stop::usage(error.to_string()))
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
    let config = shell.load(&Flags::default())?.config;
    let root = house::root_key(&config, &shell.environment)?;
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
