#![no_main]
//! See `sealpost_fuzz::forwarded`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::forwarded(data));
