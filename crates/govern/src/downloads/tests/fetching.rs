//! A file leaves once, also where lines break.

use sealpost_seal::key::sha256;
use sealpost_store::testing::TestStore;
use sealpost_store::{StoreError, Tx, both_engines};
use sealpost_web::Failure;

use super::memory::ready_of;
use super::{PLAIN, Scene, refused_with};
use crate::downloads::codes::*;
use crate::downloads::deliver::{Handed, tag};
use crate::downloads::model::{Download, Format, Policy, State};
use crate::downloads::rules::{FETCHING_MS, TRIES, Wanted};
use crate::downloads::{store, upkeep};

/// Of so many rows a file has more than one piece.
const ROWS: u64 = 3_000;

async fn large(house: TestStore) -> (Scene, Download) {
    let mut scene = Scene::new(house).await;
    scene.rules(Policy { above_rows: None, ..Policy::default() }).await;
    let ready = ready_of(&mut scene, ROWS, Format::Csv).await;
    assert!(ready.written.chunks > 1);
    (scene, ready)
}

async fn begin(scene: &Scene, of: &Download, wanted: Wanted) -> Result<Handed, Failure> {
    scene.downloads.deliver(&scene.asks, of.id, scene.asks.actor.id, wanted).await
}

/// Takes the first piece, and hangs up.
async fn broken(scene: &Scene, of: &Download) -> Vec<u8> {
    let mut handed = begin(scene, of, Wanted::default()).await.unwrap();
    let piece = handed.bytes.recv().await.unwrap().to_vec();
    drop(handed);
    let_go(scene, of).await;
    piece
}

