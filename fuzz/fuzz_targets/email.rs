#![no_main]
//! See `sealpost_fuzz::email`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::email(data));
