#![no_main]
//! See `sealpost_fuzz::token`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::token(data));
