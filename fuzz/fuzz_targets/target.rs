#![no_main]
//! See `sealpost_fuzz::target`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::target(data));
