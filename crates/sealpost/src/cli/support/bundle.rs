//! `sealpost support bundle`: what helps whoever helps, as files in a folder and a signed list of them.
//!
//! What is in it is made anew from what is known to be harmless (see [`plain`]), not what is there with pieces cut out: a kind of thing
//! that nobody thought of stays here.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use sealpost_ledger::{VerifierKey, checkpoint};
use sealpost_seal::key::sha256;
use sealpost_store::{Clock as _, World};
use serde_json::json;

use super::plain;
use crate::cli::{Outcome, Shell, Stop, doctor};
use crate::config::{Flags, Loaded};
use crate::{hardening, house};

/// The first line of the list: nothing else that is signed begins so.
const TITLE: &str = "sealpost support bundle v1";
/// Its file.
const LIST: &str = "manifest.note";
/// The last lines of a log that are taken.
const LINES: usize = 2_000;
/// The longest file that is read for it, from its end.
const LONGEST: u64 = 8 * 1024 * 1024;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder to write; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// The server's log: times, levels, events, numbers and codes of its last 2,000 lines go along
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// What the server's metrics page says (`server.admin`), saved to a file
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Write it without showing it and asking
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    hardening::apply();
    let loaded = shell.load(&Flags::default())?;
    let files = files(shell, &loaded, &args).await?;
    if !args.yes {
        show(shell, &files)?;
    }
    let keys = house::open_keys(&loaded.config, &shell.environment).await?;
    let signing = keys.signing();
    let key = VerifierKey::new(house::origin(&loaded.config), signing.public())
        .map_err(|_| Stop::failed("ledger.origin has a character that signatures can't carry"))?;
    let note = checkpoint::sign_text(&list(&files), &key, &|bytes| signing.sign(bytes))
        .map_err(|error| Stop::failed(error.to_string()))?;
    write(&args.to, &files, &note)?;
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    let value = json!({ "folder": args.to, "files": names, "manifest": LIST, "verifier_key": key.to_string() });
    shell.out.result(&value, || {
        shell.out.say(format_args!("{}  {} files and {LIST}", args.to.display(), files.len()));
    });
    Ok(())
}

type File = (&'static str, String);

async fn files(shell: &Shell, loaded: &Loaded, args: &Args) -> Outcome<Vec<File>> {
    let now = World::real().clock.now().to_string();
    let engine = if loaded.config.storage.postgres.is_some() { "postgres" } else { "sqlite" };
    let version = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "at": now,
        "engine": engine,
        "system": std::env::consts::OS,
        "processor": std::env::consts::ARCH,
    });
    let migrations: Vec<_> =
        sealpost_store::migrations().map(|(of, number, name)| format!("{of} {number} {name}")).collect();
    let checks: Vec<_> =
        doctor::verdicts(shell).await?.into_iter().map(|(check, is)| format!("{is:5} {check}")).collect();
    let settings: Vec<_> = loaded.settings().iter().map(plain::setting).collect();
    let mut files = vec![
        ("version.json", pretty(&version)),
        ("config.txt", lines(&settings)),
        ("doctor.txt", lines(&checks)),
        ("migrations.txt", lines(&migrations)),
    ];
    if let Some(path) = &args.metrics {
        let metrics: Vec<_> = end_of(path)?.lines().filter_map(plain::metric).collect();
        files.push(("metrics.txt", lines(&metrics)));
    }
    if let Some(path) = &args.log {
        let text = end_of(path)?;
        let all: Vec<_> = text.lines().collect();
        let last = all.get(all.len().saturating_sub(LINES)..).unwrap_or_default();
        let log: Vec<_> = last.iter().map(|line| plain::event(line)).collect();
        files.push(("log.txt", lines(&log)));
    }
    Ok(files)
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn lines(all: &[String]) -> String {
    all.iter().map(|line| format!("{line}\n")).collect()
}

/// The end of a file; a line that was cut is left out.
fn end_of(path: &std::path::Path) -> Outcome<String> {
    use std::io::{Read, Seek, SeekFrom};
    let read = || {
        let mut file = std::fs::File::open(path)?;
        let from = file.metadata()?.len().saturating_sub(LONGEST);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok::<_, std::io::Error>(if from == 0 {
            text
        } else {
            text.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
        })
    };
    read().map_err(|error| Stop::usage(format!("{}: {error}", path.display())))
}

/// Shows file by file what would be written, and asks.
fn show(shell: &Shell, files: &[File]) -> Outcome {
    if shell.out.is_json() || !std::io::stdin().is_terminal() {
        return Err(Stop::usage("nobody is there to look at it").fix("look at it in the folder: add --yes"));
    }
    for (name, text) in files {
        shell.out.note(format_args!("— {name} ({} bytes) —\n{text}", text.len()));
    }
    shell.out.note("Write this? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(Stop::refused("nothing was written")) }
}

/// What is signed: every file with its SHA-256.
fn list(files: &[File]) -> String {
    let line = |(name, text): &File| {
        let hash: String = sha256(&[text.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hash}  {name}\n")
    };
    format!("{TITLE}\n{}", files.iter().map(line).collect::<String>())
}

fn write(folder: &std::path::Path, files: &[File], note: &str) -> Outcome {
    std::fs::create_dir(folder).map_err(|error| {
        Stop::failed(format!("{}: {error}", folder.display())).fix("a bundle never overwrites anything: name another")
    })?;
    for (name, text) in files.iter().map(|(name, text)| (*name, &**text)).chain([(LIST, note)]) {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
