//! `sealpost plan`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::{self, Folder};
use super::kinds::{self, Kind};
use super::model::{Act, Change, Standing, Wanted};
use super::server::{At, Server};
use super::{rules, say};
use crate::cli::{Exit, Outcome, Shell, Stop};

/// Saved plans say what they are.
const FORMAT: &str = "sealpost-plan/1";

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder with the files
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Take away what is in no file, where that is possible
    #[arg(long)]
    prune: bool,
    /// Save the plan, for `sealpost apply`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

pub(in crate::cli) async fn run(shell: &Shell, args: Args) -> Outcome {
    let server = Server::connect(shell, &args.at, None)?;
    let planned = Planned::of_folder(shell, &server, &args.folder, args.prune).await?;
    let plan = &planned.plan;
    if let Some(path) = &args.out {
        let text = serde_json::to_string(plan).map_err(anyhow::Error::from)?;
        crate::files::write_private(path, text.as_bytes())
            .map_err(|error| Stop::failed(format!("{}: {error}", path.display())))?;
    }
    let mut waiting = Vec::new();
    for change in &plan.changes {
        let kind = kind_of(change)?;
        waiting.extend(server.waiting(kind.about(), change, planned.from(change)).await?);
    }
    shell.out.result(&serde_json::json!({ "plan": plan, "waiting": waiting }), || say::plan(shell.out, plan, &waiting));
    match plan.changes.len() {
        0 => Ok(()),
        1 => Err(Stop::new(Exit::Differs, "1 change")),
        count => Err(Stop::new(Exit::Differs, format!("{count} changes"))),
    }
}

/// What is to be done, and where.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    format: String,
    /// Which server.
    pub(super) server: String,
    /// In which environment.
    pub(super) environment: String,
    /// Of exactly these changes.
    pub(super) digest: String,
    /// In the order in which they are made.
    pub(super) changes: Vec<Change>,
    /// What is there, in no file, and stays.
    pub(super) others: Vec<String>,
}

