//! What a hostile document can make the reader take: a small multiple of its own size, measured by the allocator itself.
#![allow(unsafe_code, reason = "an allocator that counts")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use sealpost_saml::{Expectations, IdentityProvider, RequestId, ServiceProvider, verify};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work; counting neither keeps nor changes what it hands out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Bytes that every reading may take, whatever the document.
const FIXED: usize = 16 * 1024;
/// Bytes for each byte of a document: the worst of them is made of the smallest elements there are.
const MULTIPLE: usize = 20;

/// Bytes held at most while `work` runs.
fn peak(work: impl FnOnce()) -> usize {
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed) - before
}

/// One test: the allocator counts for the whole process.
#[test]
fn a_document_takes_no_more_than_a_small_multiple_of_its_size() {
    let idp = IdentityProvider::from_metadata(include_bytes!("data/pysaml2/idp.xml")).unwrap();
    let us = ServiceProvider {
        entity_id: "https://sealpost.example/saml/7f3c".into(),
        acs_url: "https://sealpost.example/saml/7f3c/acs".into(),
        decryption_keys: vec![],
    };
    let request = RequestId::parse("_0f1e2d3c4b5a69788796a5b4c3d2e1f001122334").unwrap();
    let expected = Expectations::new(1_795_809_520_000, &us, &idp, &request);
    let good = include_str!("data/pysaml2/assertion_signed.xml");
    let stuffed = |place: &str, with: &str| good.replacen(place, &format!("{place}{with}"), 1);
    let root = |inside: &str| format!("<s:A xmlns:s=\"{ASSERTION}\">{inside}</s:A>");
    let each = |count: usize, one: fn(usize) -> String| (0..count).map(one).collect::<String>();
    let declared = |at: usize| format!(" xmlns:n{at}=\"urn:oasis:names:tc:SAML:2.0:assertion\"");
    let documents = [
        root(&"<s:B/>".repeat(16_000)),
        format!("<B xmlns=\"{ASSERTION}\">{}</B>", "<B/>".repeat(16_000)),
        root(&"<s:B>x</s:B>".repeat(8_000)),
        root(&"<s:B>".repeat(50_000)),
        root(&format!("<s:B{}/>", each(10_000, |at| format!(" a{at}=\"\"")))),
        root(&each(600, |_| format!("<s:B{}/>", (0..64).map(|at| format!(" a{at}=\"\"")).collect::<String>()))),
        root(&format!("<s:B{}/>", each(5_000, declared))),
        root(&each(3_000, |at| format!("<s:B xmlns:n{at}=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>"))),
        root(&each(8_000, |at| format!("<s:B ID=\"a{at}\"/>"))),
        root(&"&amp;".repeat(50_000)),
        root(&"\u{1f600}".repeat(60_000)),
        root(&"\r".repeat(200_000)),
        format!("<s:A xmlns:s=\"{ASSERTION}\" a=\"{}\"/>", "x".repeat(200_000)),
        format!("<s:A xmlns:s=\"{ASSERTION}\" a=\"{}", "x".repeat(200_000)),
        "<".repeat(200_000),
        " ".repeat(200_000),
        "x".repeat(10_000_000),
        good.to_owned(),
        // What has to be written in canonical form, and read from it, before any signature is verified.
        stuffed("<ns2:SignedInfo>", &"<ns2:X/>".repeat(15_000)),
        stuffed("<ns2:SignedInfo>", &"<ns1:X/>".repeat(5_000)),
        stuffed("<ns2:X509Data>", &"<ns2:X/>".repeat(15_000)),
        stuffed("<ns1:AttributeStatement>", &"<ns1:X/>".repeat(15_000)),
        stuffed("<ns1:Conditions", &" a=\"\r\"".repeat(20)),
        "<!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><r>&b;</r>".into(),
    ];
    for document in documents {
        let taken = peak(|| drop(verify(document.as_bytes(), &expected)));
        let most = document.len().min(256 * 1024) * MULTIPLE + FIXED;
        let begin: String = document.chars().take(60).collect();
        assert!(taken <= most, "{taken} of {most} bytes for {} of {begin}", document.len());
        let taken = peak(|| drop(IdentityProvider::from_metadata(document.as_bytes())));
        let most = document.len().min(1024 * 1024) * MULTIPLE + FIXED;
        assert!(taken <= most, "{taken} of {most} bytes for {} of {begin}, as metadata", document.len());
    }
}
