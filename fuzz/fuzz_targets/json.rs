#![no_main]
//! See `sealpost_fuzz::json`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::json::json(data));
