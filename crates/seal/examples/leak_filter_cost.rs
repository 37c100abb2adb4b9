//! What it costs to look through an answer for what was kept back: what each answer to a masked viewer pays.
//!
//! ```text
//! cargo run --release -p sealpost-seal --example leak_filter_cost
//! ```
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement on somebody's machine")]

use std::sync::Arc;
use std::time::Instant;

use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, Viewer, Watch};

const TIMES: u32 = 2_000;

/// A watch over so many people, each with a number and an address.
fn watching(people: u32) -> Arc<Watch> {
    let watch = Arc::new(Watch::default());
    let viewer = Viewer::masked().watched(&watch);
    for one in 0..people {
        viewer.opened(&Personal::new(format!("+4791{one:06}")), Field::Phone);
        viewer.opened(&Personal::new(format!("person{one}@example.org")), Field::Email);
    }
    watch
}

/// A list of so many people as the API answers it, masked.
fn list(people: u32) -> String {
    let one = |at: u32| {
        format!(
            r#"{{"id":"con_01m8fmbdtdfnfv6517rsq{at:05}","environment":"live","phone":{{"masked":true,"display":"•••••{:04}"}},"email":{{"masked":true,"display":"xxxxx"}},"created_at":"2026-11-30T07:12:{:02}.{:03}Z","updated_at":"2026-11-30T07:12:34.567Z"}}"#,
            at % 10_000,
            at % 60,
            at % 1000,
        )
    };
    format!(r#"{{"data":[{}],"has_more":true}}"#, (0..people).map(one).collect::<Vec<_>>().join(","))
}

/// A page of HTML of about this many bytes.
fn page(bytes: usize) -> String {
    let row = r#"<tr data-row="msg_01m8fmbdtdfnfv6517rsq9g55k"><td class="soft nowrap first"><time datetime="2026-11-30T07:12:34Z">2 min ago</time></td><td>&nbsp;xxxxx &amp; co</td><td class="num">12 345</td></tr>"#;
    row.repeat(bytes / row.len() + 1)
}

fn main() {
    for (what, people, body) in [
        ("one contact, JSON", 1, list(1)),
        ("50 contacts, JSON", 50, list(50)),
        ("250 contacts, JSON", 250, list(250)),
        ("one contact, page of 24 KiB", 1, page(24 * 1024)),
        ("50 contacts, page of 64 KiB", 50, page(64 * 1024)),
        ("nobody opened, page of 64 KiB", 0, page(64 * 1024)),
    ] {
        let watch = watching(people);
        let started = Instant::now();
        for _ in 0..TIMES {
            assert!(!watch.leaks_into(std::hint::black_box(body.as_bytes())));
        }
        let each = started.elapsed().as_nanos() / u128::from(TIMES);
        println!("{what}: {} bytes, {:.1} µs", body.len(), each as f64 / 1000.0);
    }
}
