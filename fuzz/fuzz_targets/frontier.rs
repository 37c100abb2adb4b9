#![no_main]
//! See `sealpost_fuzz::frontier`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::frontier(data));
