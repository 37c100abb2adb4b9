//! The URLs of the web platform tests: whatever a host looks like, it is a public name or it is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what is skipped is said loudly, and a proof says what it has proven"
)]

use std::net::IpAddr;
use std::path::Path;

use sealpost_egress::guard::Policy;
use sealpost_egress::target::{Target, TargetError};
use serde_json::Value;

fn vectors(file: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/url/url/resources").join(file);
    match std::fs::read_to_string(path) {
        // Lone surrogates, which no text in Rust holds: browsers read U+FFFD there (Infra Standard, "scalar value string").
        Ok(text) => {
            Some(serde_json::from_str(&text.replace(r"\uD800", r"\uFFFD").replace(r"\uDFFF", r"\uFFFD")).unwrap())
        }
        Err(_) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the URL vectors are missing");
            eprintln!("SKIPPED: no URL vectors beside the project; NOTHING was tested by this test");
            None
        }
    }
}

/// What is accepted is a name of two labels at least, called as the specification reads it.
fn judge(url: &str) -> Result<Target, TargetError> {
    let read = Target::parse(url, &Policy::strict());
    if let Ok(target) = &read {
        let host = target.host();
        assert!(host.parse::<IpAddr>().is_err() && host.contains('.') && !host.ends_with('.'), "{url}: {host}");
        assert!(
            host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b)),
            "{url}: {host}"
        );
        assert!(!host.rsplit('.').next().unwrap().bytes().next().unwrap().is_ascii_digit(), "{url}: {host}");
        assert!([443, 8443].contains(&target.port()), "{url}");
    }
    read
}

#[test]
fn every_url_of_the_web_platform_tests_is_read_as_they_say_or_refused() {
    let Some(vectors) = vectors("urltestdata.json") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for vector in vectors.iter().filter(|vector| vector.is_object()) {
        let input = vector["input"].as_str().unwrap();
        // What is read by itself, not against another URL.
        if !matches!(vector["base"].as_str(), None | Some("about:blank")) {
            continue;
        }
        match judge(input) {
            Err(_) => refused += 1,
            Ok(target) => {
                accepted += 1;
                assert_ne!(vector["failure"], true, "{input}");
                assert_eq!(vector["hostname"], target.host(), "{input}");
                assert_eq!(vector["protocol"], "https:", "{input}");
                let whole = format!("{}{}", vector["origin"].as_str().unwrap(), target.path());
                assert!(vector["href"].as_str().unwrap().starts_with(&whole), "{input}");
            }
        }
    }
    println!("URLs of the web platform tests: {accepted} accepted as they say, {refused} refused");
    assert!(accepted > 0 && refused > 200);
}

#[test]
fn every_odd_host_is_an_address_a_public_name_or_refused() {
    let Some(urls) = vectors("urltestdata.json") else { return };
    let Some(names) = vectors("toascii.json") else { return };
    let hosts = urls.iter().filter_map(|vector| vector["host"].as_str().or(vector["input"].as_str()));
    let hosts = hosts.chain(names.iter().filter_map(|vector| vector["input"].as_str()));
    let mut addresses = 0;
    for host in hosts {
        for url in
            [format!("https://{host}/"), format!("https://{host}.example.com/"), format!("https://{host}:8443/x")]
        {
            addresses += u32::from(judge(&url) == Err(TargetError::AddressLiteral));
        }
    }
    assert!(addresses > 40, "{addresses}");
}