/// A plan, and what it was compared with.
pub(super) struct Planned {
    pub(super) plan: Plan,
    there: Vec<(&'static str, Vec<Standing>)>,
}

impl Planned {
    /// How what is there differs from what a folder says.
    pub(super) async fn of_folder(shell: &Shell, server: &Server, folder: &Path, prune: bool) -> Outcome<Self> {
        let mut wanted = files::read(folder)?;
        wanted.retain(|(kind, _)| {
            let decides = server.decides(kind.about());
            if !decides {
                shell
                    .out
                    .note(format_args!("{} is about both environments: only a live key plans it", kind.about().word));
            }
            decides
        });
        let there = read(server, wanted.iter().map(|(kind, _)| *kind)).await?;
        let (mut changes, mut removals, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for ((kind, wanted), (_, there)) in wanted.iter().zip(&there) {
            let mut difference = rules::compare(kind.about(), wanted, there, prune);
            changes.append(&mut difference.changes);
            // What is named by others goes after them.
            difference.removals.append(&mut removals);
            removals = difference.removals;
            others.append(&mut difference.others);
        }
        changes.append(&mut removals);
        object(server, &wanted, &changes).await?;
        let digest = rules::digest(server.environment(), &changes);
        let (server, environment) = (server.api.url().to_owned(), server.environment().to_owned());
        Ok(Self { plan: Plan { format: FORMAT.to_owned(), server, environment, digest, changes, others }, there })
    }

    /// A saved plan, if what is there is still what it was made of.
    pub(super) async fn saved(server: &Server, path: &Path) -> Outcome<Self> {
        let plan = Plan::read(path)?;
        if (&*plan.server, &*plan.environment) != (server.api.url(), server.environment()) {
            let made = format!("this plan was made for {} of {}", plan.environment, plan.server);
            return Err(Stop::refused(made));
        }
        let mut kinds: Vec<&dyn Kind> = Vec::new();
        for change in &plan.changes {
            let kind = kind_of(change)?;
            if !kinds.iter().any(|known| known.about().word == kind.about().word) {
                kinds.push(kind);
            }
        }
        let there = read(server, kinds.into_iter()).await?;
        let planned = Self { plan, there };
        let moved: Vec<_> = planned.plan.changes.iter().filter(|change| !planned.holds(change)).collect();
        match moved.as_slice() {
            [] => Ok(planned),
            moved => {
                let titles: Vec<_> = moved.iter().map(|change| change.title()).collect();
                let what = format!("what is there is not what was planned with: {}", titles.join(", "));
                Err(Stop::refused(what).fix("plan again"))
            }
        }
    }

    /// Where a change begins; nothing if it makes something.
    pub(super) fn from(&self, change: &Change) -> Option<&Standing> {
        let of_kind = self.there.iter().find(|(word, _)| *word == change.kind);
        of_kind.and_then(|(_, all)| all.iter().find(|standing| standing.name == change.name))
    }

    fn holds(&self, change: &Change) -> bool {
        kinds::find(&change.kind).is_some_and(|kind| is_still(kind, change, self.from(change)))
    }
}

/// Whether a change is still what makes what is there what it shall be.
pub(super) fn is_still(kind: &dyn Kind, change: &Change, there: Option<&Standing>) -> bool {
    let now = match (change.act, there) {
        (Act::Remove, there) => there.map(|there| rules::removal(kind.about(), there)),
        (_, there) => {
            let wanted = Wanted { name: change.name.clone(), fields: change.wanted.clone() };
            rules::change(kind.about(), &wanted, there)
        }
    };
    now.as_ref() == Some(change)
}

/// What a change is about.
pub(super) fn kind_of(change: &Change) -> Outcome<&'static dyn Kind> {
    kinds::find(&change.kind).ok_or_else(|| Stop::new(Exit::Config, format!("there is no kind `{}`", change.kind)))
}

async fn read(
    server: &Server,
    kinds: impl Iterator<Item = &'static dyn Kind>,
) -> Outcome<Vec<(&'static str, Vec<Standing>)>> {
    let mut there = Vec::new();
    for kind in kinds {
        there.push((kind.about().word, kind.all(server).await?));
    }
    Ok(there)
}

/// Everything that would be refused later is said before anything is done.
async fn object(server: &Server, wanted: &Folder, changes: &[Change]) -> Outcome {
    let (mut objections, mut lists) = (Vec::new(), BTreeMap::new());
    for change in changes.iter().filter(|change| change.act != Act::Remove) {
        let kind = kind_of(change)?;
        objections.extend(kind.objection(change).map(|why| format!("{}: {why}", change.title())));
        for (field, word, list) in kind.names() {
            let Some(name) = change.wanted.get(*field).and_then(|name| name.as_str()) else { continue };
            let of_kind = wanted.iter().filter(|(kind, _)| kind.about().word == *word).flat_map(|(_, all)| all);
            if of_kind.into_iter().any(|one| one.name == name) {
                continue;
            }
            if !lists.contains_key(list) {
                lists.insert(list, server.names(list).await?);
            }
            if !lists.get(list).is_some_and(|names| names.has(name)) {
                objections.push(format!("{}: there is no {word} `{name}`", change.title()));
            }
        }
    }
    if objections.is_empty() { Ok(()) } else { Err(Stop::new(Exit::Config, objections.join("\n"))) }
}

impl Plan {
    fn read(path: &Path) -> Outcome<Self> {
        let refused = |why: &dyn std::fmt::Display| Stop::new(Exit::Config, format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
        let plan: Self =
            serde_json::from_str(&text).map_err(|_| refused(&"it is neither a folder nor a saved plan"))?;
        if plan.format != FORMAT {
            return Err(refused(&"it was saved by another version of Sealpost"));
        }
        if plan.digest != rules::digest(&plan.environment, &plan.changes) {
            return Err(refused(&"it was changed since it was saved"));
        }
        Ok(plan)
    }
}
