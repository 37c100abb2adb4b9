//! What downloads promise, through the service, on both engines. The ledger is what there are rows of here; of people, `messaging`.

mod documents;
mod fetching;
mod memory;

use sealpost_access::members;
use sealpost_access::permissions::{ALL, DOWNLOADS_REQUEST, LEDGER_READ};
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Actor, ActorKind, Ctx, DownloadId, Environment, Leaf, MemberId, Org, OrgId, Store, StoreError, Tx, both_engines,
};
use sealpost_web::{Code, Failure, PermissionSet};
use serde_json::{Value, json};

use crate::downloads::codes::*;
use crate::downloads::model::{Download, Format, Policy, State, Written};
use crate::downloads::rules::Wanted;
use crate::downloads::sealing::FileKey;
use crate::downloads::service::{self, Downloads, Wish};
use crate::downloads::source::Exportables;
use crate::downloads::write::Writer;
use crate::downloads::{manifest, policy, store, upkeep};
use crate::reason::Reason;

fn why() -> Reason {
    Reason::parse("a test".into()).unwrap()
}

fn acting(ctx: &Ctx, member: MemberId) -> Ctx {
    Ctx { actor: Actor { kind: ActorKind::Member, id: member.bytes() }, ..ctx.clone() }
}

async fn join(house: &Store, ctx: &Ctx, role: Standard) -> Ctx {
    let make = move |tx: &mut Tx<'_>| members::create(tx, RoleRef::Standard(role));
    let id = house.write::<_, StoreError>(ctx, make).await.unwrap();
    acting(ctx, id)
}

/// An organisation whose ledger has some leaves, and an owner who asks.
struct Scene {
    house: TestStore,
    downloads: Downloads,
    asks: Ctx,
}

impl Scene {
    async fn new(house: TestStore) -> Self {
        let ctx = house.organisation().await;
        let asks = join(&house.store, &ctx, Standard::Owner).await;
        let sources = Exportables::with_ledger(&house.store, vec![]).unwrap();
        Self { downloads: Downloads::new(house.store.clone(), sources), asks, house }
    }

    fn store(&self) -> &Store {
        &self.house.store
    }

    fn system(&self) -> Ctx {
        Ctx::system(self.asks.org, self.asks.world.clone())
    }

    async fn rules(&self, policy: Policy) {
        let keys = self.store().keys().organisation(self.asks.org.id).await.unwrap();
        let put = move |tx: &mut Tx<'_>| policy::change(tx, &keys, policy, &why());
        self.store().write::<_, Failure>(&self.asks, put).await.unwrap();
    }

    /// Asks for these columns of the ledger.
    async fn ask_as(&self, ctx: &Ctx, columns: &[&str], format: Format) -> Result<Download, Failure> {
        // What there is, is there before.
        self.house.clock.advance_ms(1);
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        let wish = Wish { source: "audit".into(), columns, filter: json!({}), format };
        let prospect = self.downloads.look(ctx, PermissionSet::of(ALL), wish).await?;
        let prepared = self.downloads.prepare(ctx, prospect, why()).await?;
        self.store().write::<_, Failure>(ctx, move |tx| service::ask(tx, prepared)).await
    }

    /// Asks for all of this source.
    async fn ask_of(&self, source: &str, format: Format) -> Result<DownloadId, Failure> {
        let wish = Wish { source: source.into(), columns: vec![], filter: json!({}), format };
        let prospect = self.downloads.look(&self.asks, PermissionSet::of(ALL), wish).await?;
        let prepared = self.downloads.prepare(&self.asks, prospect, why()).await?;
        Ok(self.store().write::<_, Failure>(&self.asks, move |tx| service::ask(tx, prepared)).await?.id)
    }

    async fn ask(&self, columns: &[&str]) -> Download {
        self.ask_as(&self.asks, columns, Format::Csv).await.unwrap()
    }

