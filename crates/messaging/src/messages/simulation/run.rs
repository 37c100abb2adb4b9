//! One run: steps drawn from a seed until nothing is left to do.

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use sealpost_egress::smtp::{Outcome, RelayFailure, Reply, Stage};
use sealpost_seal::rng::array;
use sealpost_store::testing::SeededRng;
use sealpost_store::{Change, Claim, MessageId, OrgId, outbox};
use tokio::sync::mpsc::UnboundedReceiver;

use super::desk::{self, Answered, Asked, Desk};
use super::house::House;
use super::judge::judge;
use crate::dispatcher::{Begun, Schedule, Went, pushed_job};
use crate::messages::model::State;
use crate::messages::service::cancel;
use crate::messages::store;

/// Jobs under way at once.
const SLOTS: usize = 4;
/// Steps of a run in which things go wrong; afterwards the world is kind.
const STEPS: u64 = 80;
/// Rounds in which everything must come to its end, each a try and a wait.
const ROUNDS: u64 = 40;
/// The longest wait of the schedule is four of these.
const ROUND_MS: i64 = 6 * 3_600_000;
/// A provider or receiver has answered, or time is up, within this.
const PATIENCE_MS: i64 = 15_000;

/// What happened, over all runs.
#[derive(Debug, Default)]
pub(super) struct Seen {
    runs: u64,
    pub(super) accepted: u64,
    crashes: u64,
    interrupted: u64,
    lost_news: u64,
    broken_ledgers: u64,
    pub(super) mails: u64,
    pub(super) ends: BTreeMap<&'static str, u64>,
    pub(super) repeated_codes: u64,
    pub(super) repeated_reports: u64,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        self.runs += 1;
        self.accepted += other.accepted;
        self.crashes += other.crashes;
        self.interrupted += other.interrupted;
        self.lost_news += other.lost_news;
        self.broken_ledgers += other.broken_ledgers;
        self.mails += other.mails;
        self.repeated_codes += other.repeated_codes;
        self.repeated_reports += other.repeated_reports;
        other.ends.iter().for_each(|(end, count)| *self.ends.entry(end).or_default() += count);
    }

    /// Whether many runs met what can go wrong. A few may not.
    pub(super) fn is_worth_something(&self) -> bool {
        let met = [self.crashes, self.interrupted, self.lost_news, self.broken_ledgers, self.repeated_codes];
        let ends = ["sent", "unknown", "failed", "expired", "cancelled"];
        self.runs < 50 || met.iter().all(|count| *count > 0) && ends.iter().all(|end| self.ends.contains_key(end))
    }
}

/// A message that was accepted.
pub(super) struct Accepted {
    pub(super) org: usize,
    pub(super) class: &'static str,
    /// How often a relay has taken it.
    pub(super) mailed: u64,
}

/// An event that a receiver has heard of.
pub(super) struct Heard {
    pub(super) body: Bytes,
    pub(super) times: u64,
}

/// A job under way.
struct Running {
    claim: Claim,
    begun: Begun,
    work: Pin<Box<dyn Future<Output = Went>>>,
    /// Where it waits: its ticket, what it asked, since when.
    at_desk: Option<(u64, Asked, i64)>,
}

/// How far a step came.
enum Step {
    Ended(Went),
    Asks(u64, Asked),
    /// The process died while storage was at work.
    Interrupted,
}

pub(super) struct Run {
    chance: SeededRng,
    desk: Arc<Desk>,
    pub(super) house: House,
    news: UnboundedReceiver<Change>,
    schedule: Schedule,
    running: Vec<Running>,
    /// In which order objects were first heard of: ids are random, and a run must not depend on them.
    order: HashMap<[u8; 16], usize>,
    /// How often others began since an organisation with a waiting job and nothing under way did.
    passed_over: HashMap<OrgId, usize>,
    waiting: HashMap<OrgId, usize>,
    kind: bool,
    pub(super) accepted: Vec<(MessageId, Accepted)>,
    pub(super) heard: BTreeMap<String, Heard>,
    pub(super) seen: Seen,
}

