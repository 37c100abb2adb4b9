#![no_main]
//! See `sealpost_fuzz::pan`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::pan(data));