/// Waits until nobody is on the line any more.
async fn let_go(scene: &Scene, of: &Download) {
    for _ in 0..3_000 {
        let now = scene.now(of.id).await;
        if now.fetch.is_none_or(|fetch| fetch.held_until.is_none()) || now.state != State::Ready {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it is still held");
}

fn from(place: usize, of: &Download) -> Wanted {
    Wanted { range: Some(format!("bytes={place}-")), if_range: Some(tag(of)) }
}

both_engines! {
    async fn whoever_loses_the_line_goes_on_where_it_broke_and_has_it_once(house: TestStore) {
        let (scene, ready) = large(house).await;
        let mut file = broken(&scene, &ready).await;
        assert_eq!(scene.now(ready.id).await.state, State::Ready, "what broke isn't used up");
        let mut rest = begin(&scene, &ready, from(file.len(), &ready)).await.unwrap();
        assert!(rest.part.is_range && rest.part.from == file.len() as u64);
        while let Some(some) = rest.bytes.recv().await {
            file.extend_from_slice(&some);
        }
        assert_eq!(Some(sha256(&[&file])), ready.written.sha256);
        assert!(refused_with(begin(&scene, &ready, Wanted::default()).await, &DOWNLOAD_NOT_READY));
        assert_eq!(scene.now(ready.id).await.state, State::Delivered);
        scene.destroyed(ready.id).await;
        let acts = scene.acts().await;
        let of = |word: &str| acts.iter().filter(|(act, result)| act == word && result == "ok").count();
        assert_eq!((of("download.deliver"), of("download.complete"), of("download.destroy")), (2, 1, 1));
    }

    async fn a_part_that_is_not_its_end_uses_nothing_up(house: TestStore) {
        let scene = Scene::new(house).await;
        let ready = scene.ready(PLAIN).await;
        let range = |says: &str| Wanted { range: Some(says.into()), if_range: None };
        let mut handed = begin(&scene, &ready, range("bytes=3-9")).await.unwrap();
        let mut part = Vec::new();
        while let Some(some) = handed.bytes.recv().await {
            part.extend_from_slice(&some);
        }
        assert_eq!(part, b"seq,act");
        let beyond = format!("bytes={}-", ready.written.bytes);
        assert!(refused_with(begin(&scene, &ready, range(&beyond)).await, &DOWNLOAD_RANGE_REFUSED));
        assert_eq!(scene.fetch(&scene.asks, ready.id).await.unwrap().len() as u64, ready.written.bytes);
    }

    async fn while_it_is_handed_over_nobody_else_begins_and_nobody_else_goes_on_with_it(house: TestStore) {
        let (scene, ready) = large(house).await;
        let mut handed = begin(&scene, &ready, Wanted::default()).await.unwrap();
        handed.bytes.recv().await.unwrap();
        assert!(refused_with(begin(&scene, &ready, Wanted::default()).await, &DOWNLOAD_UNDER_WAY));
        drop(handed);
        let_go(&scene, &ready).await;
        // The same member in another session has to ask again.
        let elsewhere = scene.downloads.deliver(&scene.asks, ready.id, [9; 16], Wanted::default()).await;
        assert!(refused_with(elsewhere, &DOWNLOAD_NOT_READY));
        assert!(scene.fetch(&scene.asks, ready.id).await.is_ok());
    }

    async fn whoever_begins_too_often_has_to_ask_again(house: TestStore) {
        let (scene, ready) = large(house).await;
        for _ in 0..TRIES {
            broken(&scene, &ready).await;
        }
        assert!(refused_with(begin(&scene, &ready, Wanted::default()).await, &DOWNLOAD_NOT_READY));
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        let ended = scene.now(ready.id).await;
        assert_eq!((ended.state, ended.why.as_deref()), (State::Expired, Some("cut_off")));
        scene.destroyed(ready.id).await;
    }

    async fn what_was_begun_and_is_not_gone_on_with_is_destroyed_after_half_an_hour(house: TestStore) {
        let (scene, ready) = large(house).await;
        broken(&scene, &ready).await;
        scene.house.clock.advance_ms(FETCHING_MS - 1_000);
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        assert_eq!(scene.now(ready.id).await.state, State::Ready);
        scene.house.clock.advance_ms(2_000);
        assert!(refused_with(begin(&scene, &ready, Wanted::default()).await, &DOWNLOAD_NOT_READY));
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        assert_eq!(scene.now(ready.id).await.why.as_deref(), Some("cut_off"));
        scene.destroyed(ready.id).await;
    }

    async fn what_a_node_was_handing_over_when_it_died_is_fetched_from_another_a_while_later(house: TestStore) {
        let scene = Scene::new(house).await;
        let ready = scene.ready(PLAIN).await;
        let (by, now) = (scene.asks.actor.id, scene.asks.now());
        let begun = move |tx: &mut Tx<'_>| {
            store::begin_fetch(tx, (ready.id, 0), by, now.plus_ms(FETCHING_MS), now.plus_ms(60_000))
        };
        assert!(scene.store().maintain::<_, StoreError>(&scene.system(), begun).await.unwrap());
        assert!(refused_with(scene.fetch(&scene.asks, ready.id).await, &DOWNLOAD_UNDER_WAY));
        scene.house.clock.advance_ms(61_000);
        assert!(scene.fetch(&scene.asks, ready.id).await.is_ok());
    }

    async fn whoever_takes_it_back_while_it_is_handed_over_ends_that(house: TestStore) {
        let (scene, ready) = large(house).await;
        let mut handed = begin(&scene, &ready, Wanted::default()).await.unwrap();
        handed.bytes.recv().await.unwrap();
        let id = ready.id;
        let take_back = move |tx: &mut Tx<'_>| crate::downloads::service::cancel(tx, id);
        scene.store().write::<_, Failure>(&scene.asks, take_back).await.unwrap();
        upkeep::look_after(&scene.downloads, &scene.system()).await.unwrap();
        while handed.bytes.recv().await.is_some() {}
        assert_eq!(scene.now(id).await.state, State::Cancelled);
        scene.destroyed(id).await;
    }
}