    async fn now(&self, id: DownloadId) -> Download {
        self.downloads.find(&self.asks, id).await.unwrap()
    }

    /// Writes what is to be written.
    async fn write(&self) {
        let writer = Writer::new(&self.downloads);
        let ctx = self.system();
        while let Some(download) = writer.claim(&ctx).await.unwrap() {
            writer.write(&ctx, download).await;
        }
    }

    async fn ready(&self, columns: &[&str]) -> Download {
        let asked = self.ask(columns).await;
        self.write().await;
        let ready = self.now(asked.id).await;
        assert_eq!(ready.state, State::Ready, "{:?}", ready.why);
        ready
    }

    /// Fetches it to its end.
    async fn fetch(&self, ctx: &Ctx, id: DownloadId) -> Result<Vec<u8>, Failure> {
        let mut handed = self.downloads.deliver(ctx, id, ctx.actor.id, Wanted::default()).await?;
        let mut all = Vec::new();
        while let Some(some) = handed.bytes.recv().await {
            all.extend_from_slice(&some);
        }
        Ok(all)
    }

    async fn acts(&self) -> Vec<(String, String)> {
        let scan = crate::audit::entries(self.store(), &self.asks, Default::default(), None, 250).await.unwrap();
        let word = |entry: &crate::audit::Entry| {
            let act = serde_json::to_value(entry).unwrap();
            (act["action"].as_str().unwrap().to_owned(), act["result"].as_str().unwrap().to_owned())
        };
        scan.entries.iter().map(word).collect()
    }

