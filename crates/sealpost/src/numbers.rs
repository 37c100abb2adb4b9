//! Numbers of the store and of the streams, for the metrics page.

use std::sync::Arc;
use std::time::Duration;

use sealpost_govern::siem::Health;
use sealpost_store::{Census, Clock as _, Store, Time};
use sealpost_web::metrics::{Counter, Gauge, Histogram, LATENCY_SECONDS, Metric};

/// How often the database is counted.
const CENSUS: Duration = Duration::from_secs(10);
/// Upper bounds of how many jobs share a commit: a lane takes at most 256 together.
const JOBS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// The states an endpoint may be in.
const ENDPOINT_STATES: [&str; 4] = ["pending", "active", "failing", "disabled"];
/// What jobs are called whose kind this version doesn't know.
const OTHER: &str = "other";

/// What is known of the store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Numbers(Arc<Inner>);

struct Inner {
    store: Store,
    commit_jobs: Histogram,
    commit_seconds: Histogram,
    jobs: Vec<Kind>,
    endpoints: [Gauge; ENDPOINT_STATES.len()],
    ledger_leaves: Gauge,
    ledger_unsigned: Gauge,
    slots: Gauge,
    streams: Vec<(&'static str, Arc<Health>)>,
}

/// Jobs of one kind.
struct Kind {
    name: &'static str,
    due: Gauge,
    later: Gauge,
    oldest: Gauge,
}

impl Numbers {
    /// Watches this store, whose outbox holds jobs of these kinds, and these streams of its ledger.
    pub(crate) fn new(store: &Store, kinds: &[&'static str], streams: Vec<(&'static str, Arc<Health>)>) -> Self {
        let numbers = Self(Arc::new(Inner {
            store: store.clone(),
            commit_jobs: Histogram::new("sealpost_commit_jobs", "Jobs that shared one commit.", JOBS),
            commit_seconds: Histogram::new("sealpost_commit_seconds", "Time of one commit.", LATENCY_SECONDS),
            jobs: kinds.iter().copied().chain([OTHER]).map(Kind::new).collect(),
            endpoints: ENDPOINT_STATES
                .map(|state| Gauge::labelled("sealpost_endpoints", "Endpoints, by their state.", "state", state)),
            ledger_leaves: Gauge::new("sealpost_ledger_leaves", "Leaves of all ledgers."),
            ledger_unsigned: Gauge::new("sealpost_ledger_unsigned_leaves", "Leaves no checkpoint covers yet."),
            slots: Gauge::new("sealpost_key_slots_ready", "Key slots that are minted, durable and unused."),
            streams,
        }));
        let watching = numbers.clone();
        store.bus().watch_commits(move |commit| {
            watching.0.commit_jobs.observe_count(commit.jobs);
            watching.0.commit_seconds.observe(commit.took);
        });
        numbers
    }

