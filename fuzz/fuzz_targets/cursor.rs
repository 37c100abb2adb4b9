#![no_main]
//! See `sealpost_fuzz::cursor`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::cursor(data));
