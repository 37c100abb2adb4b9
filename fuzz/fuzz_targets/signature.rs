#![no_main]
//! See `sealpost_fuzz::signature`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::signature(data));
