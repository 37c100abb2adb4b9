//! `sealpost evidence`

use std::path::{Path, PathBuf};

use sealpost_govern::evidence::{self, PackError, Packed};
use sealpost_ledger::VerifierKey;
use serde_json::json;

use super::local::{self, Place};
use super::{Outcome, Shell, Stop};
use crate::config::Flags;
use crate::house;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    pack: Pack,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Verify a pack offline: no server, no database, only the key you trust
    Verify(Verify),
}

#[derive(clap::Args)]
struct Pack {
    /// What to write: a file that ends in .zip, or a folder that isn't there yet
    #[arg(long, value_name = "FILE|FOLDER", required = true)]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
struct Verify {
    /// The pack: a zip file or a folder
    pack: PathBuf,
    /// The verifier key, as `sealpost ledger key` showed it: get it by another way than the pack
    #[arg(long, value_name = "KEY")]
    key: String,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    match args.verb {
        Some(Verb::Verify(args)) => verify(shell, &args),
        None => pack(shell, &args.pack).await,
    }
}

async fn pack(shell: &Shell, args: &Pack) -> Outcome {
    let output = args.output.clone().ok_or_else(|| Stop::usage("name what to write: --output pack.zip"))?;
    let config = shell.load(&Flags::default())?.config;
    let store = local::store(shell).await?;
    let ctx = local::operator(&store, &args.place).await?;
    let evidence = house::evidence(store.clone(), &config, &house::messaging(store.clone(), &config)?);
    shell.out.progress("reading the evidence…");
    let packed = match output.extension().is_some_and(|end| end == "zip") {
        true => zipped(&evidence, &ctx, &output).await?,
        false => {
            std::fs::create_dir(&output).map_err(|error| refused(&output, &error))?;
            evidence::write_folder(&evidence, &ctx, &output).await.map_err(anyhow::Error::from)?
        }
    };
    let key = store.verifier_key().map_err(anyhow::Error::from)?.to_string();
    let value = json!({ "pack": output, "manifest": packed.manifest, "verifier_key": key });
    shell.out.result(&value, || {
        let pack = output.display();
        shell.out.say(format_args!("{pack}  {} files, {} leaves", packed.manifest.files.len(), packed.manifest.leaves));
        shell.out.say(format_args!("verify    sealpost evidence verify {pack} --key '{key}'"));
    });
    Ok(())
}

async fn zipped(evidence: &evidence::Evidence, ctx: &sealpost_store::Ctx, output: &Path) -> Outcome<Packed> {
    let file = std::fs::File::options().write(true).create_new(true).open(output);
    let mut file = std::io::BufWriter::new(file.map_err(|error| refused(output, &error))?);
    let packed = evidence::write_zip(evidence, ctx, &mut file).await.map_err(anyhow::Error::from)?;
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(packed)
}

fn refused(output: &Path, error: &std::io::Error) -> Stop {
    Stop::failed(format!("{}: {error}", output.display())).fix("a pack never overwrites anything: name another")
}

fn verify(shell: &Shell, args: &Verify) -> Outcome {
    let key: VerifierKey = args.key.parse().map_err(|_| {
        Stop::usage("that is no verifier key").fix("it looks like sealpost.example.com/ledger+1f3a9c07+AbCd…")
    })?;
    let verified = evidence::verify(&args.pack, &key).map_err(|error| match &error {
        PackError::Io(_) => Stop::failed(error.to_string()),
        _ => Stop::refused(format!("not proven: {error}")),
    })?;
    let (manifest, ledger) = (&verified.manifest, &verified.ledger);
    let value = json!({ "verified": true, "manifest": manifest, "checkpoints": ledger.checkpoints, "root": ledger.root.to_string() });
    shell.out.result(&value, || {
        shell.out.say(format_args!("verified  {} {}", manifest.organisation, manifest.environment));
        shell.out.say(format_args!("  made by {} at {}, version {}", manifest.by, manifest.at, manifest.version));
        for entry in &manifest.files {
            shell.out.say(format_args!("  {}  {} ({} bytes)", entry.sha256, entry.name, entry.bytes));
        }
        shell.out.say(format_args!(
            "  {} leaves proven by {} signed checkpoints, root {}",
            ledger.leaves, ledger.checkpoints, ledger.root
        ));
    });
    Ok(())
}
