#![no_main]
//! See `sealpost_fuzz::scim`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::scim(data));
