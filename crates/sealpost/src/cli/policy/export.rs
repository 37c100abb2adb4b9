//! `sealpost export-policy`

use std::path::PathBuf;

use serde_json::json;

use super::files;
use super::kinds;
use super::server::{At, Server};
use crate::cli::{Outcome, Shell, Stop};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder to write; it has to be new or empty
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    at: At,
}

pub(in crate::cli) async fn run(shell: &Shell, args: Args) -> Outcome {
    let server = Server::connect(shell, &args.at, None)?;
    std::fs::create_dir_all(&args.folder)?;
    if std::fs::read_dir(&args.folder)?.next().is_some() {
        return Err(Stop::refused(format!("{}: there is something in it", args.folder.display())));
    }
    let (mut count, mut written, mut skipped) = (0, Vec::new(), Vec::new());
    for kind in kinds::ALL {
        let about = kind.about();
        if !server.decides(about) {
            skipped.push(about.word);
            continue;
        }
        count += files::write(&args.folder, kind, kind.all(&server).await?)?;
        written.push(about.word);
    }
    shell.out.result(&json!({ "files": count, "written": written, "skipped": skipped }), || {
        shell.out.say(format_args!("{count} files in {}: {}", args.folder.display(), written.join(", ")));
        if !skipped.is_empty() {
            shell
                .out
                .say(format_args!("  not {}: only a live key decides about both environments", skipped.join(", ")));
        }
    });
    Ok(())
}
