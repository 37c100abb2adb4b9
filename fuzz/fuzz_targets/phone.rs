#![no_main]
//! See `sealpost_fuzz::phone`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::phone(data));
