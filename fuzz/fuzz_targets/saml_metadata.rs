#![no_main]
//! See `sealpost_fuzz::saml`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealpost_fuzz::saml::saml_metadata(data));
