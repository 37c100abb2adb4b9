//! `sealpost keys`

mod show;
mod store;

use std::path::PathBuf;
use std::str::FromStr;

use sealpost_access::api_keys::{self, Cidr, Cidrs, KeyMask, KeyName, Lifetime, NewKey};
use sealpost_access::permissions;
use sealpost_access::secrets::Overlap;
use sealpost_seal::token::KeyKind;
use sealpost_store::ApiKeyId;
use sealpost_web::{Failure, PermissionSet};
use serde_json::{Value, json};

use super::glass::Glass;
use super::local::{self, Place};
use super::{Outcome, Shell, Stop};
use crate::api::Connection;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Make a key; its text is shown once
    Create(Create),
    /// List keys
    List(List),
    /// Show how often a key was used, day by day
    Usage(Usage),
    /// Make a successor; the older key lives on for the overlap
    Rotate(Rotate),
    /// End a key at once
    Revoke(Revoke),
    /// Wrap all keys of the key store anew under another root key, also while a server runs
    RotateRoot(store::RotateRoot),
    /// Have a key service keep the root key from now on, or nobody
    WrapRoot(store::WrapRoot),
    /// Copy the key store: its latest state, which nobody can open after seven days
    Backup(store::Backup),
    /// Put a copy of the key store where there is none any more
    Restore(store::Restore),
}

/// How to get at the keys.
#[derive(clap::Args)]
pub(super) struct Way {
    #[command(flatten)]
    connection: Connection,
    /// Open the data folder instead of asking a server: for the first key, or when no key is left
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
pub(super) struct Create {
    /// What people will call it
    #[arg(long)]
    name: String,
    /// What it may do, such as messages:send; may be repeated. `all` with --local
    #[arg(long = "scope", value_name = "PERMISSION", required = true)]
    scopes: Vec<String>,
    /// How much of phone numbers it sees: full (hides them), last4, first3_last4
    #[arg(long, value_name = "PROFILE", default_value = "full", value_parser = mask)]
    mask_profile: KeyMask,
    /// A publishable key, which may stand in a web page, instead of a secret one
    #[arg(long)]
    publishable: bool,
    /// After how many days it ends
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    expires: u16,
    /// Where it may be used from, such as 192.0.2.0/24; may be repeated
    #[arg(long = "ip", value_name = "CIDR")]
    networks: Vec<String>,
    #[command(flatten)]
    save: Save,
    #[command(flatten)]
    way: Way,
    #[command(flatten)]
    glass: Glass,
}

#[derive(clap::Args)]
pub(super) struct List {
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Where to go on: `next_cursor` of the page before
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    way: Way,
}

#[derive(clap::Args)]
pub(super) struct Usage {
    /// The key's id
    id: String,
    #[command(flatten)]
    way: Way,
}

#[derive(clap::Args)]
pub(super) struct Rotate {
    /// The key's id
    id: String,
    /// How long the older key may still be used: 90s, 30m, 24h, 7d
    #[arg(long, default_value = "24h", value_parser = seconds)]
    overlap: u32,
    #[command(flatten)]
    save: Save,
    #[command(flatten)]
    way: Way,
    #[command(flatten)]
    glass: Glass,
}

#[derive(clap::Args)]
pub(super) struct Revoke {
    /// The key's id
    id: String,
    #[command(flatten)]
    way: Way,
}

/// Where a new key's text goes.
#[derive(clap::Args)]
pub(super) struct Save {
    /// Write the key's text to a file of mode 0600 instead of showing it
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::Create(args) => create(shell, args).await,
        Verb::List(args) => list(shell, args).await,
        Verb::Usage(args) => usage_of(shell, args).await,
        Verb::Rotate(args) => rotate(shell, args).await,
        Verb::Revoke(args) => revoke(shell, args).await,
        Verb::RotateRoot(args) => store::rotate_root(shell, args).await,
        Verb::WrapRoot(args) => store::wrap_root(shell, args).await,
        Verb::Backup(args) => store::backup(shell, args).await,
        Verb::Restore(args) => store::restore(shell, args).await,
    }
}

async fn create(shell: &Shell, args: Create) -> Outcome {
    if args.way.local {
        let new = NewKey {
            name: KeyName::parse(&args.name).map_err(usage)?,
            kind: if args.publishable { KeyKind::Publishable } else { KeyKind::Secret },
            scopes: scopes(&args.scopes)?,
            mask: args.mask_profile,
            lifetime: Lifetime::days(args.expires).map_err(usage)?,
            cidrs: networks(&args.networks)?,
        };
        let store = local::store(shell).await?;
        let ctx = local::operator(&store, &args.way.place).await?;
        args.glass.open(shell, &store, &ctx, "keys create").await?;
        return show::issued(shell, &args.save, api_keys::create_first(&store, &ctx, new).await.map_err(of_failure)?);
    }
    let kind = if args.publishable { "publishable" } else { "secret" };
    let body = json!({ "name": args.name, "kind": kind, "scopes": args.scopes, "mask_profile": args.mask_profile,
        "expires_in_days": args.expires, "cidrs": args.networks });
    let made = shell.api(&args.way.connection)?.post("/v1/keys", &body, None).await?;
    show::new(shell, &args.save, made)
}

