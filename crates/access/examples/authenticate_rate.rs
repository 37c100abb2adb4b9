//! How long it takes to believe a key that was believed before: what every request pays.
//!
//! ```text
//! cargo run --release -p sealpost-access --example authenticate_rate
//! ```
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement on somebody's machine"
)]

use std::time::Instant;

use sealpost_access::api_keys::{Cidrs, KeyAuthenticator, KeyName, Lifetime, NewKey, create_first};
use sealpost_access::permissions::EVERYTHING;
use sealpost_seal::token::KeyKind;
use sealpost_store::Environment;
use sealpost_store::testing::TestStore;
use sealpost_web::{Authenticator, Presented, Via};

const TIMES: u32 = 200_000;

#[tokio::main]
async fn main() {
    let test = TestStore::sqlite().await;
    let ctx = test.organisation().await;
    let new = NewKey {
        name: KeyName::parse("Bench").unwrap(),
        kind: KeyKind::Secret,
        scopes: EVERYTHING,
        mask: Default::default(),
        lifetime: Lifetime::default(),
        cidrs: Cidrs::default(),
    };
    let issued = create_first(&test.store, &ctx, new).await.ok().unwrap();
    let keys = KeyAuthenticator::new(test.store.clone());
    let (text, peer) = (issued.plain.expose(), "192.0.2.10".parse().unwrap());
    let started = Instant::now();
    for _ in 0..TIMES {
        assert!(
            keys.authenticate(Presented { via: Via::Bearer, text, environment: Environment::Test }, peer, false)
                .await
                .is_ok()
        );
    }
    println!("{} ns for each of {TIMES} believed keys", started.elapsed().as_nanos() / u128::from(TIMES));
}