/// Runs one seed to its end and judges what is left.
pub(super) async fn run(seed: u64) -> Result<Seen, String> {
    let chance = SeededRng::new(seed);
    let house = House::new(seed, 2 + seed % 2).await;
    let news = house.test.store.bus().subscribe(outbox::PUSHED);
    let mut run = Run {
        chance,
        desk: Arc::default(),
        house,
        news,
        schedule: Schedule::new(SLOTS),
        running: Vec::new(),
        order: HashMap::new(),
        passed_over: HashMap::new(),
        waiting: HashMap::new(),
        kind: false,
        accepted: Vec::new(),
        heard: BTreeMap::new(),
        seen: Seen::default(),
    };
    desk::set(Some(run.desk.clone()));
    let outcome = async {
        run.suffer().await?;
        run.recover().await?;
        judge(&mut run).await
    };
    let outcome = outcome.await;
    desk::set(None);
    outcome.map(|()| std::mem::take(&mut run.seen))
}

impl Run {
    fn below(&self, end: u64) -> u64 {
        u64::from_le_bytes(array(&self.chance)) % end
    }

    /// Everything that can go wrong does.
    async fn suffer(&mut self) -> Result<(), String> {
        let mut broken = false;
        for _ in 0..STEPS {
            match self.below(100) {
                0..20 => self.accept().await,
                20..50 => self.begin().await?,
                50..75 => self.answer_one().await?,
                75..80 => self.sweep().await,
                80..86 => self.let_pass(self.below(4_000) as i64).await?,
                86..89 => self.let_pass(self.below(70_000) as i64).await?,
                89..91 => self.let_pass(self.below(40 * 60_000) as i64).await?,
                91..94 => self.crash().await,
                94..96 => self.cancel().await,
                _ => {
                    broken = !broken;
                    self.seen.broken_ledgers += u64::from(broken);
                    self.house.test.break_ledger(broken);
                }
            }
            self.hear_news();
        }
        self.house.test.break_ledger(false);
        Ok(())
    }

    /// Nothing goes wrong any more, and everything comes to its end.
    async fn recover(&mut self) -> Result<(), String> {
        self.kind = true;
        for _ in 0..ROUNDS {
            self.hear_news();
            self.sweep().await;
            self.begin().await?;
            while !self.running.is_empty() {
                self.answer_one().await?;
                self.hear_news();
                self.begin().await?;
            }
            let mut left = 0;
            for ctx in &self.house.organisations {
                left += self.house.test.jobs_waiting(ctx).await;
            }
            if left == 0 {
                return Ok(());
            }
            self.let_pass(ROUND_MS).await?;
        }
        Err("not everything comes to its end".into())
    }

    async fn accept(&mut self) {
        // One organisation sends most.
        let org = if self.below(3) > 0 { 0 } else { self.below(self.house.organisations.len() as u64) as usize };
        let class = if self.below(2) == 0 { "otp" } else { "transactional" };
        let limit = (self.below(5) == 0).then(|| self.house.organisations[org].now().plus_ms(60_000));
        if let Ok(id) = self.house.accept(org, class, limit).await {
            self.accepted.push((id, Accepted { org, class, mailed: 0 }));
            self.seen.accepted += 1;
        }
    }

    /// Begins what may begin.
    async fn begin(&mut self) -> Result<(), String> {
        while let Some((claim, begun)) = self.schedule.next() {
            self.watch_turns(claim.org.id)?;
            let Some(handler) = self.house.messaging.dispatcher().handler(&claim.kind) else {
                return Err(format!("nobody does {}", claim.kind));
            };
            let job = claim.clone();
            let work = Box::pin(async move { handler.run(job).await });
            self.running.push(Running { claim, begun, work, at_desk: None });
            self.go_on(self.running.len() - 1).await;
            self.hear_news();
        }
        Ok(())
    }

