//! `sealpost revisions`

use serde_json::Value;

use super::{Outcome, Shell, Stop};
use crate::api::Connection;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// List what settings said, newest first, and what each change changed
    List(List),
    /// Show the whole of what a setting said, and what going back would change
    Show(Show),
}

#[derive(clap::Args)]
pub(super) struct List {
    /// Of which setting: masking, approval_policy, storage; all, unless said otherwise
    #[arg(long, value_parser = setting)]
    setting: Option<String>,
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

/// A name is typed, and goes into a query.
fn setting(text: &str) -> Result<String, &'static str> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_name { Ok(text.to_owned()) } else { Err("that is no name of a setting") }
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::List(args) => list(shell, &args).await,
        Verb::Show(args) => show(shell, &args).await,
    }
}

async fn list(shell: &Shell, args: &List) -> Outcome {
    let setting = args.setting.as_ref().map(|setting| format!("&setting={setting}")).unwrap_or_default();
    let page = shell.api(&args.connection)?.get(&format!("/v1/revisions?limit={}{setting}", args.limit)).await?;
    let out = shell.out;
    out.result(&page, || {
        let rows = page["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().for_each(|row| say(shell, row));
        if rows.is_empty() {
            out.note("nothing");
        }
    });
    Ok(())
}

async fn show(shell: &Shell, args: &Show) -> Outcome {
    if !args.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || args.id.is_empty() {
        return Err(Stop::usage("that is no id of a revision").fix("it looks like rev_01jk…"));
    }
    let revision = shell.api(&args.connection)?.get(&format!("/v1/revisions/{}", args.id)).await?;
    shell.out.result(&revision, || {
        say(shell, &revision);
        shell.out.say(format_args!("  digest  {}", word(&revision, "digest")));
        if revision["back"].as_array().is_some_and(|back| !back.is_empty()) {
            shell.out.say(format_args!("going back would change:"));
            lines(shell, &revision["back"]);
        }
    });
    Ok(())
}

fn say(shell: &Shell, revision: &Value) {
    let by = revision["by"].as_str().unwrap_or("nobody");
    let stands = if revision["in_force"] == true { "  in force" } else { "" };
    shell.out.say(format_args!(
        "{}  {} {}  {} by {by}{stands}",
        word(revision, "id"),
        word(revision, "setting"),
        revision["number"],
        word(revision, "at"),
    ));
    lines(shell, &revision["changes"]);
}

fn lines(shell: &Shell, lines: &Value) {
    for line in lines.as_array().map(Vec::as_slice).unwrap_or_default() {
        let side = |name: &str| line[name].as_str().unwrap_or("(nothing)").to_owned();
        shell.out.say(format_args!("  {}: {} -> {}", word(line, "what"), side("before"), side("after")));
    }
}

fn word(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}
