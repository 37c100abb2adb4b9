//! `sealpost apply`

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::kinds::{By, Kind};
use super::model::{Act, Change, Standing};
use super::plan::{Planned, is_still, kind_of};
use super::say;
use super::server::{At, Server, Waiting};
use crate::cli::{Exit, Outcome, Shell, Stop};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder with the files, or a plan that was saved
    #[arg(value_name = "FOLDER_OR_PLAN")]
    from: PathBuf,
    /// Take away what is in no file, where that is possible
    #[arg(long)]
    prune: bool,
    /// Only if the changes are still those of this digest, as `sealpost plan` says it
    #[arg(long)]
    digest: Option<String>,
    /// Why: needed for what protects less than before
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    at: At,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Done {
    /// What is now as it shall be.
    pub(super) applied: Vec<String>,
    /// What waits for others.
    pub(super) waiting: Vec<Waiting>,
    /// What only a signed-in member does.
    pub(super) left: Vec<Left>,
    /// What was not come to.
    pub(super) remaining: Vec<String>,
}

/// Something for a member to do.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Left {
    /// What would change.
    pub(super) change: String,
    /// Where.
    pub(super) url: String,
}

enum Step {
    Applied,
    Waits(Waiting),
    Left(Left),
}

pub(in crate::cli) async fn run(shell: &Shell, args: Args) -> Outcome {
    let server = Server::connect(shell, &args.at, args.reason)?;
    let planned = match args.from.is_dir() {
        true => Planned::of_folder(shell, &server, &args.from, args.prune).await?,
        false if args.prune => return Err(Stop::usage("whether to prune was decided when the plan was made")),
        false => Planned::saved(&server, &args.from).await?,
    };
    if args.digest.as_ref().is_some_and(|digest| *digest != planned.plan.digest) {
        let other = format!("the changes are others by now: {}", planned.plan.digest);
        return Err(Stop::refused(other).fix("plan again"));
    }
    let (done, end) = all(&server, &planned).await;
    shell.out.result(&done, || say::done(shell.out, &done));
    end?;
    if done.waiting.is_empty() && done.left.is_empty() {
        return Ok(());
    }
    let open = format!("{} wait for an approval, {} for a signed-in member", done.waiting.len(), done.left.len());
    Err(Stop::new(Exit::Differs, open))
}

/// One change after the other, up to the first that doesn't work.
async fn all(server: &Server, planned: &Planned) -> (Done, Outcome) {
    let mut done = Done::default();
    let mut changes = planned.plan.changes.iter();
    for change in changes.by_ref() {
        match step(server, planned, change).await {
            Ok(Step::Applied) => done.applied.push(format!("{} {}", change.act.mark(), change.title())),
            Ok(Step::Waits(waiting)) => done.waiting.push(waiting),
            Ok(Step::Left(left)) => done.left.push(left),
            Err(stop) => {
                done.remaining.push(change.title());
                done.remaining.extend(changes.map(Change::title));
                return (done, Err(Stop { what: format!("{}: {}", change.title(), stop.what), ..stop }));
            }
        }
    }
    (done, Ok(()))
}

async fn step(server: &Server, planned: &Planned, change: &Change) -> Outcome<Step> {
    let kind = kind_of(change)?;
    if let Some(waiting) = server.waiting(kind.about(), change, planned.from(change)).await? {
        return Ok(Step::Waits(waiting));
    }
    if let By::Member(page) = kind.about().by {
        let left = Step::Left(Left { change: change.title(), url: server.page(page) });
        let Some(wish) = kind.wish(change, still(server, planned, kind, change).await?.as_ref()) else {
            return Ok(left);
        };
        return Ok(server.ask(kind.about(), change, wish).await?.map_or(left, Step::Waits));
    }
    let answer = act(server, planned, kind, change).await.map_err(with_reason)?;
    Ok(match answer["approval_id"].as_str() {
        Some(id) => Step::Waits(server.waits(change, id, &answer["digest"])),
        None => Step::Applied,
    })
}

/// Acts on what was planned with, and on nothing else: it is looked at once more, and where the API takes the version, that is sent.
async fn act(server: &Server, planned: &Planned, kind: &dyn Kind, change: &Change) -> Outcome<Value> {
    let from = still(server, planned, kind, change).await?;
    match (change.act, &from) {
        (Act::Remove, Some(from)) => kind.remove(server, from).await.map(|()| Value::Null),
        _ => kind.put(server, change, from.as_ref()).await,
    }
}

/// What is there now, if that is what was planned with.
async fn still(server: &Server, planned: &Planned, kind: &dyn Kind, change: &Change) -> Outcome<Option<Standing>> {
    let from = match planned.from(change) {
        Some(from) => Some(kind.one(server, &from.id).await?),
        None => None,
    };
    match is_still(kind, change, from.as_ref()) {
        true => Ok(from),
        false => Err(Stop::refused("somebody changed it since it was looked at").fix("plan again")),
    }
}

fn with_reason(stop: Stop) -> Stop {
    if stop.what.contains("reason_required") { stop.fix("say why with --reason") } else { stop }
}
