//! How fast one core seals and signs.

use std::time::{Duration, Instant};

use anyhow::Result;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use serde_json::{Value, json};

/// About as long as a rendered message.
const SIZE: usize = 1024;
/// Between two looks at the clock.
const ROUNDS: u32 = 256;

/// Sealing and signing 1 KiB again and again, on one thread.
pub(crate) fn cryptography(each: Duration) -> Result<Value> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32])?);
    let mut buffer = vec![0; SIZE];
    let mut serial: u64 = 0;
    let aes = rate(each, || {
        serial += 1;
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&serial.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut buffer).map(drop)
    })?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let mac = rate(each, || {
        std::hint::black_box(hmac::sign(&key, &buffer));
        Ok(())
    })?;
    let row =
        |per_second: f64| json!({ "per_second": per_second, "mib_per_second": per_second * SIZE as f64 / 1048576.0 });
    Ok(json!({ "aes_256_gcm_1_kib": row(aes), "hmac_sha256_1_kib": row(mac) }))
}

fn rate(time: Duration, mut once: impl FnMut() -> Result<(), aws_lc_rs::error::Unspecified>) -> Result<f64> {
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < time {
        for _ in 0..ROUNDS {
            once()?;
        }
        done += ROUNDS;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}
