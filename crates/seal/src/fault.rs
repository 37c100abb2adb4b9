//! What happens when a primitive fails that can't: nothing any more.
//!
//! AES with a 32-byte key, HKDF for 32 bytes, the generator of the operating
//! system: these fail only when the library or the machine is broken. Going on
//! would mean answering with unsealed bytes or predictable keys, so the process
//! stops. No input of a caller leads here.

use std::io::Write;

/// Unwraps a result that is an error only on a broken machine.
pub(crate) fn or_abort<T, E>(result: Result<T, E>, what: &'static str) -> T {
    match result {
        Ok(value) => value,
        Err(_) => abort(what),
    }
}

/// Names the broken primitive on standard error and ends the process.
pub(crate) fn abort(what: &'static str) -> ! {
    let mut stderr = std::io::stderr();
    // Nobody is left to hear about a failing standard error.
    let _ = writeln!(stderr, "sealpost: {what} failed; stopping");
    std::process::abort()
}
