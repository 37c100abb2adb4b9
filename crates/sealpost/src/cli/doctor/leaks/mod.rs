//! `sealpost doctor leaks`: plants marks in a running installation, in its test environment, and looks for them wherever they must
//! not be; erases the person they belong to, and looks again.

mod files;
mod marks;
mod plant;
mod process;
mod routes;
mod visitor;

use std::time::Duration;

use sealpost_store::{Clock as _, Time, World};
use serde::Serialize;
use serde_json::json;

use self::marks::Marks;
use self::plant::Planted;
use self::routes::Routes;
use self::visitor::Visitor;
use crate::api::{Api, Connection};
use crate::cli::{Outcome, Shell, Stop};
use crate::config::Flags;
use crate::needles::Needles;

/// For how long a visitor listens: as long as it takes to plant and to ask, on a machine that is not slow.
const LISTENED: Duration = Duration::from_secs(20);

#[derive(clap::Args)]
pub(super) struct Args {
    /// What the marks are made from, 6 to 20 small letters and digits, instead of chance: finds what an earlier run left behind
    #[arg(long, value_name = "WORD")]
    mark: Option<String>,
    /// The server's process on this host; found by itself unless said otherwise
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    #[command(flatten)]
    connection: Connection,
}

/// One place that was looked at.
#[derive(Default, Serialize)]
struct Look {
    place: String,
    /// Answers, files or processes.
    looked_at: usize,
    leaks: Vec<String>,
    /// What there is to know besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Look {
    fn at(place: impl Into<String>) -> Self {
        Self { place: place.into(), ..Self::default() }
    }

    /// Takes note of what was found in one thing.
    fn found(&mut self, needles: &Needles, what: &str, bytes: &[u8]) {
        self.looked_at += 1;
        self.leaks.extend(needles.found_in(bytes).into_iter().map(|form| format!("{what}: {form}")));
    }
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    let marks = Marks::new(args.mark.as_deref())?;
    let api = shell.api(&args.connection)?;
    let folder = shell.load(&Flags::default())?.config.storage.folder.relative();
    let (mut looks, mut planted) = (Vec::new(), Planted::default());
    let place = Place { folder, pid: args.pid, since: World::real().clock.now() };
    shell.out.progress("asking the server to let a visitor in…");
    let visitor = Visitor::come(shell, &api).await?;
    let looked = look(shell, &api, visitor.as_ref(), &marks, &place, &mut planted, &mut looks).await;
    // Whatever came of it, what was planted goes, and so does whoever came to look.
    let removed = planted.remove(&api).await;
    let left = match visitor {
        Ok(visitor) => visitor.leave().await,
        Err(_) => Ok(()),
    };
    looked?;
    removed?;
    left?;
    tell(shell, &marks, &looks)
}

/// What of the server is on this host.
struct Place {
    folder: std::path::PathBuf,
    pid: Option<u32>,
    /// When this run began.
    since: Time,
}

/// Looks everywhere, while the visitor listens.
async fn look(
    shell: &Shell,
    api: &Api,
    visitor: Result<&Visitor, &String>,
    marks: &Marks,
    place: &Place,
    planted: &mut Planted,
    looks: &mut Vec<Look>,
) -> Outcome {
    let needles = marks.needles();
    let Ok(visitor) = visitor else {
        let note = visitor.err().cloned();
        looks.push(Look { note, ..Look::at("pages shown to a visitor") });
        return ask(shell, api, None, marks, place, planted, looks).await;
    };
    let listening = routes::listen("changes told to a visitor", &visitor.api, LISTENED, &needles);
    let (heard, asked) = tokio::join!(listening, ask(shell, api, Some(&visitor.api), marks, place, planted, looks));
    looks.push(heard?);
    asked
}

async fn ask(
    shell: &Shell,
    api: &Api,
    visitor: Option<&Api>,
    marks: &Marks,
    place: &Place,
    planted: &mut Planted,
    looks: &mut Vec<Look>,
) -> Outcome {
    let needles = marks.needles();
    shell.out.progress("reading what the server says about itself…");
    let routes = Routes::read(api).await?;
    shell.out.progress("planting marks…");
    planted.plant(api, marks, &routes).await?;
    let masked = planted.masked(api)?;
    shell.out.progress("asking everything…");
    looks.push(routes.ask("answers to a masked key", &masked, true, planted, marks, &needles).await?);
    looks.push(routes.ask("answers to nobody", api, false, planted, marks, &needles).await?);
    if let Some(visitor) = visitor {
        looks.push(routes.ask("pages shown to a visitor", visitor, true, planted, marks, &needles).await?);
    }
    host(place, &needles, "", looks);
    shell.out.progress("erasing the person…");
    planted.erase(api).await?;
    let after = ", after the erasure";
    // From whoever may see everything, too: there is nothing left to see.
    looks.push(routes.ask(&format!("answers to this key{after}"), api, true, planted, marks, &needles).await?);
    looks.push(routes.ask(&format!("answers to a masked key{after}"), &masked, true, planted, marks, &needles).await?);
    if let Some(visitor) = visitor {
        let shown = format!("pages shown to a visitor{after}");
        looks.push(routes.ask(&shown, visitor, true, planted, marks, &needles).await?);
    }
    host(place, &needles, after, looks);
    Ok(())
}

/// Looks at what is on this host.
fn host(place: &Place, needles: &Needles, when: &str, looks: &mut Vec<Look>) {
    looks.push(files::data(&place.folder, needles, when));
    looks.push(files::temporary(place.since, needles, when));
    looks.push(process::environment(place.pid, needles, when));
}

fn tell(shell: &Shell, marks: &Marks, looks: &[Look]) -> Outcome {
    let leaks: usize = looks.iter().map(|look| look.leaks.len()).sum();
    shell.out.result(&json!({ "ok": leaks == 0, "mark": marks.word(), "looks": looks }), || {
        for Look { place, looked_at, leaks, note } in looks {
            let mark = match (leaks.is_empty(), looked_at) {
                (false, _) => "LEAK ",
                (true, 0) => "-    ",
                (true, _) => "ok   ",
            };
            let note = note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
            shell.out.say(format_args!("{mark} {place:44} {looked_at:5} looked at{note}"));
            leaks.iter().for_each(|leak| shell.out.say(format_args!("        {leak}")));
        }
        shell.out.say(format_args!("\n{leaks} leaks; the marks were made from {}", marks.word()));
    });
    if leaks == 0 { Ok(()) } else { Err(Stop::refused(format!("{leaks} leaks"))) }
}
