#![no_main]
//! See `sealpost_fuzz::root_key`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::root_key(data));
