#![no_main]
//! See `sealpost_fuzz::checkpoint`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::checkpoint(data));
