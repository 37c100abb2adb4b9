//! Two weeks of a fictional clinic, lived through before anybody listens.
//!
//! Nothing is written that the product wouldn't write: every row and every leaf comes from a request to the API, asked in this
//! process, or from the work that follows one. Only the clock is ours: it begins in the past, is moved from act to act, and
//! arrives in the present. Keys, ids and secrets are as random as ever; what happens is the same every time.
//!
//! Nobody real is written to: messages of the test environment end in the sandbox outbox, the live one has no sender, and both
//! systems that hear of messages are receivers on loopback.

mod acts;
mod aside;
mod cast;
mod chance;
mod clock;
mod content;
mod days;
mod desk;
mod founding;
mod hooks;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use sealpost_messaging::dispatcher::ByHand;
use sealpost_store::{Clock as _, Ctx, SystemClock, Time};

use self::chance::Chance;
use self::desk::{Desk, Seat};
use super::seed;
use crate::cli::{Outcome, Stop};
use crate::house::House;
use crate::tasks;

pub(super) use self::aside::Aside;
pub(super) use self::clock::PastClock;
pub(super) use self::hooks::Hook;

/// How long before the present the clinic was founded.
const FOUNDED: i64 = 75 * days::DAY;
/// How the story goes. Another number tells another one.
const SEED: u64 = 0x5ea1;

/// When the clock of a house without a past begins.
pub(super) fn begin() -> Time {
    SystemClock.now().plus_ms(-FOUNDED)
}

/// What is at hand while the past goes by.
struct Past<'a> {
    house: &'a House,
    clock: &'a PastClock,
    /// The clinic, in its test environment, as its operator sees it.
    place: Ctx,
    desk: Desk,
    hands: ByHand,
    chance: Chance,
    tls: Arc<ServerConfig>,
    /// Contacts in the test environment, in the order of the cast.
    contacts: Vec<String>,
    keys: founding::Keys,
    /// The clinic's own role.
    night: String,
    staff: Vec<founding::Member>,
    /// The template of the codes.
    codes: String,
    /// The system that stops to answer, while it does.
    failing: Option<Hook>,
    /// Reasons given so far.
    looks: usize,
}

/// What the past came to.
pub(super) struct Lived {
    /// The system that goes on listening.
    pub(super) hook: Hook,
    /// How many leaves the ledger has.
    pub(super) leaves: u64,
}

/// Lives through the past of a house in which nothing has happened yet, and arrives in the present. `remember` is where it is written
/// down how to listen again.
pub(super) async fn live(house: &House, clock: &PastClock, tls: &Arc<ServerConfig>, remember: &Path) -> Outcome<Lived> {
    let now = SystemClock.now();
    let mut past = Past {
        place: seed::organisation(&house.store).await?,
        desk: Desk::new(house.app.clone(), house.store.clone()),
        hands: house.messaging.dispatcher().by_hand(),
        chance: Chance::new(SEED),
        tls: tls.clone(),
        contacts: Vec::new(),
        keys: founding::Keys::default(),
        night: String::new(),
        staff: Vec::new(),
        codes: String::new(),
        failing: None,
        looks: 0,
        house,
        clock,
    };
    past.found(now).await?;
    let hook = past.open(now).await?;
    hook.remember(remember)?;
    for (at, act) in days::days(now, &mut past.chance) {
        past.clock.move_to(at);
        past.act(act).await?;
    }
    past.sign_some_in(now).await?;
    past.evening().await?;
    clock.arrive();
    let head = house.store.ledger_head(&past.place).await.map_err(anyhow::Error::from)?;
    Ok(Lived { hook, leaves: head.map_or(0, |(head, _)| head.frontier.size()) })
}

impl Past<'_> {
    /// What a server does by itself, again and again.
    async fn evening(&mut self) -> Outcome {
        Ok(tasks::look_after(self.house).await?)
    }

    /// Does what is promised, until nothing is, with some time between one thing and the next.
    async fn settle(&mut self) -> Outcome {
        while self.hands.turn().await.map_err(anyhow::Error::from)? > 0 {
            self.clock.pass(self.chance.between(25, 140));
        }
        Ok(())
    }

    /// Signs a member in by a link that the operator made.
    async fn seat(&self, at: usize) -> Outcome<Seat> {
        let member = self.staff.get(at).ok_or_else(|| Stop::failed("nobody of the demo's staff is there"))?;
        self.sign_in(member).await
    }
}
