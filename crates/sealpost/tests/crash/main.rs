//! Kills: the real program, a real client that writes down what it was promised, a real receiver.
//!
//! The program runs as a process on a folder, or on PostgreSQL, and is killed again and again, at any time and at named places
//! (`sealpost_store::failpoint`, compiled in because this package's tests ask for it). Afterwards the client's list, the API, the
//! receiver and the ledger must agree.
//!
//! `SEALPOST_CRASH_RUNS` says how many kills (one in six on PostgreSQL), `SEALPOST_CRASH_NODE_KILLS` how many at each kind of node of a
//! workflow, `SEALPOST_CRASH_SEED` repeats a run's choices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]
#![allow(clippy::print_stdout, reason = "a proof says what it has proven")]

mod api;
mod chance;
mod customer;
mod export;
#[cfg(target_os = "linux")]
mod full_disk;
mod installation;
mod keys;
mod life;
mod mail;
mod payloads;
mod receiver;
mod relay;
mod reveal;
mod server;
mod twins;
mod workflows;

use std::sync::Arc;
use std::time::Instant;

use crate::chance::Chance;
use crate::customer::{CODES, Customer};
#[cfg(target_os = "linux")]
use crate::full_disk::Disk;
use crate::installation::Installation;
use crate::life::{Tally, live};
use crate::server::Server;

