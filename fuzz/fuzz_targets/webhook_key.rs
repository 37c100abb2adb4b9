#![no_main]
//! See `sealpost_fuzz::webhook_key`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::webhook_key(data));