    /// Nobody waits for more than one turn of everybody else, and nobody has everything.
    fn watch_turns(&mut self, began: OrgId) -> Result<(), String> {
        let under_way = |org: OrgId| self.running.iter().filter(|one| one.claim.org.id == org).count();
        // As many again are for receivers in doubt.
        if under_way(began) + 1 >= 2 * SLOTS {
            return Err("one organisation has all slots".into());
        }
        let organisations = self.house.organisations.len();
        for (org, waiting) in &self.waiting {
            if *org != began && *waiting > 0 && under_way(*org) == 0 {
                let times = self.passed_over.entry(*org).or_default();
                *times += 1;
                if *times > organisations {
                    return Err(format!("an organisation was passed over {times} times"));
                }
            }
        }
        self.passed_over.remove(&began);
        self.waiting.entry(began).and_modify(|count| *count -= 1);
        Ok(())
    }

    /// Lets a job go on to its end or to the desk; now and then the process dies on the way.
    async fn go_on(&mut self, at: usize) {
        let interrupted_at = (!self.kind && self.below(60) == 0).then(|| 1 + self.below(4));
        match advance(&self.desk, &mut self.running[at].work, interrupted_at).await {
            Step::Ended(went) => {
                let ended = self.running.remove(at);
                self.schedule.ended(ended.begun, &went);
                if let Went::Wait(claim) = went {
                    self.admit(*claim);
                }
            }
            Step::Asks(ticket, asked) => {
                let now = self.house.organisations[0].now().unix_ms();
                self.running[at].at_desk = Some((ticket, asked, now));
            }
            Step::Interrupted => {
                self.seen.interrupted += 1;
                self.crash().await;
            }
        }
    }

    /// The world answers one of those who wait.
    async fn answer_one(&mut self) -> Result<(), String> {
        if self.running.is_empty() {
            return Ok(());
        }
        let at = self.below(self.running.len() as u64) as usize;
        self.answer(at).await
    }

    async fn answer(&mut self, at: usize) -> Result<(), String> {
        let Some((ticket, asked, _)) = self.running[at].at_desk.take() else {
            return Err("a job waits for nothing".into());
        };
        let answer = match asked {
            Asked::Mail(id) => Answered::Mail(self.take_mail(id).await?),
            Asked::Call { notice, body } => Answered::Call(self.take_call(notice, body)?),
        };
        self.desk.answer(ticket, answer);
        self.go_on(at).await;
        Ok(())
    }

    async fn take_mail(&mut self, id: MessageId) -> Result<Outcome, String> {
        let dice = if self.kind { 0 } else { self.below(100) };
        let reply = |code| Reply { code, enhanced: None };
        let (taken, outcome) = match dice {
            0..45 => (true, Outcome::Accepted { reply: reply(250) }),
            45..60 => (true, Outcome::Unknown),
            60..70 => (false, Outcome::Unknown),
            70..90 => (false, RelayFailure::ConnectFailed.into()),
            _ => (false, Outcome::Rejected { stage: Stage::Recipient, reply: reply(550) }),
        };
        let Some(at) = self.accepted.iter().position(|(known, _)| *known == id) else {
            return Err("a mail that nobody asked for".into());
        };
        let ctx = &self.house.organisations[self.accepted[at].1.org];
        let stored = self.house.test.store.peek(ctx, move |tx| store::find(tx, id)).await;
        let stored = stored.map_err(|error| error.to_string())?.ok_or("a mail of a message that is not there")?;
        self.accepted[at].1.mailed += u64::from(taken);
        if stored.state != State::Sending || u64::from(stored.attempts) < self.accepted[at].1.mailed {
            return Err(format!("sent in {:?} at attempt {}", stored.state, stored.attempts));
        }
        self.seen.mails += u64::from(taken);
        Ok(outcome)
    }

