#![no_main]
//! See `sealpost_fuzz::envelope`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::envelope(data));
