//! Power cuts: whatever was acknowledged is there afterwards, whole, and the ledger proves it.
//!
//! The store runs on a disk that forgets what was not synced. In the middle of some call its power goes; what such a disk would
//! hold is opened again and judged, then lived on with until the next cut. `SEALPOST_POWER_RUNS` says how many cuts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]
#![allow(clippy::print_stdout, reason = "a proof says what it has proven")]

mod chance;
mod disk;
mod house;
mod verdict;
mod vfs;

use std::collections::BTreeMap;
use std::path::Path;

use sealpost_store::testing::tell_every_connection;

use crate::chance::Chance;
use crate::disk::{Call, Disk, Moment, Remains};
use crate::house::House;
use crate::vfs::Mounted;

/// Cuts that one installation goes through.
const CUTS_IN_A_LIFE: u64 = 5;
/// Checkpoints often, so that the power goes in the middle of them too.
const BUSY: &str = "pragma wal_autocheckpoint = 12;";

/// What a test tells every connection is told to those of other tests too.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let _one = ONE_AT_A_TIME.lock().await;
    let runs = number("SEALPOST_POWER_RUNS", 100);
    let seed = number("SEALPOST_POWER_SEED", 1);
    let mut campaign = Campaign::new(seed);
    while campaign.cuts < runs {
        let pragmas = if campaign.cuts.is_multiple_of(2) { BUSY } else { "" };
        let wrong = campaign.life(pragmas, runs).await;
        assert!(wrong.is_empty(), "seed {seed}, cut {}: {wrong:#?}", campaign.cuts);
    }
    println!(
        "power loss: {} cuts (seed {seed}), 0 of {} acknowledged changes lost; during: {:?}; a clean run proves ≤ {:.2} % losing cuts at 95 %",
        campaign.cuts,
        campaign.acknowledged,
        campaign.during,
        300.0 / campaign.cuts as f64,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_synchronous_normal_acknowledged_changes_are_lost_and_this_harness_sees_it() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mut campaign = Campaign::new(2);
    let mut lost = false;
    while !lost && campaign.cuts < 100 {
        let wrong = campaign.life("pragma synchronous = normal;", u64::MAX).await;
        lost = wrong.iter().any(|what| what.starts_with("acknowledged and lost"));
    }
    assert!(lost, "{} cuts, and nothing was lost: this harness proves nothing", campaign.cuts);
}

struct Campaign {
    chance: Chance,
    cuts: u64,
    acknowledged: usize,
    /// Which calls were interrupted, by the kind of file.
    during: BTreeMap<String, u64>,
}

impl Campaign {
    fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed), cuts: 0, acknowledged: 0, during: BTreeMap::new() }
    }

    /// One installation, from its first start through several cuts; answers what was wrong.
    async fn life(&mut self, pragmas: &'static str, runs: u64) -> Vec<String> {
        let house = House::new();
        let mut remains = BTreeMap::new();
        // Neither only in the first calls nor mostly after the last: about as many as there were before the cut before.
        let mut calls = 400;
        for _ in 0..CUTS_IN_A_LIFE {
            if self.cuts >= runs {
                break;
            }
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &remains);
            let moment = self.moment(calls);
            let disk = Mounted::new(Disk::new(folder.path(), moment, Chance::new(self.chance.number())));
            tell_every_connection(pragmas);
            house.live(&disk, &self.chance).await;
            calls = disk.calls().max(100) * 3 / 2;
            let Remains { files, during } = disk.cut();
            drop(disk);
            self.cuts += 1;
            *self.during.entry(describe(during)).or_default() += 1;
            let back = tempfile::tempdir().unwrap();
            write(back.path(), &files);
            tell_every_connection("");
            let wrong = verdict::on(back.path(), &house).await;
            if !wrong.is_empty() {
                return wrong;
            }
            remains = files;
        }
        self.acknowledged += house.promises.lock().unwrap().objects.len();
        Vec::new()
    }

    /// Any call, or one of those that are rare and matter most.
    fn moment(&self, calls: u64) -> Moment {
        let rare =
            [(Call::Sync, "-wal", 40), (Call::Sync, ".db", 6), (Call::Write, ".db", 60), (Call::Create, "-wal", 2)];
        match self.chance.below(2) {
            0 => Moment::Call(1 + self.chance.below(calls)),
            _ => {
                let (call, ending, most) = *self.chance.pick(&rare);
                Moment::CallFor(call, ending, 1 + self.chance.below(most))
            }
        }
    }
}

fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, contents) in files {
        std::fs::write(folder.join(name), contents).unwrap();
    }
}

fn describe(during: Option<(Call, String)>) -> String {
    during.map_or("idle".into(), |(call, name)| {
        let kind = name.rsplit_once('-').map_or("database", |(_, kind)| kind);
        format!("{call:?} {kind}")
    })
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}
