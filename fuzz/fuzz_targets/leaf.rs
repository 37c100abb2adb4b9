#![no_main]
//! See `sealpost_fuzz::leaf`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::leaf(data));
