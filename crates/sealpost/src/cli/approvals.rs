//! `sealpost approvals`

use std::path::PathBuf;

use sealpost_govern::approvals::{Digest, Expected, RecordError, verify_record};
use serde_json::{Value, json};

use super::{Outcome, Shell, Stop};
use crate::api::Connection;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// List what waits for an approval, and what was decided
    List(List),
    /// Show what would change, and its digest
    Show(Show),
    /// Agree with exactly this digest; the key counts for the member who made it
    Approve(Approve),
    /// Take along what proves who agreed to exactly what
    Export(Export),
    /// Verify such a record offline: no server, no database
    Verify(Verify),
}

#[derive(clap::Args)]
pub(super) struct List {
    /// Which of them: waiting (for you), mine, history; all, unless said otherwise
    #[arg(long, value_parser = ["waiting", "mine", "history"])]
    tab: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(super) struct Show {
    /// Which one
    id: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(super) struct Approve {
    /// Which one
    id: String,
    /// What you looked at, as `approvals show` says it: the vote is refused if it was changed since
    #[arg(long)]
    digest: String,
    /// For whoever reads it later
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(super) struct Export {
    /// Which one
    id: String,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The record
    file: PathBuf,
    /// What was voted on, known by another way
    #[arg(long)]
    digest: Option<String>,
    /// A passkey that has to have signed it, as GET /v1/me/passkeys says it to its member; may be given several times
    #[arg(long, value_name = "SHA-256")]
    key: Vec<String>,
    /// Where the dashboard is: https://sealpost.example.com
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::List(args) => list(shell, &args).await,
        Verb::Show(args) => show(shell, &args).await,
        Verb::Approve(args) => approve(shell, &args).await,
        Verb::Export(args) => export(shell, &args).await,
        Verb::Verify(args) => verify(shell, &args),
    }
}

async fn list(shell: &Shell, args: &List) -> Outcome {
    let tab = args.tab.as_ref().map(|tab| format!("&tab={tab}")).unwrap_or_default();
    let page = shell.api(&args.connection)?.get(&format!("/v1/approvals?limit={}{tab}", args.limit)).await?;
    let out = shell.out;
    out.result(&page, || {
        let rows = page["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        for row in rows {
            out.say(format_args!(
                "{}  {:<10} {:<16} {}",
                word(row, "id"),
                word(row, "state"),
                word(row, "module"),
                word(row, "asked_at")
            ));
        }
        if rows.is_empty() {
            out.note("nothing");
        }
    });
    Ok(())
}

async fn show(shell: &Shell, args: &Show) -> Outcome {
    let approval = shell.api(&args.connection)?.get(&path(&args.id, "")?).await?;
    shell.out.result(&approval, || say(shell, &approval));
    Ok(())
}

async fn approve(shell: &Shell, args: &Approve) -> Outcome {
    let mut ballot = json!({ "digest": args.digest });
    if let Some(comment) = &args.comment {
        ballot["comment"] = json!(comment);
    }
    let approval = shell.api(&args.connection)?.post(&path(&args.id, "/approve")?, &ballot, None).await?;
    shell
        .out
        .result(&approval, || shell.out.say(format_args!("{}  {}", word(&approval, "id"), word(&approval, "state"))));
    Ok(())
}

async fn export(shell: &Shell, args: &Export) -> Outcome {
    let record = shell.api(&args.connection)?.get(&path(&args.id, "/record")?).await?;
    let text = serde_json::to_string_pretty(&record).map_err(|error| Stop::failed(error.to_string()))?;
    std::fs::write(&args.out, text).map_err(|error| Stop::failed(format!("{}: {error}", args.out.display())))?;
    let written = json!({ "written": args.out, "digest": record["digest"] });
    shell.out.result(&written, || shell.out.say(format_args!("written to {}", args.out.display())));
    Ok(())
}

fn verify(shell: &Shell, args: &Verify) -> Outcome {
    let digest = args.digest.as_deref().map(str::parse::<Digest>).transpose();
    let digest = digest.map_err(|_| Stop::usage("that is no digest").fix("it has 64 hexadecimal digits"))?;
    let expected = Expected { digest, keys: &args.key, origin: args.origin.as_deref() };
    let verified = verify_record(&args.file, expected).map_err(|error| match &error {
        RecordError::Io(_) => Stop::failed(error.to_string()),
        _ => Stop::refused(format!("does not hold: {error}")),
    })?;
    let value = json!({ "verified": true, "record": verified });
    let out = shell.out;
    out.result(&value, || {
        out.say(format_args!("verified  {}  {}", verified.id, verified.module.title()));
        out.say(format_args!("  digest  {}", verified.digest));
        for vote in &verified.signed {
            out.say(format_args!(
                "  {} by {}, signed by the passkey {} at {}",
                vote.says, vote.member, vote.key, vote.origin
            ));
        }
        for member in &verified.unsigned {
            out.note(format!("  {member}: not signed, so nothing of this vote is proven"));
        }
        if args.key.is_empty() {
            out.note("  whose passkeys these are the record can't prove: ask them, and give --key");
        }
    });
    Ok(())
}

/// What somebody looks at before they agree.
fn say(shell: &Shell, approval: &Value) {
    let out = shell.out;
    out.say(format_args!("{}  {}  {}", word(approval, "id"), word(approval, "title"), word(approval, "state")));
    out.say(format_args!("  asked by {} at {}", word(approval, "asked_by"), word(approval, "asked_at")));
    if let Some(reason) = approval["reason"].as_str() {
        out.say(format_args!("  because: {reason}"));
    }
    for line in approval["changes"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let side = |name: &str| line[name].as_str().unwrap_or("(nothing)").to_owned();
        let mark = if line["before"] == line["after"] { ' ' } else { '*' };
        out.say(format_args!("{mark} {}: {} -> {}", word(line, "what"), side("before"), side("after")));
    }
    for vote in approval["votes"].as_array().map(Vec::as_slice).unwrap_or_default() {
        out.say(format_args!("  {} by {}", word(vote, "says"), word(vote, "member")));
    }
    out.say(format_args!("  digest  {}", word(approval, "digest")));
}

fn word(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

/// An id is typed, and goes into a path.
fn path(id: &str, then: &str) -> Outcome<String> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Ok(format!("/v1/approvals/{id}{then}"))
    } else {
        Err(Stop::usage("that is no id of a request").fix("it looks like apr_01jk…"))
    }
}
