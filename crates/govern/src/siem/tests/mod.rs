//! What a stream promises.

mod collector;
mod webhook;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_ledger::leaf_hash;
use sealpost_ledger::tree::Frontier;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Leaf, MessageId, StoreError, both_engines};
use serde_json::Value;

use collector::{Collector, Life};

use super::stream::{LEASE_MS, Looked};
use super::{Sink, Stream};

both_engines! {
    async fn nothing_is_lost_and_the_order_is_kept_while_the_collector_dies_and_returns(test: TestStore) {
        let (one, other) = (test.organisation().await, test.organisation().await);
        let lives = &[Life::DiesAfter(7), Life::Refuses, Life::DiesAfter(300), Life::Refuses, Life::Lives];
        let collector = Collector::start(lives).await;
        let stream = Stream::new(test.store.clone(), collector.sink());
        let mut failures = 0;
        for round in 0..lives.len() {
            act(&test, &one, 120).await;
            act(&test, &other, 60 + round).await;
            failures += u32::from(stream.look().await.is_err());
        }
        while stream.look().await.unwrap() != Looked::Quiet {}
        assert_eq!(failures, 4, "every death is noticed");
        let events = collector.events();
        for connection in &events {
            for seqs in by_organisation(connection).values() {
                assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "a gap within a connection: {seqs:?}");
            }
        }
        let all: Vec<Value> = events.into_iter().flatten().collect();
        let delivered = by_organisation(&all);
        for ctx in [&one, &other] {
            let size = test.store.ledger_head(ctx).await.unwrap().unwrap().0.frontier.size();
            let mut first_seen = Vec::new();
            for seq in &delivered[&ctx.org.id.to_string()] {
                if !first_seen.contains(seq) {
                    first_seen.push(*seq);
                }
            }
            assert_eq!(first_seen, (0..size).collect::<Vec<_>>());
        }
    }

    async fn a_crash_before_the_confirmation_repeats_and_loses_nothing(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx, 5).await;
        let collector = Collector::start(&[Life::DiesAfter(5), Life::Lives]).await;
        // The collector read everything and died before it closed: nobody knows that it did.
        assert!(Stream::new(test.store.clone(), collector.sink()).look().await.is_err());
        act(&test, &ctx, 1).await;
        test.clock.advance_ms(LEASE_MS);
        let next_process = Stream::new(test.store.clone(), collector.sink());
        assert_eq!(next_process.look().await.unwrap(), Looked::Delivered);
        let seqs: Vec<_> = collector.events().iter().map(|events| by_organisation(events)).collect();
        assert_eq!(seqs[0].values().next().unwrap(), &[0, 1, 2, 3, 4]);
        assert_eq!(seqs[1].values().next().unwrap(), &[0, 1, 2, 3, 4, 5]);
    }

    async fn of_several_nodes_one_streams_until_it_is_silent(test: TestStore) {
        let ctx = test.organisation().await;
        let collector = Collector::start(&[Life::Lives]).await;
        let [first, second] = [0, 1].map(|_| Stream::new(test.store.clone(), collector.sink()));
        act(&test, &ctx, 3).await;
        assert_eq!(first.look().await.unwrap(), Looked::Delivered);
        act(&test, &ctx, 3).await;
        assert_eq!(second.look().await.unwrap(), Looked::Elsewhere);
        test.clock.advance_ms(LEASE_MS);
        assert_eq!(second.look().await.unwrap(), Looked::Delivered);
        assert_eq!(first.look().await.unwrap(), Looked::Elsewhere);
        let all: Vec<Value> = collector.events().into_iter().flatten().collect();
        assert_eq!(by_organisation(&all).values().next().unwrap(), &[0, 1, 2, 3, 4, 5]);
    }

    async fn what_is_streamed_rebuilds_the_tree_that_the_checkpoint_signs(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx, 40).await;
        let collector = Collector::start(&[Life::Lives]).await;
        Stream::new(test.store.clone(), collector.sink()).look().await.unwrap();
        test.store.checkpoint().await.unwrap();
        let note = test.store.ledger_checkpoint(&ctx).await.unwrap().unwrap().note;
        let trusted = test.store.verifier_key().unwrap();
        let checkpoint = sealpost_ledger::Checkpoint::parse_and_verify(&note, &trusted).unwrap();
        let mut tree = Frontier::new();
        for event in collector.events().iter().flatten() {
            let leaf = STANDARD.decode(event["leaf"].as_str().unwrap()).unwrap();
            assert_eq!(event["leaf_hash"], leaf_hash(&leaf).to_hex());
            assert_eq!(event["seq"], tree.size());
            let _nodes = tree.push(leaf_hash(&leaf));
        }
        assert_eq!((tree.size(), tree.root()), (checkpoint.size(), checkpoint.root()));
    }

    async fn a_collector_that_never_reads_holds_nobody_up(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx, 1).await;
        let collector = Collector::start(&[Life::Hangs]).await;
        let stream = Stream::new(test.store.clone(), collector.sink());
        let stuck = tokio::spawn(async move { stream.look().await.is_err() });
        act(&test, &ctx, 500).await;
        assert!(!stuck.is_finished() && test.store.stream_backlog("syslog").await.unwrap() >= 501);
        stuck.abort();
    }

    async fn a_leaf_changed_behind_our_back_is_streamed_as_damaged(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx, 2).await;
        let forge = sealpost_store::org_sql!(
            "update ledger_leaf set leaf = (select l.leaf from ledger_leaf l where l.org = $1 and l.seq = 0)
             where org = $1 and seq = 1"
        );
        test.store.maintain(&ctx, move |tx| tx.execute(forge, &[])).await.map_err(|e: StoreError| e).unwrap();
        let collector = Collector::start(&[Life::Lives]).await;
        Stream::new(test.store.clone(), collector.sink()).look().await.unwrap();
        let events = collector.events().remove(0);
        assert_eq!((&events[0]["damaged"], &events[1]["damaged"]), (&Value::Null, &Value::Bool(true)));
        let severity = collector.lines()[0][1].split('>').next().map(str::to_owned);
        assert_eq!(severity.as_deref(), Some("<107"), "an audit message of severity error");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_says_who_did_what_to_what_and_nothing_else() {
    let test = TestStore::sqlite().await;
    let ctx = test.organisation().await;
    let target = MessageId::from_bytes([9; 16]);
    let keys = test.store.keys().organisation(ctx.org.id).await.unwrap();
    let details = keys.seal_audit(&ctx, b"{\"reason\":\"canary\"}");
    let leaf = Leaf::of("message.reveal").on(MessageId::PREFIX, target.bytes()).denied("no_reason").with(details);
    test.store.write(&ctx, |tx| Ok::<_, StoreError>(tx.record(leaf, ()))).await.unwrap();
    let collector = Collector::start(&[Life::Lives]).await;
    Stream::new(test.store.clone(), collector.sink()).look().await.unwrap();
    let line = collector.lines()[0][0].clone();
    let head = "<108>1 2026-01-15T09:30:00.000Z messages.example.com sealpost - message.reveal - {";
    assert!(line.starts_with(head), "{line}");
    let event = &collector.events()[0][0];
    let keys: Vec<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "organisation",
            "seq",
            "leaf_hash",
            "leaf",
            "at",
            "actor_kind",
            "actor",
            "action",
            "target",
            "result",
            "reason",
            "request_id",
            "environment"
        ]
    );
    assert_eq!((&event["target"], &event["result"]), (&target.to_string().into(), &"denied".into()));
    assert_eq!(event["organisation"], ctx.org.id.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_is_tried_without_saying_anything() {
    let lives = Collector::start(&[Life::Lives]).await;
    lives.sink().reach().await.unwrap();
    assert_eq!(lives.lines(), [Vec::<String>::new()]);
    assert!(Collector::start(&[Life::Refuses]).await.sink().reach().await.is_err());
}

/// `count` acts, all on the wire at once.
async fn act(test: &TestStore, ctx: &Ctx, count: usize) {
    let acts = (0..count).map(|_| {
        let (store, ctx) = (test.store.clone(), ctx.clone());
        tokio::spawn(async move {
            store.write(&ctx, |tx| Ok::<_, StoreError>(tx.record(Leaf::of("message.accept"), ()))).await.unwrap();
        })
    });
    for act in acts.collect::<Vec<_>>() {
        act.await.unwrap();
    }
}

/// The positions that came, in the order they came.
fn by_organisation(events: &[Value]) -> BTreeMap<String, Vec<u64>> {
    let mut seqs = BTreeMap::<String, Vec<u64>>::new();
    for event in events {
        let organisation = event["organisation"].as_str().unwrap().to_owned();
        seqs.entry(organisation).or_default().push(event["seq"].as_u64().unwrap());
    }
    seqs
}
