#![no_main]
//! See `sealpost_fuzz::payload_envelope`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::payload_envelope(data));
