//! `GET /app/{env}/encryption`

use askama::Template;
use sealpost_seal::key::Custody;
use sealpost_store::{Store, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::encryption::model::named;
use crate::encryption::{Standing, TurnState, service};
use crate::permissions::{LEDGER_READ, SECRETS_MANAGE};

/// How it stands.
#[derive(Template)]
#[template(path = "encryption/pages/show.html")]
pub(super) struct ShowPage {
    turn: Option<String>,
    version: u32,
    older: usize,
    last: Option<Last>,
    root: String,
    custody: &'static str,
    root_turning: bool,
    index: u32,
}

/// The last turn.
struct Last {
    version: u32,
    begun: When,
    rewrapped: Option<When>,
    done: Option<When>,
    says: &'static str,
    going_on: bool,
    /// How many keys it has been through, of how many.
    progress: Option<(u64, u64)>,
}

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/encryption")
        .needs(LEDGER_READ)
        .page()
        .class(Class::Read)
        .summary("How the organisation's encryption stands")
        .to(move |call| show(house.clone(), call))
}

async fn show(house: Store, call: Call) -> Result<Reply, Failure> {
    let standing = service::standing(&house, &call.ctx).await?;
    let may = call.caller.permissions.contains(SECRETS_MANAGE);
    call.show("Encryption", &page(&standing, may, call.ctx.now(), |path| call.at(path)))
}

/// The page for somebody who may turn the key or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(standing: &Standing, may: bool, now: Time, at: impl Fn(&str) -> String) -> ShowPage {
    let last = standing.turn.map(|turn| Last {
        version: turn.version,
        begun: When::new(turn.begun_at, now),
        rewrapped: turn.rewrapped_at.map(|at| When::new(at, now)),
        done: turn.done_at.map(|at| When::new(at, now)),
        says: match turn.state() {
            TurnState::Turning => "turning",
            TurnState::Waiting => "waiting for kept answers to run out",
            TurnState::Done => "done",
        },
        going_on: turn.state() != TurnState::Done,
        progress: standing.progress.map(|progress| (progress.slots.min(progress.total), progress.total)),
    });
    ShowPage {
        turn: may.then(|| at("/encryption/rotate")),
        version: standing.version,
        older: standing.versions.iter().filter(|version| **version < standing.version).count(),
        last,
        root: named(standing.root.newest),
        custody: match standing.custody {
            Custody::Clear => "a file or a variable on the host",
            Custody::AwsKms => "sealed by AWS KMS, opened when a server starts",
            Custody::Vault => "sealed by Vault’s transit engine, opened when a server starts",
        },
        root_turning: standing.root.turning,
        index: standing.index_epoch,
    }
}
