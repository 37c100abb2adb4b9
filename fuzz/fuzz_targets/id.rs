#![no_main]
//! See `sealpost_fuzz::id`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::id(data));
