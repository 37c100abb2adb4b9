//! `sealpost ledger`

use std::path::PathBuf;

use sealpost_govern::audit::{self, VerifyError};
use sealpost_ledger::VerifierKey;
use serde_json::json;

use super::local::{self, Place};
use super::{Outcome, Shell, Stop};
use crate::api::Connection;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Verify an export offline: no server, no database, only the key you trust
    Verify(Verify),
    /// Write the whole ledger of an organisation to a file, from the data folder
    Export(Export),
    /// Show the key that checkpoints verify under
    Key(Key),
}

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The export
    file: PathBuf,
    /// The verifier key, as `sealpost ledger key` showed it: get it by another way than the export
    #[arg(long, value_name = "KEY")]
    key: String,
    /// Checkpoints kept elsewhere: the file of a witness, or a signed note; may be repeated. Only they show a rollback
    #[arg(long, value_name = "FILE")]
    witness: Vec<PathBuf>,
}

#[derive(clap::Args)]
pub(super) struct Export {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
pub(super) struct Key {
    #[command(flatten)]
    connection: Connection,
    /// Ask the data folder instead of a server
    #[arg(long)]
    local: bool,
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::Verify(args) => verify(shell, &args),
        Verb::Export(args) => export(shell, &args).await,
        Verb::Key(args) => key(shell, &args).await,
    }
}

fn verify(shell: &Shell, args: &Verify) -> Outcome {
    let key: VerifierKey = args.key.parse().map_err(|_| {
        Stop::usage("that is no verifier key").fix("it looks like sealpost.example.com/ledger+1f3a9c07+AbCd…")
    })?;
    let report = audit::verify_file(&args.file, &key, &args.witness).map_err(|error| match &error {
        VerifyError::Finding(_) => Stop::refused(format!("not proven: {error}")),
        VerifyError::Witness { .. } => Stop::refused(error.to_string()),
        VerifyError::Io(_) => Stop::failed(error.to_string()),
    })?;
    let value = json!({
        "verified": true, "origin": report.origin, "leaves": report.leaves, "checkpoints": report.checkpoints,
        "root": report.root.to_string(), "unsealed": report.unsealed, "pruned_contents": report.pruned_contents,
        "witnesses": args.witness.len(),
    });
    shell.out.result(&value, || {
        shell.out.say(format_args!("verified  {}", report.origin));
        shell.out.say(format_args!(
            "  {} of {} leaves proven by {} signed checkpoints, {} contents pruned",
            report.leaves - report.unsealed,
            report.leaves,
            report.checkpoints,
            report.pruned_contents
        ));
        shell.out.say(format_args!("  root {}", report.root));
        if args.witness.is_empty() {
            shell.out.note("  without --witness nobody vouches that this is the only history");
        }
    });
    Ok(())
}

async fn export(shell: &Shell, args: &Export) -> Outcome {
    let store = local::store(shell).await?;
    let ctx = local::operator(&store, &args.place).await?;
    let file = std::fs::File::options().write(true).create_new(true).open(&args.to).map_err(|error| {
        Stop::failed(format!("{}: {error}", args.to.display())).fix("an export never overwrites a file: name another")
    })?;
    shell.out.progress("writing the ledger…");
    let mut file = std::io::BufWriter::new(file);
    let done = audit::export(&store, &ctx, &mut file).await.map_err(anyhow::Error::from)?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    let key = store.verifier_key().map_err(anyhow::Error::from)?.to_string();
    let value = json!({ "file": args.to, "leaves": done.leaves, "checkpoints": done.checkpoints, "verifier_key": key });
    shell.out.result(&value, || {
        let file = args.to.display();
        shell.out.say(format_args!("{file}  {} leaves, {} checkpoints", done.leaves, done.checkpoints));
        shell.out.say(format_args!("verify    sealpost ledger verify {file} --key '{key}'"));
    });
    Ok(())
}

async fn key(shell: &Shell, args: &Key) -> Outcome {
    let key = if args.local {
        local::store(shell).await?.verifier_key().map_err(anyhow::Error::from)?.to_string()
    } else {
        let checkpoint = shell.api(&args.connection)?.get("/v1/ledger/checkpoint").await?;
        checkpoint["verifier_key"].as_str().unwrap_or_default().to_owned()
    };
    shell.out.result(&json!({ "verifier_key": key }), || shell.out.say(&key));
    Ok(())
}
