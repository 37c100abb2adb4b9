//! Why a key can't be turned.

sealpost_web::codes! {
    /// 409: older turns aren't over.
    ENCRYPTION_TURNING = 409 "encryption_turning" "The key has been turned too often lately: older turns are still going on";
}
