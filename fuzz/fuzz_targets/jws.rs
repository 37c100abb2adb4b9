#![no_main]
//! See `sealpost_fuzz::jws`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::jws(data));
