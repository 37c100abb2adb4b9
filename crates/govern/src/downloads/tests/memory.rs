//! How much a writer holds of very many rows.

use std::sync::Arc;

use sealpost_access::permissions::LEDGER_READ;
use sealpost_seal::Personal;
use sealpost_seal::viewer::Field;
use sealpost_store::{Ctx, Store, StoreError, Time, Tx};
use sealpost_web::{BoxFuture, Failure, Refusal};
use serde_json::{Map, Value, json};

use super::{Scene, manifest};
use crate::downloads::model::Download;
use crate::downloads::rules::ROWS_OF_A_DOCUMENT;
use crate::downloads::rules::Wanted;
use crate::downloads::source::{Column, Exportable, Exportables, Source, Stretch};
use crate::downloads::{Downloads, Format, Policy, State};

/// Rows in CI; `SEALPOST_DOWNLOAD_ROWS` says otherwise, and has the peak of this process's memory compared, too.
const ROWS: u64 = 4_000;

/// As many rows as one likes, made up as they are read: what is measured is what becomes of them.
pub(super) struct MadeUp(pub(super) u64);

const SOURCE: Source = Source {
    word: "made_up",
    title: "Made up",
    needs: LEDGER_READ,
    columns: &[Column::plain("id"), Column::plain("phone"), Column::plain("created_at")],
};

impl Exportable for MadeUp {
    fn source(&self) -> &'static Source {
        &SOURCE
    }

    fn filter(&self, _: Value) -> Result<Value, Refusal> {
        Ok(json!({}))
    }

    fn count<'a>(&'a self, _: &'a Ctx, _: &'a Value, _: Time) -> BoxFuture<'a, Result<u64, Failure>> {
        Box::pin(async { Ok(self.0) })
    }

    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        _: &'a Value,
        _: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>> {
        let from = after.map_or(0, u128::from_be_bytes);
        let to = (from + u128::from(limit)).min(self.0.into());
        let row = |number: u128| -> Map<String, Value> {
            let phone = ctx.viewer.text(&Personal::new(format!("+1202555{:04}", number % 10_000)), Field::Phone);
            let row =
                json!({ "id": format!("con_{number:026}"), "phone": phone, "created_at": "2026-11-30T10:00:00.000Z" });
            row.as_object().cloned().unwrap_or_default()
        };
        Box::pin(async move {
            let next = (to < self.0.into()).then(|| to.to_be_bytes());
            Ok(Stretch { rows: (from..to).map(row).collect(), next })
        })
    }

    fn is_outlived(&self, _: &mut Tx<'_>, _: Time) -> Result<bool, StoreError> {
        Ok(false)
    }
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a test's own configuration")]
fn told() -> Option<u64> {
    std::env::var("SEALPOST_DOWNLOAD_ROWS").ok()?.parse().ok()
}

/// A file of so many rows, ready to be fetched.
pub(super) async fn ready_of(scene: &mut Scene, rows: u64, format: Format) -> Download {
    let sources = Exportables::new(vec![Arc::new(MadeUp(rows))]).unwrap();
    let house: Store = scene.store().clone();
    scene.downloads = Downloads::new(house, sources);
    let asked = scene.ask_of("made_up", format).await.unwrap();
    scene.write().await;
    let ready = scene.now(asked).await;
    assert_eq!((ready.state, ready.written.rows), (State::Ready, rows), "{:?}", ready.why);
    ready
}

async fn made_up(scene: &mut Scene, rows: u64, format: Format) -> u64 {
    let ready = ready_of(scene, rows, format).await;
    let asked = ready.id;
    let by = scene.asks.actor.id;
    let mut bytes = scene.downloads.deliver(&scene.asks, asked, by, Wanted::default()).await.unwrap().bytes;
    let (mut length, mut lines) = (0, 0);
    while let Some(some) = bytes.recv().await {
        assert!(some.len() < 1 << 20, "a piece of {} bytes", some.len());
        length += some.len() as u64;
        lines += some.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    assert_eq!(length, ready.written.bytes);
    assert!(format != Format::Csv || lines == rows + 1, "{lines} lines");
    assert!(u64::from(ready.written.chunks) >= length >> 20, "{} pieces", ready.written.chunks);
    assert!(manifest::sign(scene.store(), &scene.asks, &ready).unwrap().is_some());
    length
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_rows_take_no_more_memory_than_few() {
    let mut scene = Scene::new(sealpost_store::testing::TestStore::sqlite().await).await;
    let lax = Policy { above_rows: None, rows_per_day: 100_000_000, ..Policy::default() };
    scene.rules(lax).await;
    let rows = told().unwrap_or(ROWS);
    for (format, rows) in [(Format::Csv, rows), (Format::Pdf, rows.min(ROWS_OF_A_DOCUMENT))] {
        made_up(&mut scene, rows / 4, format).await;
        let early = peak_kib();
        let bytes = made_up(&mut scene, rows, format).await;
        if told().is_none() {
            continue;
        }
        let grown = peak_kib().saturating_sub(early);
        #[expect(clippy::print_stdout, reason = "a proof says what it has proven")]
        {
            println!(
                "{rows} rows as {}, {bytes} bytes, written and fetched: the peak grew by {grown} KiB to {} KiB",
                format.word(),
                peak_kib()
            );
        }
        assert!(grown < 16 << 10, "{grown} KiB");
    }
}