async fn rotate(shell: &Shell, args: Rotate) -> Outcome {
    if args.way.local {
        let (id, overlap) = (id(&args.id)?, Overlap::seconds(args.overlap).map_err(usage)?);
        let store = local::store(shell).await?;
        let ctx = local::operator(&store, &args.way.place).await?;
        args.glass.open(shell, &store, &ctx, "keys rotate").await?;
        let issued = api_keys::rotate_now(&store, &ctx, id, overlap).await.map_err(of_failure)?;
        return show::issued(shell, &args.save, issued);
    }
    let path = format!("/v1/keys/{}/rotate", id(&args.id)?);
    let body = json!({ "overlap_seconds": args.overlap });
    let made = shell.api(&args.way.connection)?.post(&path, &body, None).await?;
    show::new(shell, &args.save, made)
}

async fn revoke(shell: &Shell, args: Revoke) -> Outcome {
    let id = id(&args.id)?;
    let key = if args.way.local {
        let store = local::store(shell).await?;
        let ctx = local::operator(&store, &args.way.place).await?;
        show::brief(&api_keys::revoke_now(&store, &ctx, id).await.map_err(of_failure)?, ctx.now())
    } else {
        shell.api(&args.way.connection)?.post_nothing(&format!("/v1/keys/{id}/revoke")).await?
    };
    show::revoked(shell, &key);
    Ok(())
}

async fn usage_of(shell: &Shell, args: Usage) -> Outcome {
    let id = id(&args.id)?;
    let usage = if args.way.local {
        let store = local::store(shell).await?;
        let ctx = local::operator(&store, &args.way.place).await?;
        show::use_of(&store.read(&ctx, move |tx| api_keys::usage(tx, id)).await.map_err(of_failure)?)
    } else {
        shell.api(&args.way.connection)?.get(&format!("/v1/keys/{id}/usage")).await?
    };
    show::usage(shell, &usage);
    Ok(())
}

async fn list(shell: &Shell, args: List) -> Outcome {
    if args.way.local {
        let store = local::store(shell).await?;
        let ctx = local::operator(&store, &args.way.place).await?;
        let limit = args.limit;
        let keys = store.read(&ctx, move |tx| api_keys::list(tx, None, limit)).await.map_err(anyhow::Error::from)?;
        let rows: Vec<Value> = keys.iter().map(|key| show::brief(key, ctx.now())).collect();
        show::list(shell, &json!({ "data": rows }));
        return Ok(());
    }
    let mut path = format!("/v1/keys?limit={}", args.limit);
    if let Some(cursor) = &args.cursor {
        path.push_str("&cursor=");
        path.extend(url::form_urlencoded::byte_serialize(cursor.as_bytes()));
    }
    show::list(shell, &shell.api(&args.way.connection)?.get(&path).await?);
    Ok(())
}

fn id(text: &str) -> Outcome<ApiKeyId> {
    ApiKeyId::from_str(text)
        .map_err(|_| Stop::usage("a key is named by its id, such as key_01…").fix("`sealpost keys list`"))
}

fn scopes(names: &[String]) -> Outcome<PermissionSet> {
    if names == ["all"] {
        return Ok(permissions::EVERYTHING);
    }
    let mut set = PermissionSet::EMPTY;
    for name in names {
        set.insert(permissions::find(name).ok_or_else(|| {
            let known: Vec<_> = permissions::ALL.iter().map(|permission| permission.name()).collect();
            Stop::usage(format!("there is no permission {name}")).fix(format!("use some of: {}", known.join(" ")))
        })?);
    }
    Ok(set)
}

fn mask(name: &str) -> Result<KeyMask, String> {
    KeyMask::from_name(name).ok_or_else(|| format!("one of {}", KeyMask::ALL.map(KeyMask::as_str).join(", ")))
}

fn networks(texts: &[String]) -> Outcome<Cidrs> {
    let networks: Result<Vec<Cidr>, _> = texts.iter().map(|text| text.parse()).collect();
    Cidrs::new(networks.map_err(usage)?).map_err(usage)
}

fn usage(error: impl std::fmt::Display) -> Stop {
    Stop::usage(error.to_string())
}

fn of_failure(failure: Failure) -> Stop {
    match failure {
        Failure::Refused(refusal) => Stop::refused(format!("{} ({})", refusal.code().title, refusal.code().code)),
        Failure::Fault(fault) => Stop::failed(fault.to_string()),
    }
}

/// `90s`, `30m`, `24h`, `7d`.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "a number and s, m, h or d, such as 24h".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_a_number_and_a_unit() {
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("0s"), Ok(0));
        for wrong in ["", "24", "h", "1w", "-1h", "99999999d", "é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_permission_nobody_knows_is_refused_with_those_that_are() {
        let stop = scopes(&["messages:shout".into()]).err().unwrap();
        assert!(stop.fix.unwrap().contains("messages:send"));
    }
}