    /// Waits until nothing is left of it.
    async fn destroyed(&self, id: DownloadId) {
        for _ in 0..3_000 {
            if self.now(id).await.wanted.is_none() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it was never destroyed");
    }
}

fn refused_with<T>(outcome: Result<T, Failure>, code: &Code) -> bool {
    matches!(outcome, Err(Failure::Refused(refusal)) if refusal.code() == code)
}

const PLAIN: &[&str] = &["seq", "action", "result"];

both_engines! {
    async fn a_file_is_what_its_list_shows_once_signed_and_then_gone(house: TestStore) {
        let scene = Scene::new(house).await;
        let ready = scene.ready(PLAIN).await;
        let leaves = ready.written.rows;
        assert!(leaves >= 1 && ready.estimate >= leaves);
        let note = manifest::sign(scene.store(), &scene.asks, &ready).unwrap().unwrap();

        let file = scene.fetch(&scene.asks, ready.id).await.unwrap();
        let key = scene.store().verifier_key().unwrap();
        let signed = manifest::verify(&note, &key, &file).unwrap();
        assert_eq!((signed.rows, signed.bytes), (leaves, file.len() as u64));
        let mut other = file.clone();
        other[10] ^= 1;
        assert!(matches!(manifest::verify(&note, &key, &other), Err(manifest::NotTheFile::Other)));
        assert!(manifest::verify(&note.replacen("audit", "leads", 1), &key, &file).is_err());

        let text = String::from_utf8(file).unwrap();
        assert!(text.starts_with("\u{feff}seq,action,result,watermark\r\n"));
        let rows: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(rows.len() as u64, leaves);
        let who = MemberId::from_bytes(scene.asks.actor.id).to_string();
        assert!(rows.iter().all(|row| row.contains(&ready.id.to_string()) && row.contains(&who)));

        assert!(refused_with(scene.fetch(&scene.asks, ready.id).await, &DOWNLOAD_NOT_READY));
        scene.destroyed(ready.id).await;
        let gone = scene.store().keys().slot(scene.asks.org.id, ready.slot).await;
        assert!(matches!(gone, Err(StoreError::KeyGone)));
        let chunk = scene.store().read(&scene.asks, move |tx| store::chunk(tx, ready.id, ready.run, 0)).await;
        assert_eq!(chunk.unwrap(), None);
    }

    async fn of_many_who_fetch_at_once_one_gets_it(house: TestStore) {
        let scene = Scene::new(house).await;
        let ready = scene.ready(PLAIN).await;
        let all: Vec<_> = (0..50)
            .map(|_| {
                let (downloads, ctx) = (scene.downloads.clone(), scene.asks.clone());
                tokio::spawn(async move { downloads.deliver(&ctx, ready.id, ctx.actor.id, Wanted::default()).await.is_ok() })
            })
            .collect();
        let mut got = 0;
        for one in all {
            got += usize::from(one.await.unwrap());
        }
        assert_eq!(got, 1);
        let delivered = scene.acts().await.into_iter().filter(|(act, result)| act == "download.deliver" && result == "ok");
        assert_eq!(delivered.count(), 1);
    }

    async fn nobody_else_fetches_it_or_takes_it_back(house: TestStore) {
        let scene = Scene::new(house).await;
        let ready = scene.ready(PLAIN).await;
        let other = join(scene.store(), &scene.asks, Standard::Owner).await;
        let elsewhere = Ctx { org: Org { environment: Environment::Live, ..scene.asks.org }, ..scene.asks.clone() };
        let foreign = Ctx { org: Org { id: OrgId::from_bytes([9; 16]), ..scene.asks.org }, ..scene.asks.clone() };
        for stranger in [other, elsewhere, foreign] {
            assert!(refused_with(scene.fetch(&stranger, ready.id).await, &sealpost_web::problem::NOT_FOUND));
            let take_back = scene.store().write::<_, Failure>(&stranger, move |tx| service::cancel(tx, ready.id)).await;
            assert!(refused_with(take_back, &sealpost_web::problem::NOT_FOUND));
        }
        assert_eq!(scene.now(ready.id).await.state, State::Ready);
    }

    async fn whoever_may_less_or_sees_otherwise_by_then_gets_nothing_and_that_is_on_record(house: TestStore) {
        let scene = Scene::new(house).await;
        let owner = join(scene.store(), &scene.asks, Standard::Owner).await;
        let turn = async |role: Standard| {
            let keys = scene.store().keys().organisation(scene.asks.org.id).await.unwrap();
            let id = MemberId::from_bytes(scene.asks.actor.id);
            let set = move |tx: &mut Tx<'_>| members::set_role(tx, &keys, members::TheirRole { member: id, role: RoleRef::Standard(role) }, None);
            scene.store().write::<_, Failure>(&owner, set).await.unwrap();
        };
        // Between when it was written and when it is fetched: an administrator may ask, and sees less.
        let ready = scene.ready(PLAIN).await;
        for less in [Standard::Viewer, Standard::Admin] {
            turn(less).await;
            assert!(refused_with(scene.fetch(&scene.asks, ready.id).await, &DOWNLOAD_RIGHTS_CHANGED), "{less:?}");
        }
        let denied = ("download.deliver".to_owned(), "denied".to_owned());
        assert_eq!(scene.acts().await.iter().filter(|act| **act == denied).count(), 2);
        turn(Standard::Owner).await;
        assert!(scene.fetch(&scene.asks, ready.id).await.is_ok(), "what was refused isn't used up");

        // Between when it was asked for and when it is written.
        let asked = scene.ask(PLAIN).await;
        turn(Standard::Viewer).await;
        scene.write().await;
        let failed = scene.now(asked.id).await;
        assert_eq!((failed.state, failed.why.as_deref()), (State::Failed, Some("rights_gone")));
        assert!(!Standard::Viewer.role().permissions.contains(DOWNLOADS_REQUEST));
        assert!(Standard::Owner.role().permissions.contains(LEDGER_READ));
    }

    async fn what_others_agree_to_is_written_and_nothing_before_that(house: TestStore) {
        let scene = Scene::new(house).await;
        let other = join(scene.store(), &scene.asks, Standard::Owner).await;
        // Details are what people wrote: personal, and so it waits.
        let asked = scene.ask(&["seq", "details"]).await;
        scene.write().await;
        assert_eq!(scene.now(asked.id).await.state, State::Waiting);
        assert!(refused_with(scene.fetch(&scene.asks, asked.id).await, &DOWNLOAD_NOT_READY));

        let all = crate::approvals::testing::all();
        let approval = asked.approval.unwrap();
        crate::approvals::testing::agree(scene.store(), &other, &all, approval).await.unwrap();
        scene.write().await;
        assert_eq!(scene.now(asked.id).await.state, State::Ready);
        assert!(!scene.fetch(&scene.asks, asked.id).await.unwrap().is_empty());

        // What they don't agree to ends, and its key with it.
        let asked = scene.ask(&["seq", "details"]).await;
        crate::approvals::testing::refuse(scene.store(), &other, &all, asked.approval.unwrap()).await.unwrap();
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        let refused = scene.now(asked.id).await;
        assert_eq!((refused.state, refused.why.as_deref()), (State::Refused, Some("rejected")));
        scene.destroyed(asked.id).await;
    }

    async fn what_people_wrote_is_in_no_sample(house: TestStore) {
        let scene = Scene::new(house).await;
        // Why the rules were changed stands in the ledger, sealed, and is shown to whoever reads that, on record.
        scene.rules(Policy::default()).await;
        scene.house.clock.advance_ms(1);
        for source in ["audit", "looks"] {
            let wish = Wish { source: source.into(), columns: vec![], filter: json!({}), format: Format::Csv };
            let prospect = scene.downloads.look(&scene.asks, PermissionSet::of(ALL), wish).await.unwrap();
            for rows in [&prospect.own, &prospect.sample] {
                assert!(!json!(rows).to_string().contains("a test"), "{source}");
                assert_eq!(rows.iter().any(|row| json!(row)["details"]["display"] == "xxxxx"), source == "audit");
            }
        }
        let file = scene.ask(&["action", "details"]).await;
        let other = join(scene.store(), &scene.asks, Standard::Owner).await;
        let all = crate::approvals::testing::all();
        crate::approvals::testing::agree(scene.store(), &other, &all, file.approval.unwrap()).await.unwrap();
        scene.write().await;
        let text = String::from_utf8(scene.fetch(&scene.asks, file.id).await.unwrap()).unwrap();
        assert!(text.contains("a test"), "it is in the file that others have agreed to");
    }

    async fn nobody_takes_more_in_a_day_than_the_rules_say(house: TestStore) {
        let scene = Scene::new(house).await;
        scene.rules(Policy { files_per_day: 2, ..Policy::default() }).await;
        for _ in 0..2 {
            scene.ask(PLAIN).await;
        }
        let more = scene.ask_as(&scene.asks, PLAIN, Format::Csv).await;
        assert!(refused_with(more, &DOWNLOAD_QUOTA_EXHAUSTED));
        // The ledger is a file, too; it is somebody else's turn, and another day.
        let live = Ctx { org: Org { environment: Environment::Live, ..scene.asks.org }, ..scene.asks.clone() };
        let export = crate::audit::stream(scene.store(), &live).await;
        assert!(refused_with(export, &DOWNLOAD_QUOTA_EXHAUSTED));
        let other = join(scene.store(), &scene.asks, Standard::Owner).await;
        assert!(scene.ask_as(&other, PLAIN, Format::Csv).await.is_ok());
        scene.house.clock.advance_ms(86_400_000);
        assert!(scene.ask_as(&scene.asks, PLAIN, Format::Csv).await.is_ok());
        scene.rules(Policy { rows_per_day: 1, ..Policy::default() }).await;
        assert!(refused_with(scene.ask_as(&scene.asks, PLAIN, Format::Csv).await, &DOWNLOAD_QUOTA_EXHAUSTED));
    }

    async fn what_a_writer_left_when_it_died_is_begun_anew_and_half_a_file_is_never_handed_out(house: TestStore) {
        let scene = Scene::new(house).await;
        let asked = scene.ask(PLAIN).await;
        let ctx = scene.system();
        // One takes it, writes a piece, and is never heard of again.
        let dead = Writer::new(&scene.downloads).claim(&ctx).await.unwrap().unwrap();
        let slot = scene.store().keys().slot(ctx.org.id, dead.slot).await.unwrap();
        let slot = sealpost_store::Slot { id: dead.slot, key: slot };
        let file = FileKey::new(&slot, ctx.org, dead.id);
        let (half, until) = (file.seal_chunk(&ctx, dead.run, 0, b"half of it"), ctx.now().plus_ms(60_000));
        let written = Written { rows: 1, bytes: 10, chunks: 1, sha256: None };
        let (id, run) = (dead.id, dead.run);
        let put = move |tx: &mut Tx<'_>| store::further(tx, (id, run), &half, &written, until);
        scene.store().maintain::<_, StoreError>(&ctx, put).await.unwrap();
        assert!(refused_with(scene.fetch(&scene.asks, id).await, &DOWNLOAD_NOT_READY));

        scene.house.clock.advance_ms(61_000);
        scene.write().await;
        let ready = scene.now(id).await;
        assert_eq!((ready.state, ready.run), (State::Ready, 2));
        let half = scene.store().read(&scene.asks, move |tx| store::chunk(tx, id, run, 0)).await.unwrap();
        assert_eq!(half, None);
        let text = String::from_utf8(scene.fetch(&scene.asks, id).await.unwrap()).unwrap();
        assert!(!text.contains("half of it") && text.lines().count() as u64 == ready.written.rows + 1);
        // Whoever comes back from the dead has nothing to add.
        let late = move |tx: &mut Tx<'_>| store::further(tx, (id, run), b"late", &written, until);
        let late = scene.store().maintain::<_, StoreError>(&ctx, late).await;
        assert!(matches!(late, Err(StoreError::Superseded)));
        assert_eq!(asked.id, id);
    }

    async fn what_nobody_fetches_is_destroyed_when_its_hours_are_over(house: TestStore) {
        let scene = Scene::new(house).await;
        scene.rules(Policy { keep_hours: 8, ..Policy::default() }).await;
        let ready = scene.ready(PLAIN).await;
        scene.house.clock.advance_ms(8 * 3_600_000 - 1_000);
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        assert_eq!(scene.now(ready.id).await.state, State::Ready);
        scene.house.clock.advance_ms(2_000);
        assert!(refused_with(scene.fetch(&scene.asks, ready.id).await, &DOWNLOAD_NOT_READY));
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        assert_eq!(scene.now(ready.id).await.state, State::Expired);
        scene.destroyed(ready.id).await;
        let acts: Vec<_> = scene.acts().await.into_iter().map(|(act, _)| act).collect();
        assert!(["download.expire", "download.destroy"].iter().all(|act| acts.iter().any(|one| one == act)));
    }

    async fn what_came_to_be_after_it_was_asked_for_is_not_in_it(house: TestStore) {
        let scene = Scene::new(house).await;
        let asked = scene.ask_as(&scene.asks, PLAIN, Format::Jsonl).await.unwrap();
        scene.house.clock.advance_ms(1_000);
        let later = |tx: &mut Tx<'_>| Ok::<_, StoreError>(tx.record(Leaf::of("later.act"), ()));
        scene.store().write(&scene.asks, later).await.unwrap();
        scene.write().await;
        let text = String::from_utf8(scene.fetch(&scene.asks, asked.id).await.unwrap()).unwrap();
        let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!rows.is_empty() && rows.iter().all(|row| row["action"] != "later.act" && row["action"] != "download.request"));
        let members: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["seq", "action", "result", "watermark"]);
    }
}
