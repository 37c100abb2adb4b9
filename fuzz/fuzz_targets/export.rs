#![no_main]
//! See `sealpost_fuzz::export`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::export(data));