/// Kills that one installation goes through.
const KILLS_IN_A_LIFE: u64 = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_invent_nothing_and_repeat_nothing_on_sqlite() {
    let runs = number("SEALPOST_CRASH_RUNS", 300);
    let kills = (runs - runs / 6).max(1);
    let (seed, began, mut tally) = (seed(), Instant::now(), Tally::default());
    let chance = Chance::new(seed);
    while tally.total() < kills {
        let house = Installation::sqlite();
        let wrong = live(&house, KILLS_IN_A_LIFE.min(kills - tally.total()), &chance, &mut tally).await;
        judge("sqlite", seed, house, &wrong);
    }
    assert!(tally.misbehaved > 0, "a receiver that always behaves proves less");
    summary("sqlite", seed, &tally, began);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_invent_nothing_and_repeat_nothing_on_postgres() {
    let Some(house) = Installation::postgres().await else { return };
    let kills = (number("SEALPOST_CRASH_RUNS", 300) / 6).max(1);
    let (seed, began, mut tally) = (seed(), Instant::now(), Tally::default());
    let wrong = live(&house, kills, &Chance::new(seed), &mut tally).await;
    judge("postgres", seed, house, &wrong);
    summary("postgres", seed, &tally, began);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_live_mail_is_lost_or_sent_again_beyond_its_class_on_sqlite() {
    mails("sqlite", Installation::sqlite(), 1, number("SEALPOST_CRASH_RUNS", 300) / 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_live_mail_is_lost_or_sent_again_beyond_its_class_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        mails("postgres", house, 1, number("SEALPOST_CRASH_RUNS", 300) / 30).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mail_on_a_route_skips_or_repeats_a_step_on_sqlite() {
    mails("sqlite", Installation::sqlite(), 2, number("SEALPOST_CRASH_RUNS", 300) / 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mail_on_a_route_skips_or_repeats_a_step_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        mails("postgres", house, 2, number("SEALPOST_CRASH_RUNS", 300) / 60).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_that_are_not_kept_are_sent_or_said_to_be_lost_and_gone_on_sqlite() {
    not_kept("sqlite", Installation::sqlite(), number("SEALPOST_CRASH_RUNS", 300) / 15).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_that_are_not_kept_are_sent_or_said_to_be_lost_and_gone_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        not_kept("postgres", house, number("SEALPOST_CRASH_RUNS", 300) / 30).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_has_one_effect_and_one_answer_on_sqlite() {
    compete("sqlite", Installation::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_has_one_effect_and_one_answer_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        compete("postgres", house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_dies_is_on_record_and_gave_nothing_on_sqlite() {
    export::die_on_record(&Installation::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_dies_is_on_record_and_gave_nothing_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        export::die_on_record(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_dies_is_on_record_and_showed_nothing_on_sqlite() {
    reveal::die_on_record(&Installation::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_dies_is_on_record_and_showed_nothing_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        reveal::die_on_record(&house).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_is_said_until_there_is_room_on_sqlite() {
    let (house, mut tally) = (Installation::sqlite(), Tally::default());
    let wrong = full_disk::live_through(&house, &Disk::OfTheProcess, &mut tally).await;
    judge("sqlite", seed(), house, &wrong);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_is_said_until_there_is_room_on_postgres() {
    let Some((house, folder)) = Installation::cramped().await else { return };
    let (disk, mut tally) = (Disk::Mounted { ballast: folder.join("ballast") }, Tally::default());
    let wrong = full_disk::live_through(&house, &disk, &mut tally).await;
    judge("postgres", seed(), house, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_killed_when_the_key_is_gone_is_finished_after_the_restart_on_sqlite() {
    let house = Installation::sqlite();
    let wrong = keys::erase(&house).await;
    judge("sqlite", seed(), house, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_killed_when_the_key_is_gone_is_finished_after_the_restart_on_postgres() {
    let Some(house) = Installation::postgres().await else { return };
    let wrong = keys::erase(&house).await;
    judge("postgres", seed(), house, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_killed_at_every_step_is_gone_on_with_on_sqlite() {
    let house = Installation::sqlite();
    let wrong = keys::turn(&house).await;
    judge("sqlite", seed(), house, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_killed_at_every_step_is_gone_on_with_on_postgres() {
    let Some(house) = Installation::postgres().await else { return };
    let wrong = keys::turn(&house).await;
    judge("postgres", seed(), house, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_root_key_is_changed_beside_a_server_by_a_command_that_dies_on_sqlite() {
    let house = Installation::sqlite();
    let wrong = keys::turn_root(&house).await;
    judge("sqlite", seed(), house, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_root_key_is_changed_beside_a_server_by_a_command_that_dies_on_postgres() {
    let Some(house) = Installation::postgres().await else { return };
    let wrong = keys::turn_root(&house).await;
    judge("postgres", seed(), house, &wrong);
}

/// In how many lives a server that forgets must be found out.
const LIVES: u32 = 20;

/// The harness itself: with a server that tells some commits as done that aren't, it must have something to say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_before_it_is_durable_is_found_out() {
    let mut house = Installation::sqlite();
    let seeded = house.seed().await;
    let customer = Arc::new(Customer::new(house.folder().join("customer"), CODES));
    let chance = Chance::new(seed());
    // A life may be too short for the tenth commit.
    for _ in 0..LIVES {
        house.environment.push(("SEALPOST_CRASH_FORGETS".into(), "10".into()));
        let server = Server::start_safely(house.folder(), &house.environment).await;
        life::die_under_load(&house, &seeded.api, &customer, server, None, &chance).await;
        house.environment.pop();
        let server = Server::start_safely(house.folder(), &house.environment).await;
        customer.look_back(&seeded.api, server.address, &chance).await.unwrap();
        server.kill().await;
        if customer.wrong().iter().any(|what| what.starts_with("acknowledged and lost")) {
            return;
        }
    }
    panic!("it was not found out: {:?}", customer.wrong());
}

async fn mails(engine: &str, house: Installation, relays: usize, kills: u64) {
    let (seed, mut tally) = (seed(), Tally::default());
    let (mails, wrong) = mail::live(&house, relays, kills.max(2), &Chance::new(seed), &mut tally).await;
    judge(engine, seed, house, &wrong);
    assert!(kills < 8 || mails.unknown > 0, "no kill met an attempt: {mails:?}");
    assert!(kills < 8 || relays == 1 || mails.failed_over > 0, "nothing failed over: {mails:?}");
    println!(
        "live mail on {engine}, {relays} relays (seed {seed}): {} kills {:?}: 0 of {} acknowledged lost; {} sent, {} of unknown fate ({} taken by \
         a relay), none of them twice; {} codes sent again after a kill; {} went along a route to another relay",
        tally.total(),
        tally.kills,
        tally.acknowledged,
        mails.sent,
        mails.unknown,
        mails.unknown_and_taken,
        mails.repeated_codes,
        mails.failed_over,
    );
}

async fn not_kept(engine: &str, house: Installation, kills: u64) {
    let (seed, mut tally) = (seed(), Tally::default());
    let (seen, wrong) = payloads::live(&house, kills.max(2), &Chance::new(seed), &mut tally).await;
    judge(engine, seed, house, &wrong);
    assert!(kills < 8 || seen.lost > 0, "no kill met a payload in memory: {seen:?}");
    println!(
        "payloads on {engine} (seed {seed}): {} kills {:?}: 0 of {} acknowledged without an end; codes from memory: {} sent, {} said \
         to be lost, {} of unknown fate; {} statements sent; no payload and no key of one left, nothing in any file",
        tally.total(),
        tally.kills,
        tally.acknowledged,
        seen.sent_from_memory,
        seen.lost,
        seen.unknown,
        seen.sent,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_run_does_is_done_once_or_said_to_be_unknown_on_sqlite() {
    run_through("sqlite", Installation::sqlite(), number("SEALPOST_CRASH_RUNS", 300) / 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_run_does_is_done_once_or_said_to_be_unknown_on_postgres() {
    if let Some(house) = Installation::postgres().await {
        run_through("postgres", house, number("SEALPOST_CRASH_RUNS", 300) / 100).await;
    }
}

async fn run_through(engine: &str, house: Installation, kills: u64) {
    let seed = seed();
    let at_each = number("SEALPOST_CRASH_NODE_KILLS", 1);
    let (seen, wrong) = workflows::live(&house, kills.max(3), at_each, &Chance::new(seed)).await;
    judge(engine, seed, house, &wrong);
    assert!(seen.runs > 0, "no run was begun: {seen:?}");
    assert!(seen.at.len() == 4 && seen.at.values().all(|kills| *kills >= at_each), "some nodes were spared: {seen:?}");
    println!(
        "workflows on {engine} (seed {seed}): {} kills, at nodes {:?}: {} runs came through, each node once, one message for each send; {} \
         calls of unknown fate, of which {} were heard; no call heard twice",
        seen.kills, seen.at, seen.runs, seen.unknown, seen.unknown_and_heard
    );
}

async fn compete(engine: &str, house: Installation) {
    let (seed, keys) = (seed(), number("SEALPOST_IDEMPOTENCY_KEYS", 400));
    let outcome = twins::compete(&house, keys, &Chance::new(seed)).await;
    judge(engine, seed, house, &outcome.wrong);
    assert!(outcome.replays > 0 && outcome.mismatches > 0 && outcome.in_flight > 0, "this met nothing worth proving");
    println!(
        "idempotency on {engine} (seed {seed}): {keys} keys, 64 clients, 8 kills: 0 effects twice, {} identical replays, \
         {} other bodies refused, {} met in flight",
        outcome.replays, outcome.mismatches, outcome.in_flight
    );
}

fn judge(engine: &str, seed: u64, house: Installation, wrong: &[String]) {
    if !wrong.is_empty() {
        let kept = house.keep();
        let (count, shown) = (wrong.len(), &wrong[..wrong.len().min(20)]);
        panic!("{engine}, seed {seed}, {count} wrong, the folder is kept at {}: {shown:#?}", kept.display());
    }
}

fn summary(engine: &str, seed: u64, tally: &Tally, began: Instant) {
    let n = tally.total();
    println!(
        "crash on {engine} (seed {seed}): {n} kills {:?} in {} s: 0 of {} acknowledged lost, 0 phantoms; {} retries found their \
         answer; {} reports, {} answered badly at first, {} came again under their id; {} ledger leaves verified; slowest ready {} ms; at 95 % fewer \
         than {:.2} % of kills lose anything",
        tally.kills,
        began.elapsed().as_secs(),
        tally.acknowledged,
        tally.decided_before,
        tally.reports,
        tally.misbehaved,
        tally.repeated_reports,
        tally.leaves,
        tally.slowest_ready.as_millis(),
        300.0 / n as f64,
    );
}

fn seed() -> u64 {
    number("SEALPOST_CRASH_SEED", 1)
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}
