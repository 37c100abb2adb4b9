#![no_main]
//! See `sealpost_fuzz::template`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::template(data));
