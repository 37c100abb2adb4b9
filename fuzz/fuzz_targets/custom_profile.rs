#![no_main]
//! See `sealpost_fuzz::custom_profile`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::custom_profile(data));