    /// Counts what is in the database, for as long as it is polled.
    pub(crate) async fn count_forever(self) {
        loop {
            match self.0.store.census().await {
                Ok(census) => self.0.took(&census, self.0.store.world().clock.now()),
                Err(error) => tracing::warn!(error = %error, "metrics.not_counted"),
            }
            tokio::time::sleep(CENSUS).await;
        }
    }
}

impl Inner {
    fn took(&self, census: &Census, now: Time) {
        for kind in &self.jobs {
            let is_of_kind = |name: &str| match kind.name {
                OTHER => !self.jobs.iter().any(|known| known.name == name),
                known => known == name,
            };
            let jobs: Vec<_> = census.jobs.iter().filter(|jobs| is_of_kind(&jobs.kind)).collect();
            kind.due.set(signed(jobs.iter().map(|jobs| jobs.due).sum()));
            kind.later.set(signed(jobs.iter().map(|jobs| jobs.later).sum()));
            let oldest = jobs.iter().map(|jobs| now.since(jobs.oldest_due)).max();
            kind.oldest.set(oldest.unwrap_or(0).max(0) / 1000);
        }
        for (state, gauge) in ENDPOINT_STATES.iter().zip(&self.endpoints) {
            let count = census.endpoints.iter().find(|(known, _)| known == state).map_or(0, |(_, count)| *count);
            gauge.set(signed(count));
        }
        self.ledger_leaves.set(signed(census.leaves));
        self.ledger_unsigned.set(signed(census.unsigned_leaves));
    }
}

impl Kind {
    fn new(name: &'static str) -> Self {
        let gauge = |metric, help| Gauge::labelled(metric, help, "kind", name);
        Self {
            name,
            due: gauge("sealpost_outbox_due_jobs", "Jobs to be done now, by kind."),
            later: gauge("sealpost_outbox_later_jobs", "Jobs for later, by kind: retries."),
            oldest: gauge("sealpost_outbox_oldest_due_seconds", "How long the oldest job has been due, by kind."),
        }
    }
}

impl Metric for Numbers {
    fn write(&self, out: &mut String) {
        let numbers = &*self.0;
        numbers.commit_jobs.write(out);
        numbers.commit_seconds.write(out);
        numbers.jobs.iter().for_each(|kind| kind.due.write(out));
        numbers.jobs.iter().for_each(|kind| kind.later.write(out));
        numbers.jobs.iter().for_each(|kind| kind.oldest.write(out));
        numbers.endpoints.iter().for_each(|gauge| gauge.write(out));
        numbers.ledger_leaves.write(out);
        numbers.ledger_unsigned.write(out);
        numbers.slots.set(signed(numbers.store.keys().slots_ready() as u64));
        numbers.slots.write(out);
        streams(&numbers.streams, out);
    }
}

/// Metrics of one name stand together, whatever the sink.
fn streams(streams: &[(&'static str, Arc<Health>)], out: &mut String) {
    type Read = fn(&Health) -> i64;
    let gauges: [(&str, &str, Read); 3] = [
        ("sealpost_siem_streaming", "1 on the node that streams.", |health| health.is_streaming().into()),
        ("sealpost_siem_failing", "1 while the sink does not take what it is given.", |health| {
            health.is_failing().into()
        }),
        ("sealpost_siem_backlog_leaves", "Leaves the sink has not got.", |health| signed(health.backlog())),
    ];
    for (name, help, read) in gauges {
        for (sink, health) in streams {
            let gauge = Gauge::labelled(name, help, "sink", sink);
            gauge.set(read(health));
            gauge.write(out);
        }
    }
    type Count = fn(&Health) -> u64;
    let counters: [(&str, &str, Count); 2] = [
        ("sealpost_siem_delivered_leaves_total", "Leaves the sink has confirmed.", Health::delivered),
        ("sealpost_siem_failures_total", "Tries the sink did not take.", Health::failures),
    ];
    for (name, help, read) in counters {
        for (sink, health) in streams {
            let counter = Counter::labelled(name, help, "sink", sink);
            counter.add(read(health));
            counter.write(out);
        }
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_store::testing::TestStore;
    use sealpost_store::{Leaf, NewJob, StoreError};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_page_shows_what_waits_what_was_committed_and_what_is_on_record() {
        let test = TestStore::sqlite().await;
        let ctx = test.organisation().await;
        let numbers = Numbers::new(&test.store, &["delivery.send"], vec![("syslog", Arc::default())]);
        let due = test.store.world().clock.now();
        let act = test.store.write(&ctx, move |tx| {
            tx.enqueue(NewJob { due: Some(due.plus_ms(60_000)), ..NewJob::now("delivery.send", [1; 16]) })?;
            tx.enqueue(NewJob::now("delivery.send", [2; 16]))?;
            tx.enqueue(NewJob::now("of.tomorrow", [3; 16]))?;
            Ok::<_, StoreError>(tx.record(Leaf::of("message.accept"), ()))
        });
        act.await.unwrap();
        test.store.keys().mint(ctx.org.id).await.unwrap();
        test.clock.advance_ms(5_000);
        let census = test.store.census().await.unwrap();
        numbers.0.took(&census, test.store.world().clock.now());
        let mut page = String::new();
        numbers.write(&mut page);
        for line in [
            "sealpost_outbox_due_jobs{kind=\"delivery.send\"} 1",
            "sealpost_outbox_due_jobs{kind=\"other\"} 1",
            "sealpost_outbox_later_jobs{kind=\"delivery.send\"} 1",
            "sealpost_outbox_oldest_due_seconds{kind=\"delivery.send\"} 5",
            "sealpost_commit_jobs_count 1",
            "sealpost_ledger_leaves 1",
            "sealpost_ledger_unsigned_leaves 1",
            "sealpost_key_slots_ready 7",
            "sealpost_siem_backlog_leaves{sink=\"syslog\"} 0",
        ] {
            assert!(page.lines().any(|shown| shown == line), "{line} is not on\n{page}");
        }
        for name in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
            assert_eq!(page.matches(&format!("# TYPE {name} ")).count(), 1, "{name} has two heads");
        }
    }
}