    fn take_call(&mut self, notice: String, body: Bytes) -> Result<Option<u16>, String> {
        let dice = if self.kind { 0 } else { self.below(100) };
        let (taken, status) = match dice {
            0..65 => (true, Some(204)),
            65..75 => (true, None),
            75..90 => (false, Some(503)),
            _ => (false, None),
        };
        if taken {
            let heard = self.heard.entry(notice).or_insert_with(|| Heard { body: body.clone(), times: 0 });
            heard.times += 1;
            self.seen.repeated_reports += u64::from(heard.times == 2);
            if heard.body != body {
                return Err("one event with two bodies".into());
            }
        }
        Ok(status)
    }

    /// Time passes, but not more than anybody waits for an answer.
    async fn let_pass(&mut self, ms: i64) -> Result<(), String> {
        let now = self.house.organisations[0].now().unix_ms();
        let late = |one: &Running| one.at_desk.as_ref().is_some_and(|(_, _, since)| now + ms - since > PATIENCE_MS);
        while let Some(at) = self.running.iter().position(late) {
            self.answer(at).await?;
            self.hear_news();
        }
        self.house.test.clock.advance_ms(ms);
        Ok(())
    }

    async fn sweep(&mut self) {
        self.schedule.tick();
        // A sweep that fails finds the same the next time.
        let mut claims = self.house.test.store.sweep(64).await.unwrap_or_default();
        claims.sort_by_key(|claim| self.order.get(&claim.target).copied());
        claims.into_iter().for_each(|claim| self.admit(claim));
    }

    fn hear_news(&mut self) {
        while let Ok(change) = self.news.try_recv() {
            let Some(claim) = pushed_job(change) else { continue };
            let next = self.order.len();
            self.order.entry(claim.target).or_insert(next);
            // As if there were no room: the sweep finds it.
            if !self.kind && self.below(25) == 0 {
                self.seen.lost_news += 1;
            } else {
                self.admit(claim);
            }
        }
    }

    fn admit(&mut self, claim: Claim) {
        *self.waiting.entry(claim.org.id).or_default() += 1;
        let handler = self.house.messaging.dispatcher().handler(&claim.kind);
        self.schedule.admit(claim.clone(), handler.and_then(|handler| handler.lane(&claim)));
    }

    /// The process dies: what it was doing, and what only it knew, is gone.
    async fn crash(&mut self) {
        self.seen.crashes += 1;
        self.running.clear();
        self.schedule = Schedule::new(SLOTS);
        self.waiting.clear();
        self.passed_over.clear();
        self.house.restart().await;
        // What had been handed to the database before is done by now, and nobody hears of it.
        while let Ok(change) = self.news.try_recv() {
            if let Some(claim) = pushed_job(change) {
                let next = self.order.len();
                self.order.entry(claim.target).or_insert(next);
            }
        }
    }

    async fn cancel(&mut self) {
        if self.accepted.is_empty() {
            return;
        }
        let (id, accepted) = &self.accepted[self.below(self.accepted.len() as u64) as usize];
        let (id, ctx) = (*id, &self.house.organisations[accepted.org]);
        // Whether it was in time is for the store to say.
        let _ = self.house.test.store.write(ctx, move |tx| cancel(tx, id, None)).await;
    }
}

/// Polls one job, and nothing else, until it has ended, asks the world, or has waited for storage so often.
async fn advance(desk: &Desk, work: &mut Pin<Box<dyn Future<Output = Went>>>, interrupted_at: Option<u64>) -> Step {
    let mut waits = 0;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(went) => Poll::Ready(Step::Ended(went)),
        Poll::Pending => match desk.take_asked() {
            Some((ticket, asked)) => Poll::Ready(Step::Asks(ticket, asked)),
            None => {
                waits += 1;
                if interrupted_at == Some(waits) { Poll::Ready(Step::Interrupted) } else { Poll::Pending }
            }
        },
    })
    .await
}
